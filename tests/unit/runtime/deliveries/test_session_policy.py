"""Session policies: one tenant, one destination, and no wildcard that a name brought along."""

import json
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.deliveries.session_policy import (
    assume_role,
    compact,
    document,
    literal,
    read_tenant,
    reader,
    use_keys_through_s3,
    write_below,
)
from runtime.errors import BlockedByCustomerError

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)


def iam_matches(pattern, text):
    """Match as IAM does: ``*`` and ``?`` are wildcards, ``${*}``, ``${?}``, ``${$}`` are themselves."""
    escaped, place = "", 0
    while place < len(pattern):
        if pattern[place : place + 2] == "${" and pattern[place + 3 : place + 4] == "}":
            escaped += f"[{pattern[place + 2]}]" if pattern[place + 2] in "*?" else pattern[place + 2]
            place += 4
        else:
            escaped += "[[]" if pattern[place] == "[" else pattern[place]
            place += 1
    return fnmatchcase(text, escaped)


@given(TEXT, TEXT)
def test_a_name_in_a_policy_matches_itself_alone(name, other):
    """A prefix or role named with ``*`` would open other tenants' places to a session."""
    pattern = literal(name)
    assert iam_matches(pattern, name)
    assert iam_matches(pattern, other) is (name == other)
    assert not pattern.replace("${*}", "").replace("${?}", "").replace("${$}", "").count("${")


@pytest.mark.parametrize("evil", ["*", "a*", "?", "${aws:PrincipalTag/tenant_id}", "a/${*}"])
def test_wildcards_and_variables_do_not_widen_any_statement(evil):
    """A hostile tenant id, prefix or role name would read or write everywhere."""
    statements = [*read_tenant("aws", "central", evil), write_below("aws", "bucket", f"{evil}/"), assume_role(evil)]
    for statement in statements:
        resource = statement["Resource"]
        inner = resource.removesuffix("/*").removesuffix("*")
        for harmless in ("${*}", "${?}", "${$}"):
            inner = inner.replace(harmless, "")
        assert not set("*?$") & set(inner)


def test_reading_is_for_one_tenant_and_sees_that_an_object_is_gone():
    """A session could read another tenant's logs; or a missing object would look like a denied one."""
    get, list_ = read_tenant("aws-cn", "central", "acme")
    assert get["Resource"] == "arn:aws-cn:s3:::central/tenant_id=acme/*"
    assert set(get["Action"]) == {"s3:GetObject", "s3:GetObjectVersion"}
    assert list_["Resource"] == "arn:aws-cn:s3:::central"
    assert list_["Condition"] == {"StringLikeIfExists": {"s3:prefix": "tenant_id=acme/*"}}


def test_keys_are_used_through_s3_alone():
    """A session could decrypt anything that the central role may."""
    assert use_keys_through_s3()["Condition"]["StringLike"] == {"kms:ViaService": "s3.*"}


def test_the_text_is_compact_and_the_same_for_the_same_policy():
    """The cache would miss, or STS refuse the length."""
    policy = reader("aws", "central", "acme")
    assert compact(policy) == compact(json.loads(json.dumps(policy)))
    assert " " not in compact(policy)


def test_the_usual_policies_of_the_longest_names_fit():
    """Delivery would fail for tenants with long names."""
    longest = document(
        *read_tenant("aws-us-gov", "c" * 63, "t" * 128),
        write_below("aws-us-gov", "b" * 63, "p" * 768 + "t" * 128 + "/"),
        use_keys_through_s3(),
    )
    assert len(compact(longest)) <= 2048


def test_what_is_too_long_for_sts_is_the_customers_to_mend():
    """STS would refuse it again and again, as if it were our own mistake."""
    with pytest.raises(BlockedByCustomerError, match="2048"):
        compact(document(write_below("aws", "bucket", "*" * 700)))


def test_texts_beyond_latin_1_are_escaped():
    """STS takes U+0020 to U+00FF only; a prefix in another script would fail every delivery."""
    assert compact(document(write_below("aws", "b", "логи/"))).isascii()
