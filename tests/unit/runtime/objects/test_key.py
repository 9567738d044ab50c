"""The object's key: exactly the contract's form, or refused with a word for it."""

import pytest

from runtime.objects.key import MalformedKeyError, ObjectKey

KEY = (
    "tenant_id=acme-corp/cluster_id=c-1/application=kube-apiserver/pod_name=kube-apiserver-0/20261123-132140-u.json.gz"
)


def test_a_key_is_taken_apart():
    """A log line would go to another tenant, stream or file name."""
    key = ObjectKey.parse(KEY)
    assert (key.tenant_id, key.cluster_id, key.application) == ("acme-corp", "c-1", "kube-apiserver")
    assert (key.pod_name, key.filename, key.key) == ("kube-apiserver-0", "20261123-132140-u.json.gz", KEY)


def test_a_value_may_hold_an_equals_sign():
    """A value would be cut at its own equals sign."""
    assert ObjectKey.parse(KEY.replace("c-1", "a=b")).cluster_id == "a=b"


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("", "key-segments"),
        (KEY.replace("cluster_id=c-1/", ""), "key-segments"),
        (KEY.replace("cluster_id=c-1", "cluster_id=c-1/extra=1"), "key-segments"),
        ("/" + KEY, "key-segments"),
        (KEY.replace("cluster_id=c-1", "cluster_id="), "key-segment-empty"),
        (KEY.replace("20261123-132140-u.json.gz", ""), "key-segment-empty"),
        (KEY.replace("tenant_id=", "tenant="), "key-segment-name"),
        (KEY.replace("tenant_id=acme-corp/cluster_id=c-1", "cluster_id=c-1/tenant_id=acme-corp"), "key-segment-name"),
        (KEY.replace("cluster_id=c-1", "c-1"), "key-segment-name"),
        (KEY.replace("=", "%3D"), "key-encoded-twice"),
        (KEY.replace("c-1", "c" * 256), "key-segment-too-long"),
        (KEY.replace("c-1", "é" * 128), "key-segment-too-long"),
        (KEY.replace("c-1", ".."), "key-segment-unsafe"),
        (KEY.replace("c-1", "a\nb"), "key-segment-unsafe"),
        (KEY.replace("20261123", "a" * 1024), "key-too-long"),
        ("set-aside/tenant_id=acme-corp/date=2026-11-23/x/1.json.gz", "key-segment-name"),
    ],
)
def test_any_other_form_is_refused_with_its_reason(key, reason):
    """A forged or broken key would pick its own tenant, or be dropped without a word."""
    with pytest.raises(MalformedKeyError) as refused:
        ObjectKey.parse(key)
    assert refused.value.reason == reason
