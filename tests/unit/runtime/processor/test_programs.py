"""Configs with programs through the whole processor: each kind of destination, records, resumption, kills, siblings."""

import gzip
import json
import time
from dataclasses import replace

import pytest

from runtime.deliveries.s3.config import S3Config
from runtime.delivery_config.attribute_values import plain_item, typed
from runtime.delivery_state.killed_programs import KilledProgramCounts
from runtime.messages.delivery_message import DeliveryMessage
from tests.unit.runtime.aws_world import (
    Fault,
    emf,
    recording_clients,  # noqa: F401 - the fixture "clients"
)
from tests.unit.runtime.processor.world import CENTRAL, CUSTOMER, EVENTS, KEY, World, body, notification
from tests.unit.runtime.programs.programs_that_harm import ABORTS, HARMFUL

LINES = [event["message"] for event in EVENTS]
UPCASE = {"source": ".message = upcase(string!(.message))"}
COPY = "ROSA/cluster-logs/acme-corp/c-1/etcd/etcd-0/20261123-101500-6f9.json.gz"
ABORTING = {"source": ABORTS}


@pytest.fixture
def world(clients):
    return World(clients)


def put(world, type_, transform, **fields):
    """Write a config with a program."""
    world.put_config(type_, transform=typed(transform), **fields)


def stored(world, key=COPY):
    """Return the events of the object in the customer's bucket."""
    data = world.plain("s3").get_object(Bucket=CUSTOMER, Key=key)["Body"].read()
    return [json.loads(line) for line in gzip.decompress(data).splitlines()]


def deliveries(capsys):
    """Return the records of deliveries since the last look."""
    return [line for line in emf(capsys) if line["message"] == "delivery"]


def test_cloudwatch_gets_what_the_program_makes(world, capsys):
    """A tenant's own rules wouldn't hold where most of its logs go."""
    put(world, "cloudwatch", {"source": UPCASE["source"] + '\nif .message == "LINE 2" { abort }'})
    world.put_object()
    assert world.process(notification())
    assert list(world.streams().values()) == [["LINE 0", "LINE 1", "LINE 3", "LINE 4"]]
    (record,) = deliveries(capsys)
    assert record["program"]["cpu_us"] > 0
    counts = {name: count for name, count in record["program"].items() if count and name != "cpu_us"}
    assert counts == {"digest": counts["digest"], "in": 5, "out": 4, "dropped": 1, "made": 4}
    assert (record["Events"], record["ProgramDroppedEvents"]) == (4, 1)
    counted = {**world.status("cloudwatch").program}
    assert counted.pop("cpu_us") > 0
    assert counted == {"in": 5, "out": 4, "dropped": 1, "made": 4}


def test_a_bucket_gets_the_rewritten_object_under_the_copys_name(world, capsys):
    """The object would be copied as it is, with what the tenant wants redacted."""
    put(world, "s3", UPCASE)
    world.put_object()
    assert world.process(notification())
    assert [event["message"] for event in stored(world)] == [line.upper() for line in LINES]
    assert stored(world)[0]["timestamp"].endswith("Z")
    (record,) = deliveries(capsys)
    assert (record["Events"], record["program"]["in"], record["program"]["out"]) == (5, 5, 5)
    assert record["Bytes"] > 0
    assert "CopyObject" not in world.clients.calls


def test_a_bucket_keeps_apart_what_the_program_fails_with(world, capsys):
    """What can't be redacted would be delivered, or be gone."""
    put(world, "s3", {"source": ".message = parse_json!(.message)", "on_error": "set-aside"})
    world.put_object(
        data=body([{"timestamp": EVENTS[0]["timestamp"], "message": each} for each in ('{"a":1}', "text")])
    )
    assert world.process(notification())
    assert [event["message"] for event in stored(world)] == ['{"a":1}']
    (record,) = deliveries(capsys)
    assert record["set_aside"] == {"program-failed": 1}
    (kept,) = [each for each in world.copies(CENTRAL) if each.startswith("set-aside/")]
    data = world.plain("s3").get_object(Bucket=CENTRAL, Key=kept)["Body"].read()
    assert json.loads(gzip.decompress(data))["message"] == "text"


def test_an_object_of_which_nothing_is_left_is_not_written(world, capsys):
    """The customer's bucket would fill with empty objects of health checks."""
    put(world, "s3", {"source": "abort"})
    world.put_object()
    assert world.process(notification())
    assert world.copies() == []
    (record,) = deliveries(capsys)
    assert (record["Outcome"], record["program"]["dropped"]) == ("delivered", 5)


def test_a_bucket_that_refuses_gets_it_later(world, capsys):
    """A rewritten object would be counted as delivered though nobody has it."""
    put(world, "s3", UPCASE)
    world.put_object()
    world.clients.faults["PutObject"] = Fault("AccessDenied", 403)
    assert world.process(notification())
    (record,) = deliveries(capsys)
    assert (record["Outcome"], record["Reason"], record["Events"]) == ("handed-over", "destination-denied", 0)
    (message,) = world.handed_over()
    world.clients.faults.clear()
    assert world.process(replace(message, not_before=0.0).write())
    assert len(stored(world)) == 5


def message_of(world, **changes):
    """A delivery message of which the first of two batches is delivered, under a program that is another one now."""
    message = DeliveryMessage(
        CENTRAL, KEY, "acme-corp", "cloudwatch", attempt=2, first_attempt_at=time.time() - 60, checkpoint=1
    )
    return replace(message, **changes).write()


