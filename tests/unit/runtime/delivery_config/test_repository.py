"""Reading a tenant's configs from the table."""

import logging

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from runtime.deliveries.cloudwatch.config import CloudWatchConfig
from runtime.deliveries.s3.config import S3Config
from runtime.delivery_config.change_reader import ChangeReader
from runtime.delivery_config.model import DeliveryConfig
from runtime.delivery_config.repository import DeliveryConfigRepository, InvalidItem, read_item
from runtime.delivery_config.tenant_record import InvalidRecord
from runtime.delivery_state.config_changes import ConfigChanges
from tests.unit.runtime.aws_world import Fault, recording_clients  # noqa: F401 - the fixture "clients"
from tests.unit.runtime.known_cases import cases
from tests.unit.runtime.processor.world import World

MODELS = {"cloudwatch": CloudWatchConfig, "s3": S3Config}
KNOWN = cases("tenant_config")


class Clock:
    now = 1_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def world(clients):
    return World(clients)


def repository(world, clock=None, **options):
    options = {"cache_seconds": 60, **options}
    return DeliveryConfigRepository(world.clients, "configs", MODELS, clock=clock or Clock(), **options)


def test_known_table_is_read_as_it_is(world):
    """A config would lose a field between the table and the delivery."""
    ((expected,),) = [KNOWN["001"]["expect"]["configs"]]
    lists = {"desired_logs": {"L": [{"S": name} for name in expected["desired_logs"]]}}
    fields = {name: value for name, value in expected.items() if name not in {"type", "tenant_id"}}
    world.put_config("cloudwatch", **{**fields, **lists})
    (config,) = repository(world).fetch_tenant("acme-corp").configs
    read = config.model_dump(exclude_unset=True)
    assert {**read, "desired_logs": list(read["desired_logs"])} == expected


def test_known_incomplete_item_is_invalid_by_name(world, caplog):
    """A missing log group would be found at the first delivery, or hide the tenant."""
    item = KNOWN["003"]["given"]["table"][0]
    read = read_item(item, MODELS)
    assert isinstance(read, InvalidItem)
    assert read.fields == ("log_group_name",)
    assert KNOWN["003"]["expect"]["message_contains"] in read.problem


def test_known_empty_tenant_costs_no_call(world):
    """An empty partition key would fail the Query and be retried for ever."""
    found = repository(world).fetch_tenant(KNOWN["005"]["given"]["tenant"])
    assert not found.known
    assert len(world.clients.calls) == KNOWN["005"]["expect"]["dynamodb_calls"]


def test_known_refusal_by_the_table_is_no_unknown_tenant(world):
    """The case says "tenant not found"; by the contract a table that refuses never makes a tenant unknown."""
    world.clients.faults["Query"] = Fault("ValidationException", message=KNOWN["009"]["given"]["dynamodb_error"])
    with pytest.raises(ClientError):
        repository(world).fetch_tenant("acme-corp")


@pytest.mark.parametrize("blank", ["", "   ", "\t\n", None])
@pytest.mark.parametrize("field", KNOWN["011"]["given"]["required"])
def test_known_blank_values_are_missing(field, blank):
    """A log group named by blanks would be created."""
    item = {"tenant_id": "a", "type": "cloudwatch", "log_distribution_role_arn": "arn:aws:iam::222222222222:role/R"}
    read = read_item({**item, "log_group_name": "/a", field: blank}, MODELS)
    assert isinstance(read, InvalidItem)
    assert read.fields == (field,)


def test_known_unknown_method_is_invalid(world):
    """An item of a method that isn't installed would stop its siblings."""
    read = read_item({"tenant_id": "a", "type": KNOWN["013"]["given"]["type"]}, MODELS)
    assert isinstance(read, InvalidItem)
    assert read.fields == ("type",)
    assert "no such delivery method" in read.problem
    assert read.reason == "method-not-installed"


