"""The overview: every destination once, how it is, and what lately became of its deliveries."""

import pytest

from cli.operation.overview import State, overview
from cli.output import present
from cli.status_command import document, parts
from runtime.delivery_state.destination_status import DestinationStatuses
from runtime.delivery_state.parked_delivery import ParkedDelivery
from runtime.errors import BlockedByCustomerError, FailedCall
from runtime.messages.delivery_message import DeliveryMessage
from tests.unit.cli.operation.operation_scene import NOW, OBJECT, Scene, record
from tests.unit.runtime.aws_world import (
    recording_clients,  # noqa: F401 - the fixture "clients"
)


@pytest.fixture
def scene(clients):
    return Scene(clients)


@pytest.fixture
def statuses(clients, scene):
    return DestinationStatuses(clients, "parked", lambda: NOW - 60)


def states(scene, tenant=None):
    found = overview(scene.sources, tenant)
    return {(each.status.tenant_id, each.status.type): each.state for each in found.destinations}


def failure():
    error = BlockedByCustomerError("second-hop-denied", "the detail")
    error.call = FailedCall("CUSTOMER", "sts:AssumeRole", "arn:aws:iam::2:role/acme", "customer: let the role trust")
    return error


def test_each_destination_is_in_one_state(scene, statuses):
    """A broken destination would look well, or one that nobody wants any more would look broken."""
    scene.put_object()
    for type_ in ("s3", "s3:failing", "s3:parked", "s3:new"):
        scene.world.put_config(type_)
    scene.world.put_config("s3:off", enabled=False)
    scene.world.put_config("s3:wrong", bucket_name=7)
    for type_ in ("s3", "s3:parked", "s3:gone"):
        statuses.succeeded("acme-corp", type_, 1.0)
    statuses.failed("acme-corp", "s3:failing", failure())
    message = DeliveryMessage("central", OBJECT.format("acme-corp", "x"), "acme-corp", "s3:parked", reason="x")
    scene.sources.parked.park(ParkedDelivery.of(message, failure(), now=NOW, expires_at=None), NOW)
    assert {type_: state for (_, type_), state in states(scene).items()} == {
        "s3": State.WORKS,
        "s3:failing": State.FAILING,
        "s3:parked": State.PARKED,
        "s3:new": State.UNTRIED,
        "s3:off": State.DISABLED,
        "s3:wrong": State.INVALID,
        "s3:gone": State.DELETED,
    }


def test_what_is_parked_is_counted_up_to_a_limit(scene, clients):
    """A destination with a million parked deliveries would keep everybody waiting who looks."""
    for number in range(5):
        message = DeliveryMessage("central", OBJECT.format("acme-corp", number), "acme-corp", "s3", reason="x")
        scene.sources.parked.park(ParkedDelivery.of(message, failure(), now=NOW, expires_at=None), NOW)
    assert scene.sources.parked.count("acme-corp", "s3", most=3) == 3
    (found,) = overview(scene.sources, "acme-corp").destinations
    assert found.parked == 5


def test_all_tenants_are_those_with_a_config_or_with_objects(scene, clients):
    """A tenant would be missing until its first object, or be there twice; one tenant's answer would read them all."""
    scene.put_object("globex")
    scene.put_object("without-config")
    for tenant in ("acme-corp", "globex"):
        scene.world.put_config("s3", tenant)
    assert {tenant for tenant, _ in states(scene)} == {"acme-corp", "globex"}
    assert [*scene.sources.tenants()] == ["acme-corp", "globex", "without-config"]
    scans = clients.count()["Scan"]
    assert {tenant for tenant, _ in states(scene, "globex")} == {"globex"}
    assert clients.count()["Scan"] == scans


def test_more_tenants_than_one_answer_takes_are_counted(scene):
    """An operator would take the shown tenants for all of them."""
    for number in range(3):
        scene.put_object(f"tenant-{number}")
    found = overview(scene.sources, most=2)
    assert (found.tenants, found.unshown) == (3, 1)


def test_rates_and_lateness_come_from_the_records_of_the_last_minutes(scene):
    """The numbers would be of another time or destination, or what the outside processor does would look failed."""
    scene.put_object()
    scene.world.put_config("cloudwatch")
    scene.records = [
        record(10, AgeOfOldestEvent=5.0),
        record(20, AgeOfOldestEvent=9.0),
        record(30, outcome="handed-over", Reason="throttled", AgeOfOldestEvent=99.0),
        record(30, outcome="handed-over", Reason="outside"),
        record(3_600),
        record(10, type_="s3"),
    ]
    (found,) = overview(scene.sources).destinations
    assert (found.deliveries, found.events, found.failed) == (2, 20, {"handed-over": 1})
    assert (found.p50, found.p99, found.last_success_at) == (5.0, 9.0, NOW - 10)


def test_what_is_printed_fits_and_says_what_to_do(scene, statuses, capsys, monkeypatch):
    """An operator would have to look further for what failed, since when, and who has to change what."""
    scene.put_object()
    scene.world.put_config("cloudwatch")
    statuses.failed("acme-corp", "cloudwatch", failure())
    found = overview(scene.sources)
    monkeypatch.setenv("LOGROUTER_FORCE_TTY", "100")
    present(document(found), *parts(found))
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 100
    for words in (
        "second-hop-denied since 2026-11-18T11:05:40Z (60s)",
        "sts:AssumeRole on arn:aws",
        "let the role trust",
    ):
        assert words in shown.replace("1m", "60s"), shown
    (each,) = document(found)["destinations"]
    assert (each["state"], each["failure"]["reason"]) == ("failing", "second-hop-denied")
    assert each["failing_since"] == "2026-11-18T11:05:40.000Z"


def test_a_log_group_that_came_back_without_its_settings_is_shown(scene, statuses, capsys, monkeypatch):
    """Logs would be kept for ever, and unencrypted, after somebody deleted their log group, and nobody would know."""
    scene.put_object()
    scene.world.put_config("cloudwatch")
    statuses.succeeded("acme-corp", "cloudwatch", 1.0, created_log_group=True)
    found = overview(scene.sources)
    monkeypatch.setenv("LOGROUTER_FORCE_TTY", "100")
    present(document(found), *parts(found))
    assert "its log group was missing; a delivery created it at" in capsys.readouterr().out
    (each,) = document(found)["destinations"]
    assert each["log_group_created_at"] == each["last_success_at"]
