"""A tenant's questions: did it arrive, how late, what does it cost; also when there is too much to read."""

import itertools

import pytest

from cli.operation.arrival import UNRECORDED, arrivals
from cli.operation.cost import cost
from cli.operation.freshness import freshness, percentile
from cli.operation.recent import recent
from runtime.delivery_config.facts import Payer
from tests.unit.cli.operation.operation_scene import NOW, Scene, record
from tests.unit.runtime.aws_world import (
    recording_clients,  # noqa: F401 - the fixture "clients"
)

FIRST, SECOND, THIRD = "20261118-110000", "20261118-110100", "20261118-110200"


@pytest.fixture
def scene(clients):
    made = Scene(clients)
    made.world.put_config("cloudwatch")
    made.world.put_config("s3", desired_logs={"SS": ["another"]})
    return made


def asked(scene):
    found = arrivals(scene.sources, "acme-corp", NOW - 3_600, NOW)
    return found, {each.type: each for each in found.destinations}


def test_what_arrived_and_what_became_of_the_rest(scene):
    """An operator would tell a customer that all is well while something waits, or was never tried."""
    for name in (FIRST, SECOND, THIRD, "20261118-090000"):
        scene.put_object(name=name)
    scene.records = [
        record(50, name=FIRST, outcome="handed-over", Reason="throttled"),
        record(40, name=FIRST, SetAsideEvents=2),
        record(30, name=FIRST, outcome="handed-over", Reason="throttled"),
        record(20, name=SECOND, outcome="parked", Reason="second-hop-denied"),
    ]
    found, by_type = asked(scene)
    one = by_type["cloudwatch"]
    assert (found.written, found.complete) == (3, True)
    assert (one.objects, one.delivered, one.events, one.set_aside) == (3, 1, 10, 2)
    assert one.missing == {"parked: second-hop-denied": 1, UNRECORDED: 1}
    assert NOW - one.oldest_missing == pytest.approx(280, abs=60)


def test_what_was_written_before_the_config_is_not_missing(scene):
    """A tenant's new config would cry wolf about all of yesterday; or hide what failed after all."""
    scene.world.put_config("cloudwatch", updated_at="2026-11-18T11:01:30+00:00")
    for name in (FIRST, SECOND, THIRD):
        scene.put_object(name=name)
    scene.records = [record(40, name=FIRST, outcome="parked", Reason="second-hop-denied")]
    found, by_type = asked(scene)
    one = by_type["cloudwatch"]
    assert one.before_config == 1  # the second: it was never tried
    assert one.missing == {"parked: second-hop-denied": 1, UNRECORDED: 1}
    assert not found.all_well


def test_a_config_that_can_not_be_read_is_no_good_news(scene):
    """An operator would be told that all has arrived, with status 0, while nothing is delivered."""
    scene.world.put_config("s3", bucket_name="UPPER.-.BAD")
    found, _ = asked(scene)
    assert found.unreadable == ["s3"]
    assert not found.all_well


def test_a_tenant_that_nobody_knows_is_no_good_news(scene):
    """A typing error would be answered with an empty table, and status 0."""
    assert not arrivals(scene.sources, "acme-crop", NOW - 3_600, NOW).all_well


def test_what_a_config_does_not_want_is_not_missing(scene):
    """A filter would look like a loss."""
    scene.put_object(name=FIRST)
    _, by_type = asked(scene)
    assert (by_type["s3"].objects, by_type["s3"].missing) == (0, {})


def test_lateness_is_counted_from_the_event_or_else_from_the_object():
    """A copy's lateness would be missing, or an attempt that failed would count."""
    lines = [record(0, AgeOfOldestEvent=age) for age in range(100)]
    lines += [record(100, type_="s3", name="20261118-110000"), record(0, outcome="parked", AgeOfOldestEvent=1e6)]
    events, copies = freshness(lines)
    assert (events.deliveries, events.p50, events.p99, events.worst) == (100, 49, 98, 99)
    assert (copies.counted_from, copies.deliveries) == ("object", 1)
    assert copies.p50 == copies.worst == 300


@pytest.mark.parametrize(("values", "percent", "wanted"), [([7], 50, 7), ([1, 2], 50, 1), ([1, 2], 99, 2)])
def test_a_percentile_is_a_value_that_was_measured(values, percent, wanted):
    """The lateness shown would be one that no delivery had."""
    assert percentile(values, percent) == wanted


def test_reading_ends_when_its_time_is_spent(scene):
    """A busy installation would answer after minutes; or rates would be of a time that wasn't read."""
    scene.records = [record(second) for second in range(600)]
    ticks = itertools.count(step=0.05)
    read = recent(scene.sources.records, NOW, clock=lambda: next(ticks))
    assert not read.complete
    assert len(read.lines) == pytest.approx(read.seconds, abs=2)
    ticks = itertools.count(step=1.0)
    cut = recent(scene.sources.records, NOW, clock=lambda: next(ticks))
    assert len(cut.lines) == pytest.approx(cut.seconds, abs=2)


def test_a_tenants_cost_is_its_own_carried_on_to_a_month(scene):
    """A tenant would be charged for another's logs, or for what CloudWatch never took."""
    gib = 1024**3
    scene.records = [record(60, name=FIRST, Bytes=gib), record(60, name=FIRST, type_="s3", Bytes=gib)]
    scene.records += [record(60, tenant="globex", Bytes=gib), record(60, outcome="handed-over", name=FIRST, Bytes=gib)]
    found = cost(scene.sources, "acme-corp")
    days = 730 / 24
    assert found.seconds == 86_400
    delivered = found.usage.delivered
    assert (found.usage.objects, delivered["cloudwatch"].objects, delivered["s3"].objects) == (days, days, days)
    assert (delivered["cloudwatch"].gib, found.usage.gib) == (pytest.approx(days), pytest.approx(days))
    (ingestion,) = [item for item in found.items if item.what == "CloudWatch Logs ingestion"]
    assert ingestion.dollars == pytest.approx(0.50 * days, rel=1e-3)
    assert ingestion.payer is Payer.CUSTOMER


def test_what_is_delivered_outside_costs_by_the_stages_network(scene):
    """A provider with fixed addresses would be shown two thirds of what its webhooks cost."""
    scene.records = [record(60, name=FIRST, type_="webhook", Bytes=1024**3)]
    without = cost(scene.sources, "acme-corp").items
    scene.sources.installation.__dict__["outside"] = {"OutsideAddresses": "198.51.100.1"}
    more = {item.what for item in cost(scene.sources, "acme-corp").items} - {item.what for item in without}
    assert more == {"bytes through NAT gateways"}


def test_what_a_tenants_program_takes_is_priced_from_its_records(scene):
    """A dear program would be found on the bill of the provider alone."""
    counted = {"program": {"digest": "0" * 16, "in": 1_000_000, "cpu_us": 20_000_000}}
    scene.records = [record(60, **counted)]
    with_program = {item.what: item.dollars for item in cost(scene.sources, "acme-corp").items}
    scene.records = [record(60)]
    without = {item.what for item in cost(scene.sources, "acme-corp").items}
    (what,) = with_program.keys() - without
    assert "program" in what
    assert with_program[what] > 0