def test_an_invalid_item_never_blocks_its_siblings(world, caplog):
    """One typing error would stop all of a tenant's logs; or its value would be logged."""
    world.put_config("s3")
    world.put_config("s3:bad", bucket_name="NOT A BUCKET")
    world.put_config("kinesis", stream="x")
    with caplog.at_level(logging.ERROR):
        found = repository(world).fetch_tenant("acme-corp")
    assert [config.type for config in found.configs] == ["s3"]
    assert {item.type: item.fields for item in found.invalid} == {"s3:bad": ("bucket_name",), "kinesis": ("type",)}
    assert {record.fields for record in caplog.records} == {("bucket_name",), ("type",)}
    assert "NOT A BUCKET" not in "".join(str(record.__dict__) for record in caplog.records)


def test_one_query_is_remembered_also_for_nobody(world):
    """Every object would cost a Query, those of unknown tenants too."""
    configs = repository(world)
    world.put_config("s3")
    for _ in range(3):
        assert configs.fetch_tenant("acme-corp").known
        assert not configs.fetch_tenant("nobody").known
    assert world.clients.count() == {"Query": 2}


def test_a_change_is_seen_after_the_cache_time(world):
    """A disabled config would go on delivering."""
    clock = Clock()
    configs = repository(world, clock)
    assert not configs.fetch_tenant("acme-corp").known
    world.put_config("s3")
    clock.now += 59
    assert not configs.fetch_tenant("acme-corp").known
    clock.now += 1
    assert configs.fetch_tenant("acme-corp").known


def test_every_page_is_read(world):
    """A tenant with many configs would get some of its logs only."""
    for number in range(30):
        world.put_config(f"s3:{number:02d}", padding="x" * 60_000)
    assert len(repository(world).fetch_tenant("acme-corp").configs) == 30
    assert world.clients.count()["Query"] > 1


def test_an_item_that_expires_while_it_is_remembered_is_absent(world):
    """An expired config would deliver for another cache time."""
    clock = Clock()
    world.put_config("s3", ttl=1_030)
    world.put_config("s3:bad", bucket_name="X", ttl=1_030)
    configs = repository(world, clock)
    assert configs.fetch_tenant("acme-corp").known
    clock.now = 1_030.0
    assert not configs.fetch_tenant("acme-corp").known


@pytest.mark.parametrize(
    "fault",
    [
        Fault("ProvisionedThroughputExceededException"),
        Fault("InternalServerError", status=500),
        Fault(error=EndpointConnectionError(endpoint_url="https://dynamodb")),
    ],
)
def test_a_table_that_is_down_is_no_unknown_tenant(world, fault):
    """An outage of DynamoDB would settle objects as nobody's."""
    world.put_config("s3")
    configs = repository(world)
    world.clients.faults["Query"] = fault
    with pytest.raises((ClientError, EndpointConnectionError)):
        configs.fetch_tenant("acme-corp")
    del world.clients.faults["Query"]
    assert configs.fetch_tenant("acme-corp").known


def test_unknown_groups_and_newer_versions_are_logged(world, caplog):
    """A tenant that gets nothing because of a misspelt group would never be found out."""
    world.put_config("s3", groups={"SS": ["Nope"]}, schema_version=9)
    with caplog.at_level(logging.WARNING):
        (config,) = repository(world).fetch_tenant("acme-corp").configs
    assert config.applications == frozenset()
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == [
        "delivery config names unknown groups",
        "delivery config is of a newer schema version",
    ]


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({}, True),
        ({"desired_logs": ["etcd"]}, True),
        ({"desired_logs": ["other"]}, False),
        ({"cluster_ids": ["c-9"]}, False),
        ({"enabled": False}, False),
        ({"desired_logs": "etcd"}, True),  # not even the filter can be read
        ({"type": "S3 of ours"}, False),  # no delivery can have that type
    ],
)
def test_an_object_waits_for_an_item_that_cannot_be_read_unless_its_filter_says_no(fields, wanted):
    """What a corrected config wants would be gone; or a tenant's whole traffic would wait for one application."""
    for type_ in ("s3", "kinesis"):
        read = read_item({"tenant_id": "a", "type": type_, "bucket_name": "X", **fields}, MODELS)
        assert isinstance(read, InvalidItem)
        assert read.may_want("etcd", "c-1") is wanted


