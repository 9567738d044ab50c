"""Replay and backfill: what is found, what it would cost, and that it can be gone on with."""

import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.delivery_config.repository import DeliveryConfigRepository
from runtime.delivery_state.replay_selection import Selection, SelectionError, object_time
from runtime.delivery_state.replays import Replay, ReplayState
from runtime.objects.key import ObjectKey
from runtime.replay.estimate import estimate
from runtime.replay.listing import Listing
from runtime.replay.redrive import Redrive
from runtime.replay.run import PART
from runtime.time_budget import TimeBudget
from tests.unit.runtime.aws_world import (
    Fault,
    recording_clients,  # noqa: F401 - the fixture "clients"
)
from tests.unit.runtime.processor.world import CENTRAL, notification
from tests.unit.runtime.replay_scene import MODELS, PER_SECOND, ReplayScene, key

MIDNIGHT = 1_795_132_800.0  # 2026-11-20T00:00:00Z


@pytest.fixture
def scene(clients):
    return ReplayScene(clients)


def keys_of(scene):
    return [each for each, _ in scene.sent()]


def test_a_tenant_onboarded_late_gets_everything_that_was_written_before(scene):
    """Logs from before a tenant's onboarding would stay in the bucket until they expire (pitfall 4)."""
    objects = [key(number) for number in range(7)]
    scene.put(*objects, key(1, tenant="other"))
    scene.world.put_config("s3")
    scene.world.put_config("cloudwatch")
    ended = scene.run(scene.start(Selection("acme-corp")))
    assert (ended.state, ended.objects, ended.deliveries) == (ReplayState.DONE, 7, 14)
    assert sorted(scene.sent()) == sorted((each, type_) for each in objects for type_ in ("s3", "cloudwatch"))


@pytest.mark.parametrize(
    ("narrowed", "expected"),
    [
        ({"application": "api"}, {"c-1/api", "c-2/api"}),
        ({"application": "api", "cluster_id": "c-2"}, {"c-2/api"}),
        ({"cluster_id": "c-1"}, {"c-1/api", "c-1/etcd"}),
        ({"application": "none"}, set()),
    ],
)
def test_a_selection_is_found_by_its_prefix(scene, narrowed, expected):
    """A replay of one application would read the list of a tenant's whole year, or find another's objects."""
    for cluster in ("c-1", "c-2"):
        for application in ("api", "etcd") if cluster == "c-1" else ("api",):
            scene.put(key(1, cluster=cluster, application=application))
    scene.put(key(1, application="api-2"), key(1, tenant="acme-corp-2", application="api"))
    scene.world.put_config("s3")
    scene.run(scene.start(Selection("acme-corp", **narrowed)))
    found = {f"{parsed.cluster_id}/{parsed.application}" for parsed in map(ObjectKey.parse, keys_of(scene))}
    assert found - {"c-1/api-2"} == expected


def test_a_time_range_counts_the_objects_own_time(scene):
    """A replay of one hour would deliver the whole day, or leave out the objects that were written late."""
    scene.put(*[key(number * 3600) for number in range(10, 15)])
    scene.world.put_config("s3")
    scene.run(scene.start(Selection("acme-corp", since=MIDNIGHT + 11 * 3600, until=MIDNIGHT + 13 * 3600)))
    assert keys_of(scene) == [key(11 * 3600), key(12 * 3600)]


def test_named_keys_are_delivered_and_nothing_else(scene):
    """An operator's list of three objects would bring their neighbours too."""
    scene.put(*[key(number) for number in range(5)])
    scene.world.put_config("s3")
    wanted = (key(3), key(1), key(9))
    ended = scene.run(scene.start(Selection("acme-corp", keys=wanted)))
    assert keys_of(scene) == [key(1), key(3)]
    assert ended.objects == 2


def test_one_delivery_may_be_chosen_and_filters_hold(scene):
    """A tenant's other destinations would get everything twice; or what they had filtered out."""
    scene.put(key(1), key(1, application="api"))
    scene.world.put_config("s3")
    scene.world.put_config("s3:eu", desired_logs={"SS": ["api"]})
    scene.world.put_config("s3:off", enabled=False)
    scene.run(scene.start(Selection("acme-corp", type="s3:eu")))
    assert scene.sent() == [(key(1, application="api"), "s3:eu")]


