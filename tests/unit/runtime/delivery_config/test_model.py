"""The delivery config's common fields and its filter (contract §3)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from runtime.delivery_config.groups import GROUPS
from runtime.delivery_config.model import DeliveryConfig, is_tenant_id
from tests.unit.runtime.known_cases import cases

NAMES = st.lists(st.text(max_size=20), max_size=5)


def config(**fields):
    return DeliveryConfig.model_validate({"tenant_id": "acme-corp", "type": "s3", **fields})


FILTERING = {number: case for number, case in cases("filtering").items() if "application" in case["given"]}


@pytest.mark.parametrize("number", FILTERING)
def test_known_filters(number):
    """A filter would let through what a tenant didn't ask for, or keep back what it did."""
    given_, expected = FILTERING[number]["given"], FILTERING[number]["expect"]
    made = config(**{name: given_[name] for name in ("desired_logs", "groups") if name in given_})
    assert made.selects(given_["application"], "c-1") is expected["deliver"]


EXPANSION = {number: case for number, case in cases("filtering").items() if "expanded_applications" in case["expect"]}


@pytest.mark.parametrize("number", EXPANSION)
def test_known_expansions(number):
    """A group would mean other applications; the contract's Authentication has two names more than the cases'."""
    expected = set(EXPANSION[number]["expect"]["expanded_applications"])
    if "oauth-openshift" in expected:
        expected |= {"oauth-server", "oauth-apiserver"}
    assert config(**EXPANSION[number]["given"]).expansion.applications == expected


def test_known_group_table():
    """The groups would not be those of the contract, which has two names more than the case's."""
    for name, applications in cases("filtering")["018"]["expect"].items():
        assert set(applications) <= GROUPS.expand([name]).applications


@pytest.mark.parametrize("number", ["052", "054"])
def test_known_filters_of_two_configs(number):
    """One destination's filter would be applied to the other."""
    given_, expected = cases("filtering")[number]["given"], cases("filtering")[number]["expect"]
    application = given_["key"].split("/")[2]
    wants = {
        method: config(desired_logs=given_[f"{method}_desired_logs"]).selects(application, "c-1")
        for method in ("cloudwatch", "s3")
    }
    assert wants == {method: bool(expected[f"{method}_deliveries"]) for method in wants}


@given(st.lists(st.text(max_size=20).filter(lambda name: name.strip().casefold() not in GROUPS.by_name), min_size=1))
def test_a_config_of_unknown_groups_alone_delivers_nothing(groups):
    """A misspelt group would send a tenant everything: a filter that fails open."""
    assert not config(groups=groups).selects("kube-apiserver", "c-1")


@given(NAMES, NAMES, st.text(max_size=20))
def test_a_filter_is_the_union_of_names_and_groups(desired_logs, groups, application):
    """An application would be let through that nothing names."""
    expected = (not desired_logs and not groups) or (
        application in desired_logs or application in GROUPS.expand(groups).applications
    )
    assert config(desired_logs=desired_logs, groups=groups).selects(application, "c-1") is expected


@given(st.lists(st.one_of(st.none(), st.integers(), st.booleans(), st.text()), min_size=1))
def test_a_filter_with_anything_in_it_is_a_filter(members):
    """Members that aren't text would be dropped, and the emptied filter would let everything through."""
    for field in ("desired_logs", "groups"):
        assert not config(**{field: members}).selects("no-such-application", "c-1")


@pytest.mark.parametrize("kind", [list, set, tuple, frozenset])
def test_sets_and_lists_are_filters_alike(kind):
    """DynamoDB's string sets would be read as no filter at all."""
    made = config(desired_logs=kind(["etcd"]), cluster_ids=kind(["c-1"]))
    assert made.selects("etcd", "c-1")
    assert not made.selects("other", "c-1")
    assert not made.selects("etcd", "c-2")


def test_a_lone_text_is_no_list_of_names():
    """``desired_logs: "etcd"`` would be read as four applications of one letter."""
    with pytest.raises(ValidationError):
        config(desired_logs="etcd")


def test_the_cluster_guard_names_itself():
    """A forged key of another cluster would be delivered, or refused for a misleading reason."""
    made = config(cluster_ids=["c-1"], desired_logs=["etcd"])
    assert made.filtered_by("etcd", "c-9") == "cluster-filtered"
    assert made.filtered_by("x", "c-1") == "application-filtered"
    assert made.filtered_by("etcd", "c-1") is None


def test_absent_means_enabled():
    """A config that doesn't say so would deliver nothing."""
    assert config().enabled
    assert config(enabled=None).enabled
    assert not config(enabled=False).enabled


@pytest.mark.parametrize(("ttl", "live"), [(None, True), (1000, True), (999, False), (500, False)])
def test_an_expired_item_counts_as_absent(ttl, live):
    """DynamoDB deletes expired items up to days late: they would go on delivering."""
    assert config(ttl=ttl).is_live(999.0) is live


