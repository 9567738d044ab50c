"""Session policies: one tenant, one destination, and no wildcard that a name brought along."""

import json
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.deliveries.cloudwatch.config import CloudWatchConfig
from runtime.deliveries.s3.config import S3Config
from runtime.deliveries.session_policy import (
    assume_role,
    compact,
    copier,
    document,
    list_objects,
    literal,
    read_objects,
    reader,
    size_problem,
    use_keys_through_s3,
    write_below,
)
from runtime.delivery_config.model import DeliveryConfig
from runtime.errors import BlockedByCustomerError

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)


def iam_matches(pattern, text):
    """Match as IAM does: ``*`` and ``?`` are wildcards, ``${*}``, ``${?}``, ``${$}`` are themselves."""
    escaped, index = "", 0
    while index < len(pattern):
        if pattern[index : index + 2] == "${" and pattern[index + 3 : index + 4] == "}":
            escaped += f"[{pattern[index + 2]}]" if pattern[index + 2] in "*?" else pattern[index + 2]
            index += 4
        else:
            escaped += "[[]" if pattern[index] == "[" else pattern[index]
            index += 1
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
    statements = [
        read_objects("aws", "central", evil),
        list_objects("aws", "central", evil),
        write_below("aws", "bucket", f"{evil}/"),
        assume_role(evil),
    ]
    for statement in statements:
        resource = statement["Resource"]
        inner = resource.removesuffix("/*").removesuffix("*")
        for harmless in ("${*}", "${?}", "${$}"):
            inner = inner.replace(harmless, "")
        assert not set("*?$") & set(inner)


def test_reading_and_listing_are_for_one_tenant():
    """A session could read another tenant's logs, or list the names of all tenants, clusters and pods."""
    get, list_, _ = reader("aws-cn", "central", "acme")["Statement"]
    assert get["Resource"] == "arn:aws-cn:s3:::central/tenant_id=acme/*"
    assert set(get["Action"]) == {"s3:GetObject", "s3:GetObjectVersion"}
    assert list_["Resource"] == "arn:aws-cn:s3:::central"
    assert list_["Condition"] == {"StringLike": {"s3:prefix": "tenant_id=acme/*"}}


def test_a_session_that_copies_lists_nothing():
    """Each copy's session could list what it has no use for."""
    actions = [action for each in copier("aws", "central", "acme", "b", "p/")["Statement"] for action in each["Action"]]
    assert not [action for action in actions if "List" in action]


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
    longest = copier("aws-us-gov", "c" * 63, "t" * 128, "b" * 63, "p" * 768 + "t" * 128 + "/")
    assert len(compact(longest)) <= 2048


@pytest.mark.parametrize(
    ("config", "fits"),
    [
        (S3Config(tenant_id="a", type="s3", bucket_name="bucket"), True),
        (S3Config(tenant_id="a", type="s3", bucket_name="bucket", bucket_prefix="日" * 255), False),  # the case b43
        (
            CloudWatchConfig(
                tenant_id="a",
                type="cloudwatch",
                log_group_name="/a",
                log_distribution_role_arn="arn:aws:iam::222222222222:role/" + "p" * 510 + "/R",
            ),
            True,
        ),
        (
            CloudWatchConfig(
                tenant_id="a",
                type="cloudwatch",
                log_group_name="/a",
                log_distribution_role_arn="arn:aws:iam::222222222222:role/" + "*" * 508 + "/R",
            ),
            False,
        ),
        (DeliveryConfig(tenant_id="a", type="other"), True),
    ],
)
def test_a_config_whose_session_policy_sts_refuses_is_known_before(config, fits):
    """The API would take what can never be delivered, and say that it is."""
    assert bool(size_problem(config, "aws", "central-logs")) is not fits


def test_what_is_too_long_for_sts_is_the_customers_to_mend():
    """STS would refuse it again and again, as if it were our own mistake."""
    with pytest.raises(BlockedByCustomerError, match="2048"):
        compact(document(write_below("aws", "bucket", "*" * 700)))


def test_texts_beyond_latin_1_are_escaped():
    """STS takes U+0020 to U+00FF only; a prefix in another script would fail every delivery."""
    assert compact(document(write_below("aws", "b", "логи/"))).isascii()


def test_only_what_writes_is_bound_to_the_tenants_regions():
    """The central bucket, or STS, would be refused from another Region; or an object be written outside of them."""
    read, write, keys = copier("aws", "central", "acme", "b", "p/", ("eu-west-1", "us-east-1"))["Statement"]
    assert "Condition" not in read
    assert write["Condition"] == {"StringEquals": {"aws:RequestedRegion": ["eu-west-1", "us-east-1"]}}
    assert keys["Condition"] == {"StringLike": {"kms:ViaService": ["s3.eu-west-1.*", "s3.us-east-1.*"]}}
    assert copier("aws", "central", "acme", "b", "p/") == copier("aws", "central", "acme", "b", "p/", ())


def test_a_tenants_own_regions_bound_its_configs_sessions():
    """The record would bind what the API takes, and no session."""
    config = S3Config(tenant_id="a", type="s3", bucket_name="bucket").bound_by((), ("eu-west-1",))
    (policy,) = config.session_policies("aws", "central")
    assert "aws:RequestedRegion" in compact(policy)
