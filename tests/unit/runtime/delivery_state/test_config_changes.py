"""The note of whose delivery configs have changed: written before a change, read by every process."""

import pytest

from runtime.delivery_config.change_reader import EVERYONE, ChangeReader
from runtime.delivery_state.config_changes import KEPT_SECONDS, MOST, TIDY_ABOVE, ConfigChanges
from tests.unit.runtime.aws_world import Fault, recording_clients  # noqa: F401 - the fixture "clients"
from tests.unit.runtime.processor.world import World


class Clock:
    now = 1_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def changes(clients, clock):
    World(clients)
    return ConfigChanges(clients, "parked", clock)


@pytest.fixture
def reader(clients, clock):
    return ChangeReader(clients, "parked", clock)


def test_what_was_read_before_a_change_is_outdated(changes, reader, clock):
    """A disabled config would be delivered by for minutes."""
    changes.note("acme")
    outdated = reader.outdated()
    assert outdated("acme", clock.now - 1)
    assert outdated("acme", clock.now + 29), "it is noted before it is written"
    assert not outdated("acme", clock.now + 31)
    assert not outdated("globex", clock.now - 1)


def test_it_is_asked_every_five_seconds_at_most(changes, reader, clock, clients):
    """Each object would cost a call for what remembering configs saves."""
    changes.note("acme")
    before = len(clients.calls)
    assert reader.outdated() is not None
    assert reader.outdated() is None
    clock.now += 4.9
    assert reader.outdated() is None
    clock.now += 0.2
    assert reader.outdated() is not None
    assert len(clients.calls) - before == 2


def test_where_it_cant_be_read_configs_are_remembered_for_30_seconds(reader, clients, clock):
    """An outage of one item would keep disabled configs at work for five minutes."""
    clients.faults["GetItem"] = Fault("InternalServerError", 500)
    outdated = reader.outdated()
    assert outdated("anyone", clock.now - 30)
    assert not outdated("anyone", clock.now - 29)


def test_nothing_noted_outdates_nothing(changes, reader):
    """Every answer would be forgotten every five seconds."""
    assert reader.outdated() is None


def test_old_notes_are_removed(changes, clock, clients):
    """The item would grow up to DynamoDB's limit, and no config could be changed any more."""
    for number in range(TIDY_ABOVE + 1):
        changes.note(f"tenant-{number}")
    clock.now += KEPT_SECONDS + 1
    changes.note("later")
    assert set(noted(clients)) == {f"tenant-{TIDY_ABOVE}", "later"}


def test_where_too_many_have_changed_everyone_has(changes, clock, clients, reader, monkeypatch):
    """Onboarding thousands at once would end at DynamoDB's limit for an item."""
    monkeypatch.setattr("runtime.delivery_state.config_changes.MOST", TIDY_ABOVE + 1)
    for number in range(TIDY_ABOVE + 2):
        changes.note(f"tenant-{number}")
    assert set(noted(clients)) == {EVERYONE}
    assert MOST * (128 + 40) < 400_000, "an item's limit"
    assert reader.outdated()("anyone", clock.now)


def test_an_id_that_is_none_is_not_noted(changes, clients):
    """What is written by hand could name another attribute of the item."""
    changes.note("#")
    assert noted(clients) == {}


def noted(clients):
    found = clients.client("dynamodb").scan(TableName="parked")["Items"]
    (item,) = found or [{}]
    return item.get("changed", {"M": {}})["M"]