def test_the_deliveries_of_a_config_that_cannot_be_read_wait(scene):
    """A replay would pass them by, and say that it is done."""
    scene.put(key(1), key(1, application="api"))
    scene.world.put_config("s3:wrong", bucket_name="UPPER", desired_logs={"SS": ["etcd"]})
    scene.world.put_config("s3:blank", bucket_name="UPPER", enabled=False)
    replay = scene.start(Selection("acme-corp", type="s3:wrong"))
    assert scene.run(replay).deliveries == 1
    assert scene.sent() == [(key(1), "s3:wrong")]


def test_the_estimate_comes_first_and_sends_nothing(scene):
    """Nobody would know that a click delivers a year of logs."""
    scene.put(*[key(number) for number in range(4)], key(1, application="api"), key(5, day="20200101"))
    scene.world.put_config("s3")
    scene.world.put_config("cloudwatch", desired_logs={"SS": ["etcd"]})
    selection = Selection("acme-corp")
    pages = Listing(scene.world.clients, CENTRAL).pages(selection)
    tenant = DeliveryConfigRepository(scene.world.clients, "configs", MODELS, cache_seconds=0).fetch_tenant("acme-corp")
    counted = estimate(pages, tenant, selection, per_second=PER_SECOND, budget=TimeBudget.of_seconds(60))
    assert counted.complete
    assert (counted.objects, counted.bytes, counted.deliveries) == (6, 60, 11)
    assert counted.by_type == {"s3": 6, "cloudwatch": 5}
    assert counted.too_old >= 1
    assert counted.seconds == 11 / PER_SECOND
    assert 0 < counted.provider_cost < 0.001
    assert counted.customer_cost > 0
    assert scene.sent() == []


def test_the_rate_is_limited(scene):
    """A backfill would push aside what is being written now."""
    scene.put(*[key(number) for number in range(40)])
    scene.world.put_config("s3")
    begun = scene.now
    scene.run(scene.start(Selection("acme-corp")))
    assert scene.now - begun >= 38 / PER_SECOND


def test_a_spent_budget_is_gone_on_with(scene):
    """A backfill longer than one invocation would begin anew each time, or end in the middle."""
    scene.put(*[key(number) for number in range(120)])
    scene.world.put_config("s3")
    replay = scene.start(Selection("acme-corp"))
    parts, noted = 0, []
    while (replay := scene.replays.of("acme-corp", replay.id)).state is ReplayState.RUNNING:
        assert [one.id for one in scene.replays.due()] == [replay.id]
        scene.run(replay, 6.0)
        noted.append(replay.deliveries)
        parts += 1
    assert parts > 1
    assert keys_of(scene) == [key(number) for number in range(120)]
    assert noted == sorted(noted)
    assert scene.replays.due() == []


def test_a_killed_run_repeats_one_part_at_most(scene):
    """A crash would lose objects between what was sent and what was noted, or send everything again."""
    scene.put(*[key(number) for number in range(PART + 50)])
    scene.world.put_config("s3")
    replay = scene.start(Selection("acme-corp"))
    scene.world.clients.faults["SendMessage"] = Fault(error=KeyboardInterrupt(), after=PART + 20)
    with pytest.raises(KeyboardInterrupt):
        scene.run(replay)
    scene.world.clients.faults.clear()
    scene.now += 3600
    (left,) = scene.replays.due()
    assert left.after == key(PART - 1)
    scene.run(left)
    sent = keys_of(scene)
    assert set(sent) == {key(number) for number in range(PART + 50)}
    assert len(sent) - len(set(sent)) == 20


def test_every_version_of_a_key_is_replayed_once(scene):
    """A version that its writer has overwritten would never be delivered again; one content would be twice."""
    enabled = {"Status": "Enabled"}
    scene.world.plain("s3").put_bucket_versioning(Bucket=CENTRAL, VersioningConfiguration=enabled)
    scene.world.put_config("s3")
    for number, data in ((0, b"a"), (0, b"bb"), (0, b"bb"), (1, b"c"), (2, b"d")):
        scene.world.put_object(key(number), data)
    scene.world.plain("s3").delete_object(Bucket=CENTRAL, Key=key(2))  # as an expired object looks
    assert scene.run(scene.start(Selection("acme-corp"))).objects == 3
    sent = scene.world.handed_over()
    assert [(message.key, message.size) for message in sent] == [(key(0), 1), (key(0), 2), (key(1), 1)]
    assert len({message.version_id for message in sent} - {None}) == 3


