"""What may be stored: as strict as AWS, every wrong field named, and nothing written of what is refused."""

import json
import string
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.api.regions import regions
from runtime.deliveries.registry import find_methods
from runtime.delivery_config.attribute_values import plain_item
from runtime.delivery_config.methods import find_config_models
from runtime.delivery_config.repository import InvalidItem, read_item
from runtime.delivery_config.write_rules import WriteRules
from runtime.delivery_config.writing import InvalidConfigError, item_of, validate
from tests.unit.runtime.api.gateway import CLOUDWATCH, CONFIGS, S3, items, make_app

MODELS = find_config_models()
RULES = WriteRules(1_800_000_000, "central-bucket", "111111111111", regions())
LONG = "x" * 256


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("enabled", "yes"),
        ("enabled", 1),
        ("desired_logs", "etcd"),
        ("desired_logs", [""]),
        ("desired_logs", ["a/b"]),
        ("desired_logs", [" etcd"]),
        ("desired_logs", ["a\nb"]),
        ("desired_logs", [LONG]),
        ("desired_logs", [None]),
        ("desired_logs", ["a"] * 501),
        ("groups", ["no-such-group"]),
        ("groups", [3]),
        ("groups", {}),
        ("cluster_ids", ["a/b"]),
        ("target_region", "not a region!"),
        ("target_region", "us-east-9"),
        ("target_region", "aws-global"),
        ("target_region", "US-EAST-1"),
        ("target_region", ""),
        ("ttl", 5),
        ("ttl", 4e9),
        ("ttl", "4000000000"),
        ("ttl", 10**15),
        ("ttl", True),
        ("external_id", "x"),
        ("external_id", "a b"),
        ("bucket_name", "UPPER.-.BAD"),
        ("bucket_name", "ab"),
        ("bucket_name", "a..b"),
        ("bucket_name", "192.168.5.4"),
        ("bucket_name", "xn--bucket"),
        ("bucket_name", "bucket-s3alias"),
        ("bucket_name", "central-bucket"),
        ("bucket_name", ""),
        ("bucket_name", None),
        ("bucket_prefix", "a\x00b"),
        ("bucket_prefix", "x" * 769),
        ("bucket_owner", "1234"),
        ("log_group_name", "/of/another/method"),
        ("shiny", True),
        ("created_at", "2026-01-01T00:00:00Z"),
        ("version", "1"),
        ("schema_version", 1),
        ("tenant_id", "globex"),
        ("type", "kinesis"),
        ("type", "S3"),
        ("type", 3),
    ],
)
def test_a_wrong_s3_field_is_refused_by_its_name(api, clients, field, value):
    """A config that can't work would be stored, and found out by missing logs."""
    answer = api.post(CONFIGS, json=S3 | {field: value})
    assert answer.status_code == 422, answer.text
    assert field in {each["field"].partition(".")[0] for each in answer.json()["errors"]}
    assert items(clients) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("log_distribution_role_arn", "arn:aws:iam::"),
        ("log_distribution_role_arn", "arn:aws:iam::123456789012:user/x"),
        ("log_distribution_role_arn", "arn:aws:iam::12345678901:role/x"),
        ("log_distribution_role_arn", "arn:aws-mars:iam::123456789012:role/x"),
        ("log_distribution_role_arn", f"arn:aws:iam::123456789012:role/{'x' * 65}"),
        ("log_distribution_role_arn", "arn:aws-cn:iam::123456789012:role/x"),
        ("log_group_name", "a b"),
        ("log_group_name", "aws/x"),
        ("log_group_name", "x" * 513),
        ("bucket_name", "of-another-method"),
    ],
)
def test_a_wrong_cloudwatch_field_is_refused_by_its_name(api, clients, field, value):
    """As above."""
    answer = api.post(CONFIGS, json=CLOUDWATCH | {"target_region": "us-east-1", field: value})
    assert answer.status_code == 422, answer.text
    assert field in {each["field"] for each in answer.json()["errors"]}
    assert items(clients) == []


def test_every_wrong_field_is_named_at_once(api):
    """A caller would mend one field after the other, a request each."""
    answer = api.post(CONFIGS, json={"type": "s3", "bucket_name": "UPPER", "ttl": 5, "enabled": "yes", "shiny": 1})
    assert {each["field"] for each in answer.json()["errors"]} == {"bucket_name", "ttl", "enabled", "shiny"}


@pytest.mark.parametrize("fields", [{}, {"enabled": True}, {"bucket_name": "acme-logs"}, {"no_such": 1}])
@pytest.mark.parametrize("kind", ["nosuch", "nosuch:second", "s4", "x", "cloudwatch-logs"])
def test_a_type_of_no_method_is_named_whatever_else_is_there(kind, fields):
    """A method's facts would be asked for that there is not: the caller was answered with 500."""
    with pytest.raises(InvalidConfigError) as refused:
        validate({"tenant_id": "acme-corp", "type": kind, **fields}, MODELS, RULES)
    assert "type" in {each.field for each in refused.value.problems}


@pytest.mark.parametrize("name", ["", ".", "a.b", "a\nb", " ", "é"])
def test_an_unknown_field_is_named_whatever_its_name(api, name):
    """An empty name would read as no field at all, a dotted one as a field within another."""
    answer = api.post(CONFIGS, json=S3 | {name: 1})
    assert [(each["field"], answer.status_code) for each in answer.json()["errors"]] == [(json.dumps(name), 422)]