def test_an_item_is_found_by_its_type_valid_or_not(world):
    """A waiting delivery of a broken config would be taken for one of a deleted config, and dropped."""
    world.put_config("s3")
    world.put_config("s3:bad", bucket_name="X")
    found = repository(world).fetch_tenant("acme-corp")
    assert isinstance(found.of_type("s3"), DeliveryConfig)
    assert isinstance(found.of_type("s3:bad"), InvalidItem)
    assert found.of_type("s3:gone") is None


def test_the_processors_region_is_filled_in(world):
    """Logs would be sent to the SDK's default Region."""
    world.put_config("s3")
    assert repository(world).fetch_tenant("acme-corp").configs[0].target_region == "us-east-1"


def test_the_record_bounds_every_config_as_it_is_read(world):
    """A bucket that another account has taken over by its name would get the tenant's logs; or any Region would."""
    world.put_config("s3")
    world.put_config("cloudwatch")
    world.put_record(accounts=("222222222222",), allowed_regions=("us-east-1",))
    found = repository(world, tenants_table="tenants").fetch_tenant("acme-corp")
    assert {config.allowed_regions for config in found.configs} == {("us-east-1",)}
    assert found.of_type("s3").bucket_owner == "222222222222"
    world.put_record(accounts=("222222222222", "333333333333"))
    assert repository(world, tenants_table="tenants").fetch_tenant("acme-corp").of_type("s3").bucket_owner is None


def test_record_and_configs_are_read_and_remembered_together(world):
    """Each object would cost a call more, or a delivery would go by a record of another time than its config's."""
    world.put_config("s3")
    read = repository(world, tenants_table="tenants")
    for _ in range(3):
        assert read.fetch_tenant("acme-corp").record is None
    assert world.clients.count() == {"Query": 1, "GetItem": 1}
    world.put_record(state="suspended")
    assert read.fetch_tenant("acme-corp", refresh=True).record.state == "suspended"


def test_a_demanded_record_is_read_consistently(world):
    """An answer of a moment ago would let the deliveries of a new tenant wait for nothing."""
    world.put_config("s3")
    read = repository(world, tenants_table="tenants", cache_seconds=0)
    read.fetch_tenant("acme-corp")
    world.put_config("s3", tenant_version=1)
    read.fetch_tenant("acme-corp")
    asked = [each["ConsistentRead"] for each in world.clients.requested if each.get("TableName") == "tenants"]
    assert asked == [False, True]


@pytest.mark.parametrize("item", [{"state": {"S": "gone"}}, {"accounts": {"N": "1"}}, {"version": {"S": "x"}}])
def test_a_record_that_cant_be_read_is_none_of_the_defaults(world, item, caplog):
    """A typing error by hand would lift what binds a tenant."""
    world.put_config("s3")
    world.put_record(**item)
    found = repository(world, tenants_table="tenants").fetch_tenant("acme-corp")
    assert isinstance(found.record, InvalidRecord)
    assert "invalid tenant" in caplog.text
    assert found.record.fields == tuple(item)


def test_what_only_informs_never_spoils_a_record(world):
    """A contact that was typed wrongly would stop every delivery of the tenant."""
    world.put_config("s3")
    world.put_record(contacts=5, created_at=7, shiny="x", cluster_ids={"SS": ["c-1"]})
    record = repository(world, tenants_table="tenants").fetch_tenant("acme-corp").record
    assert (record.contacts, record.created_at, record.cluster_ids) == ((), "7", ("c-1",))


def test_a_config_that_is_noted_as_changed_is_read_again(world):
    """A disabled config would be delivered by for as long as configs are remembered: five minutes."""
    clock = Clock()
    changes = ChangeReader(world.clients, "parked", clock)
    configs = repository(world, clock, cache_seconds=300, changes=changes)
    world.put_config("cloudwatch")
    assert configs.fetch_tenant("acme-corp").configs[0].enabled
    clock.now += 31
    ConfigChanges(world.clients, "parked", clock).note("acme-corp")
    world.put_config("cloudwatch", enabled={"BOOL": False})
    clock.now += 5
    assert not configs.fetch_tenant("acme-corp").configs[0].enabled
