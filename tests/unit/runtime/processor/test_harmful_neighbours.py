"""Harmful programs of some tenants, and other tenants' deliveries, in one invocation of the function."""

import pytest

from runtime.delivery_config.attribute_values import typed
from runtime.processor import destination_shares, lambda_handler
from tests.unit.runtime.aws_world import (
    emf,
    recording_clients,  # noqa: F401 - the fixture "clients"
)
from tests.unit.runtime.processor.test_lambda_handler import Context, event
from tests.unit.runtime.processor.world import CUSTOMER, KEY, World, notification, s3_event
from tests.unit.runtime.programs.programs_that_harm import HARMFUL

UPCASE = {"source": ".message = upcase(string!(.message))"}
HARMED = {f"harm-{number}": name for number, name in enumerate(HARMFUL)}
OTHERS = ("acme-corp", "globex", "initech")
ROUNDS = 2


@pytest.fixture
def world(clients, monkeypatch):
    made = World(clients)
    # Moto, on a busy machine beside programs that take all they can, may take over two seconds for a copy. That a
    # program's time is none of the destination's is tested by a clock: test_destination_shares.
    monkeypatch.setattr(destination_shares, "SLOW_SECONDS", 10.0)
    processor = made.processor()
    monkeypatch.setattr(lambda_handler, "processor", lambda: processor)
    return made


def put_tenants(world):
    """Give each harmful tenant its program, and each of the others a delivery with one and a copy."""
    for tenant, harm in HARMED.items():
        world.put_config("s3", tenant, transform=typed({"source": HARMFUL[harm]}), bucket_name=CUSTOMER)
    for tenant in OTHERS:
        world.put_config("s3:program", tenant, transform=typed(UPCASE), bucket_name=CUSTOMER)
        world.put_config("s3:raw", tenant, bucket_name=CUSTOMER, bucket_prefix="raw/")


def invoke(world, number):
    """Give all tenants' objects to one invocation, harmful ones first, between and last."""
    tenants = [name for pair in zip(HARMED, OTHERS, strict=True) for name in pair]
    bodies = []
    for tenant in [*tenants, tenants[0]]:
        key = KEY.replace("acme-corp", tenant).replace("6f9", f"{number}{len(bodies)}")
        world.put_object(key)
        bodies.append(notification(s3_event(key)))
    return lambda_handler.handler(event(*bodies), Context())


def test_other_tenants_deliveries_in_the_same_invocation_do_not_notice(world, capsys):
    """A program that aborts, never ends or takes 4 GB would cost other tenants their logs, or their time."""
    put_tenants(world)
    for number in range(ROUNDS):
        assert invoke(world, number) == {"batchItemFailures": []}
    records = [line for line in emf(capsys) if line["message"] == "delivery"]
    others = [record for record in records if record["tenant_id"] in OTHERS]
    assert len(others) == ROUNDS * len(OTHERS) * 2
    assert {(record["Outcome"], record.get("Reason", "")) for record in others} == {("delivered", "")}
    harmed = [record for record in records if record["tenant_id"] in HARMED]
    assert len(harmed) == ROUNDS * (len(HARMED) + 1)
    reasons = {(record["Outcome"], record["Reason"]) for record in harmed}
    assert reasons <= {("handed-over", "program-killed"), ("parked", "program-switched-off")}
    programmed = [record for record in others if record["type"] == "s3:program"]
    assert [record["program"]["out"] for record in programmed] == [5] * ROUNDS * len(OTHERS)
