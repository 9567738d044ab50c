"""The rotation of a tenant's ExternalId: a role is assumed with the one that it was seen to take."""

import pytest

from runtime.deliveries.cloudwatch.config import CloudWatchConfig
from runtime.deliveries.role_chain import RoleChain
from runtime.delivery_config.external_ids import is_anothers, issue
from runtime.delivery_config.repository import DeliveryConfigRepository
from runtime.errors import BlockedByCustomerError, RetryableError
from runtime.processor.external_ids import try_external_ids
from tests.unit.runtime.aws_world import Fault, recording_clients  # noqa: F401 - the fixture "clients"
from tests.unit.runtime.processor.world import World, notification

OLD, NEW = (f"logrouter-{'0' * 16}-{digit * 32}" for digit in "12")
ROLES = [f"arn:aws:iam::222222222222:role/LogDistributionRole{number}" for number in (1, 2)]


@pytest.fixture
def world(clients):
    """A tenant with two roles, one of a disabled config, and a pending ExternalId."""
    made = World(clients)
    for number, role in enumerate(ROLES):
        made.put_config(f"cloudwatch:n{number}", log_distribution_role_arn=role, enabled=not number)
    made.put_record(external_id=OLD, pending_external_id=NEW)
    return made


@pytest.fixture
def trust(monkeypatch):
    """What each role takes, as its trust policy says; every attempt is noted."""
    taken = {role: {OLD} for role in ROLES}
    asked = []

    def customer(chain, tenant_id, role_arn, external_id=None, regions=()):
        del chain, regions
        asked.append((tenant_id, role_arn, external_id))
        found = taken[role_arn]
        if isinstance(found, Exception):
            raise found
        if external_id not in found:
            raise BlockedByCustomerError("second-hop-denied")

    monkeypatch.setattr(RoleChain, "customer", customer)
    taken["asked"] = asked
    return taken


def configs(world):
    """The ExternalId that each role is assumed with."""
    models = {"cloudwatch": CloudWatchConfig}
    read = DeliveryConfigRepository(world.clients, "configs", models, cache_seconds=0, tenants_table="tenants")
    return {config.role_arn: config.external_id for config in read.fetch_tenant("acme-corp").configs}


def record(world):
    item = world.plain("dynamodb").get_item(TableName="tenants", Key={"tenant_id": {"S": "acme-corp"}})["Item"]
    return {name: next(iter(value.values())) for name, value in item.items()}


def try_ids(world):
    return try_external_ids(world.settings(), world.clients, "acme-corp")


def test_each_role_goes_over_when_it_takes_the_new_one(world, trust):
    """Deliveries would be denied while the customer updates one stack after another; or the old one stay for ever."""
    assert set(configs(world).values()) == {OLD}
    found = try_ids(world)
    assert (found["pending"], [one["failure"] for one in found["roles"]]) == (True, ["second-hop-denied"] * 2)
    assert set(configs(world).values()) == {OLD}
    trust[ROLES[0]].add(NEW)
    assert try_ids(world)["pending"]
    assert configs(world) == {ROLES[0]: NEW, ROLES[1]: OLD}
    trust[ROLES[1]].add(NEW)
    assert not try_ids(world)["pending"]
    assert configs(world) == dict.fromkeys(ROLES, NEW)
    now = record(world)
    assert (now["external_id"], now["retired_external_id"]) == (NEW, OLD)
    assert not {"pending_external_id", "passed_roles"} & now.keys()


def test_the_status_names_who_still_trusts_the_old_one_until_nobody_does(world, trust):
    """The old ExternalId would stay in the customers' trust unseen."""
    for role in ROLES:
        trust[role].add(NEW)
    assert try_ids(world)["still_trusting_the_retired"] == []
    assert try_ids(world)["still_trusting_the_retired"] == ROLES
    trust[ROLES[0]].discard(OLD)
    assert try_ids(world)["still_trusting_the_retired"] == ROLES[1:]
    trust[ROLES[1]].discard(OLD)
    assert try_ids(world)["still_trusting_the_retired"] == []
    assert "retired_external_id" not in record(world)


def test_an_outage_is_no_answer(world, trust):
    """A role that couldn't be asked would count as one that has taken the old one out."""
    world.put_record(external_id=NEW, retired_external_id=OLD)
    for role in ROLES:
        trust[role] = RetryableError("throttled")
    try_ids(world)
    assert record(world)["retired_external_id"] == OLD


def test_a_record_that_was_changed_meanwhile_is_left_alone(world, trust):
    """A probe that overlaps with a command would put back what it had read."""
    for role in ROLES:
        trust[role].add(NEW)
    world.clients.faults["UpdateItem"] = Fault("ConditionalCheckFailedException")
    with pytest.raises(RetryableError, match="config-changed"):
        try_ids(world)
    assert record(world)["pending_external_id"] == NEW


def test_a_tenant_without_a_record_is_told_so(world, trust):
    """An operator would see an error of the function."""
    assert try_external_ids(world.settings(), world.clients, "globex") == {"failure": "no-such-tenant"}
    assert try_external_ids(world.settings(tenants_table=None), world.clients, "acme-corp")["failure"]
    assert trust["asked"] == []


def test_another_tenants_issued_id_is_never_presented(clients):
    """Whoever learns a tenant's ExternalId could have the provider enter the tenant's role for another tenant."""
    world = World(clients)
    world.put_object()
    world.put_config("cloudwatch", external_id=issue("globex"))
    assert world.process(notification())
    assert [item["reason"]["S"] for item in world.parked()] == ["external-id-not-issued"]
    assert world.streams() == {}
    world.put_config("cloudwatch", external_id=issue("acme-corp"))
    assert world.process(notification())
    assert len(world.streams()) == 1


def test_an_issued_id_names_its_tenant_and_never_comes_twice():
    """One tenant's id would be another's."""
    assert not is_anothers(issue("acme-corp"), "acme-corp")
    assert is_anothers(issue("acme-corp"), "globex")
    assert not is_anothers("111111111111", "globex")
    assert not is_anothers(None, "globex")
    assert len({issue("acme-corp") for _ in range(100)}) == 100