def test_a_search_that_finds_nothing_keeps_its_progress(scene, monkeypatch):
    """A replay of last week in a year of objects would begin anew each time, and never end."""
    scene.put(*[key(number) for number in range(12)], key(1, day="20261122"))
    scene.world.put_config("s3")
    s3 = scene.world.clients.client("s3")

    def slow_pages(**request):  # two keys a page, two seconds each
        scene.now += 2.0
        return list_pages(**{**request, "MaxKeys": 2})

    list_pages = s3.list_object_versions
    monkeypatch.setattr(s3, "list_object_versions", slow_pages)
    replay = scene.start(Selection("acme-corp", since=MIDNIGHT + 86_400))
    runs = 0
    while (replay := scene.replays.of("acme-corp", replay.id)).state is ReplayState.RUNNING and runs < 20:
        scene.run(replay, 10.0)
        runs += 1
    assert 1 < runs < 20
    assert keys_of(scene) == [key(1, day="20261122")]


def test_many_slow_replays_of_one_tenant_hold_up_no_other(scene):
    """One tenant's thirty replays would keep another's waiting for hours."""
    scene.put(*[key(number) for number in range(600)], key(1, tenant="globex"))
    scene.world.put_config("s3")
    scene.world.put_config("s3", tenant_id="globex")
    for number in range(5):
        slow = Selection("acme-corp", until=MIDNIGHT + 86_400 + number)
        scene.replays.start(Replay(slow, 1.0))
    scene.now += 1
    scene.replays.start(Replay(Selection("globex"), 1.0))
    scene.now += 1
    begun = scene.now
    scene.runner.run_due(TimeBudget.of_seconds(60, scene.clock))
    assert key(1, tenant="globex") in keys_of(scene)
    assert scene.now - begun < 70


def test_two_runners_do_not_send_the_same(scene):
    """The function and a person at the command would each send everything."""
    scene.put(key(1))
    scene.world.put_config("s3")
    replay = scene.start(Selection("acme-corp"))
    scene.run(replay)
    scene.run(replay)
    assert len(scene.sent()) == 1


def test_a_cancelled_one_ends(scene, monkeypatch):
    """A backfill begun by mistake could not be stopped."""
    scene.put(*[key(number) for number in range(PART + 20)])
    scene.world.put_config("s3")
    replay = scene.start(Selection("acme-corp"))
    save = scene.replays.save

    def cancel_once_noted(seen, changed):
        saved = save(seen, changed)
        if saved and changed.objects:
            assert scene.replays.cancel("acme-corp", replay.id)
        return saved

    monkeypatch.setattr(scene.replays, "save", cancel_once_noted)
    scene.run(replay)
    monkeypatch.undo()
    assert scene.replays.of("acme-corp", replay.id).state is ReplayState.CANCELLED
    assert scene.runner.run_due(TimeBudget.of_seconds(60, scene.clock)) == 0
    assert not scene.replays.cancel("acme-corp", replay.id)


def test_an_ended_one_can_be_looked_up(scene):
    """A tenant could not see whether its replay is through."""
    scene.put(key(1))
    scene.world.put_config("s3")
    replay = scene.start(Selection("acme-corp", application="etcd", since=5.0))
    ended = scene.run(replay)
    (found,) = scene.replays.of_tenant("acme-corp")
    assert found == ended
    assert found.selection == replay.selection
    assert scene.replays.of_tenant("other") == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"tenant_id": "-"},
        {"tenant_id": "a", "since": 2.0, "until": 1.0},
        {"tenant_id": "a", "application": "x/y"},
        {"tenant_id": "a", "cluster_id": ""},
        {"tenant_id": "a", "keys": (key(1, tenant="b"),)},
        {"tenant_id": "a", "keys": ("no key",)},
        {"tenant_id": "a", "keys": (key(1, tenant="a"),), "application": "x"},
    ],
)
def test_what_makes_no_sense_is_refused(wrong):
    """A typing error would replay everything; or a tenant another's objects."""
    with pytest.raises(SelectionError):
        Selection(**wrong)


@given(st.integers(0, 86_399))
def test_an_objects_time_is_the_one_in_its_name(seconds):
    """Objects copied in from elsewhere would count by the day of the copy."""
    assert object_time(ObjectKey.parse(key(seconds)), 0.0) == MIDNIGHT + seconds
    assert object_time(replace(ObjectKey.parse(key(seconds)), filename="20269999-999999-x"), 7.0) == 7.0