def test_an_unset_region_is_the_processors():
    """Logs would be sent to us-east-1, or nowhere."""
    assert config().in_region("eu-west-1").target_region == "eu-west-1"
    assert config(target_region="ap-south-1").in_region("eu-west-1").target_region == "ap-south-1"
    assert config(target_region="  ").in_region("eu-west-1").target_region == "eu-west-1"


@pytest.mark.parametrize(
    "fields",
    [
        {"tenant_id": ""},
        {"tenant_id": "   "},
        {"tenant_id": "-acme"},
        {"tenant_id": "a" * 129},
        {"tenant_id": "acme\n"},
        {"tenant_id": "a/b"},
        {"type": "S3"},
        {"type": "s3:"},
        {"type": "s3:a b"},
        {"type": "s3:a:b"},
        {"target_region": "not a region!"},
        {"target_region": "US-EAST-1"},
        {"external_id": "x"},
        {"external_id": "a b"},
        {"external_id": "x" * 1225},
        {"enabled": "perhaps"},
        {"enabled": " "},
        {"desired_logs": ""},
        {"groups": "  "},
        {"cluster_ids": "\t"},
    ],
)
def test_a_wrong_value_is_refused_by_its_fields_name(fields):
    """An item that can't work would be tried for a day, or its value would be printed."""
    with pytest.raises(ValidationError) as refused:
        config(**fields)
    assert [error["loc"][0] for error in refused.value.errors()] == list(fields)
    assert "input_value" not in str(refused.value)


@pytest.mark.parametrize(
    ("fields", "read"),
    [
        ({"ttl": 1795985423.123}, {"ttl": 1795985423}),
        ({"ttl": "1795985423"}, {"ttl": 1795985423}),
        ({"ttl": "soon"}, {"ttl": None}),
        ({"ttl": [1]}, {"ttl": None}),
        ({"ttl": float("inf")}, {"ttl": None}),
        ({"created_at": 1795985423}, {"created_at": "1795985423"}),
        ({"updated_at": 1795985423.5}, {"updated_at": "1795985423.5"}),
        ({"created_at": {"at": 1}, "updated_at": True}, {"created_at": None, "updated_at": None}),
        ({"version": 7}, {"version": "7"}),
        ({"schema_version": 2.0}, {"schema_version": 2}),
        ({"schema_version": 0}, {"schema_version": 1}),
        ({"schema_version": "two"}, {"schema_version": 1}),
    ],
)  # fmt: skip
def test_a_field_that_only_informs_never_makes_an_item_invalid(fields, read):
    """An item that another tool wrote would deliver nothing: new objects passed by, and nothing waited."""
    made = config(**fields)
    assert {name: getattr(made, name) for name in read} == read


class Elsewhere(DeliveryConfig):
    """A plug-in's config, which says nothing of its destination's fields."""

    url: str
    topic: str = ""


def test_a_plug_ins_destination_is_all_of_its_own_fields():
    """A checkpoint of one URL would be believed by another, and the first batches would be missing there."""
    first = Elsewhere(tenant_id="a", type="x", url="u")
    assert Elsewhere.destination_fields() == ("topic", "url", "target_region")
    assert first.destination_digest == Elsewhere(tenant_id="a", type="x:n", url="u", groups=["API"]).destination_digest
    for changed in ({"url": "v"}, {"topic": "t"}, {"target_region": "us-east-1"}):
        other = Elsewhere(**{"tenant_id": "a", "type": "x", "url": "u", **changed})
        assert other.destination_digest != first.destination_digest


@pytest.mark.parametrize(
    "region", ["us-east-1", "us-gov-west-1", "cn-north-1", "ap-southeast-5", "us-iso-east-1", "eusc-de-east-1"]
)
def test_regions_of_every_partition_are_taken(region):
    """A customer in GovCloud or China would be refused."""
    assert config(target_region=region).target_region == region


def test_unknown_fields_and_newer_versions_are_tolerated_when_reading():
    """Yesterday's processor would stop delivering as soon as the API writes a new field."""
    assert config(schema_version=7, shiny=True).schema_version == 7


def test_a_writer_can_refuse_unknown_fields_with_the_same_model():
    """The API would let a misspelt field through."""
    with pytest.raises(ValidationError, match="desired_log"):
        DeliveryConfig.model_validate({"tenant_id": "a", "type": "s3", "desired_log": []}, extra="forbid")


def test_the_method_is_what_stands_before_the_colon():
    """A named destination would be of an unknown method."""
    assert (config(type="s3:archive-eu").method, config().method) == ("s3", "s3")


@pytest.mark.parametrize(
    ("text", "is_one"), [("a", True), ("a.b_c-9", True), ("", False), ("a\n", False), ("é", False)]
)
def test_what_can_be_a_tenants_id(text, is_one):
    """A key's segment that no item can have would cost a call, or fail the Query."""
    assert is_tenant_id(text) is is_one