def test_a_delivery_that_goes_on_under_another_program_says_so(world, capsys):
    """Half of an object would be redacted and half not, and nobody could find out which objects those are."""
    put(world, "cloudwatch", UPCASE)
    now = EVENTS[0]["timestamp"]
    world.put_object(data=body([{"timestamp": now - day * 86_400_001, "message": f"day {day}"} for day in range(2)]))
    assert world.process(message_of(world, program="0123456789abcdef"))
    (record,) = deliveries(capsys)
    assert record["program"]["before"] == "0123456789abcdef"
    assert record["program"]["digest"] != record["program"]["before"]
    assert list(world.streams().values()) == [["DAY 1"]]
    assert "checkpoint_discarded" not in record
    assert world.process(message_of(world, program=""))
    assert deliveries(capsys)[0]["program"]["before"] == "none"
    assert world.process(message_of(world, program=record["program"]["digest"]))
    assert "before" not in deliveries(capsys)[0]["program"]


def test_a_delivery_without_a_program_says_nothing_of_one(world, capsys):
    """Every record would grow by what hardly any config has."""
    world.put_config("cloudwatch")
    world.put_object()
    assert world.process(notification())
    assert "program" not in deliveries(capsys)[0]
    assert world.status("cloudwatch").program == {}


@pytest.mark.parametrize("harm", HARMFUL)
def test_siblings_do_not_notice_a_program_that_harms(world, capsys, harm):
    """One tenant's program would end, stop or starve the function that delivers everybody's logs."""
    put(world, "cloudwatch", {"source": HARMFUL[harm]})
    put(world, "s3:good", UPCASE, bucket_name=CUSTOMER)
    world.put_config("s3:raw", bucket_name=CUSTOMER, bucket_prefix="raw/")
    world.put_object()
    assert world.process(notification())
    found = {record["type"]: (record["Outcome"], record.get("Reason", "")) for record in deliveries(capsys)}
    assert found == {
        "cloudwatch": ("handed-over", "program-killed"),
        "s3:good": ("delivered", ""),
        "s3:raw": ("delivered", ""),
    }
    assert world.status("cloudwatch").failure["next_step"].startswith("customer: correct the program")


def test_a_program_that_is_killed_three_times_is_switched_off_until_it_is_another(world, capsys):
    """It would take a worker with each object for ever; or, corrected, its parked deliveries would stay."""
    processor = world.processor()
    put(world, "cloudwatch", ABORTING)
    world.put_object()
    assert world.process(notification(), processor)
    for _ in range(3):
        (message,) = world.handed_over()
        world.empty("deliveries")
        assert world.process(replace(message, not_before=0.0).write(), processor)
    outcomes = [(record["Outcome"], record["Reason"]) for record in deliveries(capsys)]
    assert outcomes == [("handed-over", "program-killed")] * 3 + [("parked", "program-switched-off")]
    status = world.status("cloudwatch")
    assert status.program_kills == 3
    assert "change" in status.failure["next_step"]
    (parked,) = world.parked()
    assert plain_item(parked)["reason"] == "program-switched-off"
    put(world, "cloudwatch", UPCASE)
    assert world.process(replace(message, not_before=0.0, attempt=9).write(), processor)
    assert deliveries(capsys)[0]["Outcome"] == "delivered"


def test_another_host_knows_that_a_program_was_killed(world):
    """Each of a thousand functions would try it three times."""
    put(world, "cloudwatch", ABORTING)
    world.put_object()
    for _ in range(3):
        assert world.process(notification(), world.processor())
    assert world.process(notification(), world.processor())
    (parked,) = world.parked()
    assert plain_item(parked)["reason"] == "program-switched-off"


def test_without_the_table_of_kills_deliveries_go_on(world, capsys):
    """An outage of our table would stop every config with a program."""
    put(world, "cloudwatch", UPCASE)
    world.put_object()
    world.clients.faults["UpdateItem"] = Fault("InternalServerError", 500)
    assert world.process(notification())
    assert deliveries(capsys)[0]["Outcome"] == "delivered"
    world.clients.faults["GetItem"] = Fault("InternalServerError", 500)
    counts = KilledProgramCounts(world.clients, "parked")
    config = type("Config", (), {"tenant_id": "acme-corp", "type": "cloudwatch"})
    counts.add(config, "0123456789abcdef")
    assert counts.count(config, "0123456789abcdef") == 0


class Method:
    """A method of somebody else's, which sends by itself."""

    config_model = S3Config

    def __init__(self, services):
        pass

    def deliver(self, delivery, source):
        pytest.fail("it is delivered raw")


def test_a_method_that_runs_no_programs_gets_no_config_with_one(world, capsys):
    """A plug-in that knows nothing of programs would deliver what the tenant wants redacted."""
    put(world, "s3", UPCASE)
    world.put_object()
    assert world.process(notification(), world.processor(methods={"s3": Method}))
    assert deliveries(capsys)[0]["Reason"] == "program-not-supported"


def test_a_stored_program_of_no_known_form_waits(world, capsys):
    """A program of tomorrow's language would be left out, and its tenant's lines delivered raw."""
    put(world, "cloudwatch", {"language": "lua", "source": "return event"})
    world.put_object()
    assert world.process(notification())
    assert world.streams() == {}
    assert deliveries(capsys)[0]["Reason"] == "config-invalid"