# --- dead-letter queues ---


def redrive(scene, reason=None, **more):
    queues = scene.world.queues
    if reason:
        more["chosen"] = lambda letter: letter.reason == reason
    drive = Redrive(scene.world.clients, queues["objects-dlq"], queues["objects"], clock=scene.clock, wait=scene.wait)
    return drive.run(**more)


def dead_letter(scene, body, reason=None):
    attributes = {"reason": {"DataType": "String", "StringValue": reason}} if reason else {}
    scene.world.plain("sqs").send_message(
        QueueUrl=scene.world.queues["objects-dlq"],
        MessageBody=body,
        MessageAttributes=attributes,
        MessageGroupId="acme-corp",
    )


def test_dead_letters_go_back_with_their_group(scene):
    """What lies in a dead-letter queue would have to be sent again by hand."""
    dead_letter(scene, notification())
    dead_letter(scene, "other", "not-gzip")
    scene.now = time.time() + 1
    assert redrive(scene).moved == {"received-too-often": 1, "not-gzip": 1}
    assert sorted(message.body for message in scene.world.messages("objects")) == sorted([notification(), "other"])
    assert {message.group_id for message in scene.world.messages("objects")} == {"acme-corp"}
    assert scene.world.messages("objects-dlq") == []


@pytest.mark.parametrize(("more", "moved"), [({"reason": "not-gzip"}, 2), ({"limit": 1}, 1), ({"dry_run": True}, 3)])
def test_a_redrive_may_be_narrowed_down_or_tried(scene, more, moved):
    """An operator could only move everything, without having seen what it is."""
    for reason in ("not-gzip", "not-gzip", "cut-gzip"):
        dead_letter(scene, reason, reason)
    scene.now = time.time() + 1
    assert redrive(scene, **more).moved.total() == moved
    assert len(scene.world.messages("objects")) == (0 if "dry_run" in more else moved)
    # What wasn't moved is there to be seen at once: the next look, and the doctor, must not call the queue empty.
    assert visible(scene) == (3 if "dry_run" in more else 3 - moved)


def visible(scene):
    url = scene.world.queues["objects-dlq"]
    name = "ApproximateNumberOfMessages"
    found = scene.world.plain("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=[name])
    return int(found["Attributes"][name])


def test_an_interrupted_look_leaves_the_queue_as_it_was(scene):
    """Dead letters would be hidden from everybody else because somebody stopped counting them."""
    for _ in range(3):
        dead_letter(scene, "x", "not-gzip")
    scene.now = time.time() + 1
    scene.world.clients.faults["ReceiveMessage"] = Fault(error=KeyboardInterrupt(), after=1)
    with pytest.raises(KeyboardInterrupt):
        redrive(scene, dry_run=True)
    assert visible(scene) == 3


def test_a_message_that_is_shown_again_does_not_end_a_redrive(scene, monkeypatch):
    """Of tens of thousands of dead letters, those behind the ones passed over would never be looked at."""
    for number in range(30):
        dead_letter(scene, str(number), "wanted" if number > 25 else "other")
    scene.now = time.time() + 1
    receive, seen = Redrive._receive, []

    def receive_or_again(self):  # every other receive has nothing but what was hidden for too long
        if len(seen) % 2:
            seen.append(None)
            return seen[-2]
        seen.append(receive(self))
        return seen[-1]

    monkeypatch.setattr(Redrive, "_receive", receive_or_again)
    done = redrive(scene, reason="wanted")
    assert (done.moved["wanted"], done.passed_over["other"], done.complete) == (4, 26, True)


def test_a_limit_says_that_there_is_more(scene):
    """An operator would take the first part for all."""
    for _ in range(3):
        dead_letter(scene, "x")
    scene.now = time.time() + 1
    assert not redrive(scene, limit=2).complete


def test_what_comes_back_meanwhile_is_left(scene):
    """A message that is refused again at once would go round and round."""
    dead_letter(scene, "one")
    scene.now -= 3600
    assert redrive(scene).moved.total() == 0


def test_a_killed_redrive_loses_nothing(scene):
    """A message would be deleted before it was sent."""
    dead_letter(scene, "one")
    scene.now = time.time() + 1
    scene.world.clients.faults["DeleteMessage"] = Fault(error=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        redrive(scene)
    assert len(scene.world.messages("objects")) == 1