@pytest.mark.parametrize("partition", ["aws", "aws-us-gov", "aws-cn"])
def test_regions_and_roles_of_every_partition_are_taken(api, partition):
    """A customer in GovCloud or China would be refused."""
    region = next(name for name, of in regions().items() if of == partition)
    role = f"arn:{partition}:iam::222222222222:role/some/path/LogDistributionRole"
    fields = CLOUDWATCH | {"target_region": region, "log_distribution_role_arn": role}
    assert api.post(CONFIGS, json=fields).status_code == 201


def test_an_unknown_group_beside_a_known_one_is_a_warning(api):
    """The seed accepts it; a typing error would go unseen."""
    answer = api.post(CONFIGS, json=S3 | {"groups": ["API", "Autentication"]})
    assert (answer.status_code, len(answer.json()["warnings"])) == (201, 1)
    assert "Autentication" in answer.json()["warnings"][0]


@pytest.mark.parametrize(
    ("other", "status"),
    [
        ({}, 409),
        ({"desired_logs": ["etcd"]}, 409),
        ({"bucket_prefix": "other/"}, 201),
        ({"bucket_name": "other-bucket"}, 201),
        ({"enabled": False}, 201),
        ({"desired_logs": ["kube-scheduler"]}, 201),
        ({"desired_logs": ["kube-scheduler"], "groups": ["api"]}, 409),
        ({"cluster_ids": ["c-2"]}, 201),
        ({"cluster_ids": ["c-1", "c-2"]}, 409),
    ],
)
def test_two_deliveries_to_one_place_must_not_overlap(api, other, status):
    """Every log line would arrive there twice."""
    first = S3 | {"desired_logs": ["etcd"], "groups": ["API"], "cluster_ids": ["c-1"]}
    assert api.post(CONFIGS, json=first).status_code == 201
    second = S3 | {"type": "s3:second", **other}
    answer = api.post(CONFIGS, json=second)
    assert answer.status_code == status, answer.text
    disabled = api.post(CONFIGS, json=second | {"type": "s3:third", "enabled": False})
    assert disabled.status_code == 201
    assert api.patch(f"{CONFIGS}/s3:third", json={"enabled": True}).status_code in {409, 200}


def test_both_groups_of_entry_points_name_the_same_models():
    """The API would accept what the processor reads by another model."""
    assert {name: method.config_model for name, method in find_methods().items()} == MODELS


NAME = st.text(string.ascii_letters + string.digits + "-._", min_size=1, max_size=30)
CONFIG = st.fixed_dictionaries(
    {"tenant_id": st.just("acme-corp"), "type": st.just("s3"), "bucket_name": st.just("acme-logs")},
    optional={
        "enabled": st.booleans(),
        "desired_logs": st.lists(NAME, max_size=4),
        "groups": st.lists(st.sampled_from(["API", "scheduler", "AUTHENTICATION"]), max_size=3),
        "cluster_ids": st.lists(NAME, max_size=3),
        "target_region": st.sampled_from(sorted(regions())),
        "ttl": st.integers(1_800_000_001, 4_000_000_000),
        "bucket_prefix": st.text(string.ascii_letters + "/é ", max_size=20),
        "external_id": st.text(string.ascii_letters, min_size=2, max_size=20),
    },
)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(CONFIG)
def test_what_is_accepted_the_processor_reads_as_it_was_written(fields):
    """A config would be stored that delivers nothing, or something else."""
    written = validate(fields, MODELS, RULES)
    assert read_item(plain_item(item_of(written)), MODELS) == written


@given(CONFIG, st.dictionaries(st.sampled_from(sorted(MODELS["s3"].model_fields)) | st.text(), JUNK, max_size=4))
def test_what_is_refused_is_refused_by_a_fields_name_and_what_is_accepted_is_readable(fields, junk):
    """A wrong value would be an error nobody foresaw, one without a name, or an item that can't be read."""
    given_ = fields | junk
    problems, written = (), None
    try:
        written = validate(given_, MODELS, RULES)
    except InvalidConfigError as error:
        problems = error.problems
    if written is None:
        assert problems
        names = {*MODELS["s3"].model_fields, *given_, *map(json.dumps, given_)}
        assert {each.field if each.field in names else each.field.partition(".")[0] for each in problems} <= names
        assert all(each.field for each in problems)
    else:
        assert not isinstance(read_item(plain_item(item_of(written)), MODELS), InvalidItem)


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("webhook", {"url": "https://localhost:12345/in"}),
        ("elasticsearch", {"url": "https://localhost:12345"}),
        ("kafka", {"bootstrap_servers": ["localhost:12345"]}),
    ],
)
def test_loopback_may_be_named_where_the_stage_has_it(method, address):
    """The API would refuse what the embedded cloud's processor delivers to, or take what no other one does."""
    config = {**MODELS[method].facts.example, "tenant_id": "acme-corp", **address}
    with pytest.raises(InvalidConfigError) as caught:
        validate(config, MODELS, RULES)
    assert [problem.field for problem in caught.value.problems] == list(address)
    assert validate(config, MODELS, replace(RULES, allow_loopback=True)).method == method


def test_the_rules_of_a_write_are_the_stages(clients):
    """The stage's setting would be without effect, or that of another stage."""
    for allowed in (True, False):
        app = make_app(clients, allow_loopback=allowed).app
        assert app.state.services.write_rules().allow_loopback is allowed
