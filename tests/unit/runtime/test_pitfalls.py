"""What went wrong in comparable systems: each known way to lose events, or to deliver them twice or wrong, one test.

Crashes are in ``test_nothing_is_lost.py``; what isn't the processor's is where ``ELSEWHERE`` says.
"""

import gzip
import json
import re
import time
from pathlib import Path

import pytest

from local.paths import ROOT
from runtime.deliveries.cloudwatch.native.engine import rejections
from runtime.delivery_state.replay_selection import Selection
from runtime.messages.delivery_message import DeliveryMessage
from tests.unit.runtime.aws_world import (
    REGION,
    Fault,
    count_sent,
    recording_clients,  # noqa: F401 - the fixture "clients"
)
from tests.unit.runtime.processor.world import CENTRAL, KEY, NOW_MS, World, notification, s3_event
from tests.unit.runtime.replay_scene import ReplayScene

LINES = 23
"""Of the two sections on events that are lost, and on events that are twice, wrong, or in the wrong place."""

ELSEWHERE = {
    8: ("tests/vector/agent/test_configuration.py", "test_retries_have_no_end"),
    9: ("tests/vector/agent/test_origin.py", "test_any_labels_make_a_key_of_the_contract_s_form"),
    10: ("tests/unit/stacks/test_retention.py", "test_objects_outlive_dead_letters_and_those_the_schedule"),
}

STREAM = "c-1/etcd/etcd-0"
HOUR_MS = 3_600_000


@pytest.fixture
def world(clients):
    return World(clients)


def deliver(world, lines, type_="cloudwatch", **config):
    """Deliver an object of these lines (bytes, or what is to be JSON); return the messages in the stream."""
    raw = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    world.put_object(data=gzip.compress(b"\n".join(raw) + b"\n"))
    world.put_config(type_, **config)
    assert world.process(notification())
    return world.streams().get(STREAM, [])


def again(**fields):
    return DeliveryMessage(CENTRAL, KEY, "acme-corp", "s3", first_attempt_at=time.time() - 60, **fields).write()


def test_every_line_has_its_test():
    """A known way to lose events would be nobody's."""
    here = re.findall(r"^def test_((?:\d+b?_)+)", Path(__file__).read_text(), re.MULTILINE)
    numbers = {int(number.removesuffix("b")) for one in here for number in one.split("_") if number}
    assert numbers | set(ELSEWHERE) == set(range(1, LINES + 1))
    for file, name in ELSEWHERE.values():
        assert f"def {name}(" in (ROOT / file).read_text()


@pytest.mark.parametrize("code", ["SlowDown", "InternalError", "AccessDenied", "NoSuchBucket"])
def test_1_3_a_failed_copy_is_kept(world, code):
    """1, 3: a failed copy, or a customer's short mistake, would be counted and its object be gone."""
    world.put_object()
    world.put_config()
    world.clients.faults["CopyObject"] = Fault(code, 503 if code == "SlowDown" else 403)
    assert world.process(notification())
    (message,) = world.handed_over()
    assert (message.key, message.type, message.attempt) == (KEY, "s3", 1)


@pytest.mark.parametrize("attempt", [3, 20, 100])
def test_2_no_number_of_attempts_discards(world, attempt):
    """2: after three tries the retry would be dropped, and the dead-letter queue never see it."""
    world.put_object()
    world.put_config()
    world.clients.faults["CopyObject"] = Fault("InternalError", 500)
    assert world.process(again(attempt=attempt))
    assert len(world.handed_over()) == 1


def test_4_logs_from_before_the_onboarding_can_be_had(clients):
    """4: what was written before a tenant's onboarding would be gone."""
    scene = ReplayScene(clients)
    world = scene.world
    world.put_object()
    assert world.process(notification())
    world.put_config("cloudwatch")
    scene.run(scene.start(Selection("acme-corp")))
    (message,) = world.messages("deliveries")
    assert world.process(message.body)
    assert len(world.streams()[STREAM]) == 5


def test_5_an_invalid_config_blocks_no_other(world):
    """5: one mistyped config would stop the tenant's valid ones."""
    world.put_config("s3", bucket_name="NOT A BUCKET")
    assert deliver(world, [{"timestamp": NOW_MS, "message": "a"}]) == ["a"]


def test_6_one_event_never_costs_its_neighbours(world):
    """6, 10b: an empty message, 30 hours, 1.2 MB or disorder in a batch would have the whole batch refused."""
    large = "x" * 1_200_000
    events = [(0, "now"), (-30, "old"), (0, ""), (-1, large), (-2, "before")]
    lines = [{"timestamp": NOW_MS + hours * HOUR_MS, "message": text} for hours, text in events]
    got = deliver(world, lines)
    assert "".join(text for text in got if set(text) == {"x"}) == large
    assert sorted(text for text in got if set(text) != {"x"}) == ["before", "now", "old"]


def test_7_what_is_no_json_object_is_delivered_as_text(world):
    """7: lines that aren't JSON, or are JSON scalars, would be dropped silently."""
    assert deliver(world, [b"plain text", b"42", b'"text"', b'{"half": ']) == [
        "plain text",
        "42",
        '"text"',
        '{"half": ',
    ]


def test_10b_sts_failing_for_good_loses_nothing(world):
    """10b: without STS everything would be lost, with an empty dead-letter queue."""
    world.put_object()
    world.put_config("cloudwatch")
    world.clients.faults["AssumeRole"] = Fault("ServiceUnavailable", 503)
    assert world.process(notification())
    assert [message.type for message in world.handed_over()] == ["cloudwatch"]


def test_11_nothing_is_acknowledged_before_it_is_settled(world):
    """11: the object's message would be deleted although its delivery couldn't be handed over."""
    world.put_object()
    world.put_config()
    world.clients.faults["CopyObject"] = Fault("InternalError", 500)
    world.clients.faults["SendMessage"] = Fault("InternalError", 500)
    assert not world.process(notification())


def test_12_one_event_too_old_is_set_aside_and_the_rest_sent_once(world):
    """12: the whole file would be sent again to every destination, several times."""
    days = 20 * 24
    lines = [{"timestamp": NOW_MS, "message": "a"}, {"timestamp": NOW_MS - days * HOUR_MS, "message": "too old"}]
    assert deliver(world, lines) == ["a"]
    assert world.handed_over() == []
    (kept,) = [key for key in world.copies(CENTRAL) if key.startswith("set-aside/")]
    body = world.plain("s3").get_object(Bucket=CENTRAL, Key=kept)["Body"].read()
    line = json.loads(gzip.decompress(body))
    assert (line["reason"], line["message"]) == ("too-old", "too old")


def test_13_a_resumed_delivery_goes_on_behind_its_last_batch(world):
    """13: an offset counted in another order than delivery would skip events, or repeat them."""
    hours = [0, -30, -60, -1]  # four batches: each is over 24 hours from its neighbour
    lines = [{"timestamp": NOW_MS + hour * HOUR_MS, "message": str(hour)} for hour in hours]
    world.put_object(data=gzip.compress(b"\n".join(json.dumps(line).encode() for line in lines)))
    world.put_config("cloudwatch")
    message = DeliveryMessage(CENTRAL, KEY, "acme-corp", "cloudwatch", checkpoint=2, attempt=1)
    assert world.process(message.write())
    assert world.streams()[STREAM] == ["-60", "-1"]


def test_14_events_of_one_time_keep_their_order(world):
    """14: a stack trace would be shuffled."""
    lines = [{"timestamp": NOW_MS + index // 10, "message": f"{index:03d}"} for index in range(300)]
    assert deliver(world, lines) == [f"{index:03d}" for index in range(300)]


@pytest.mark.parametrize(
    "source", ['{"b":1,"a":9007199254740993}', "<>&", "{'a': 1}", '{"x": 1.0, "y":1e3}', "tab\tand é"]
)
def test_15_a_message_arrives_byte_for_byte(world, source):
    """15: keys would be reordered, characters escaped, large numbers changed."""
    as_text = {"timestamp": NOW_MS, "message": source}
    assert deliver(world, [as_text]) == [source]


def test_15_a_json_value_keeps_its_own_source(world):
    """15: a message that is an object would be written anew."""
    line = b'{"timestamp": %d, "message": {"b" : 1, "a":9007199254740993}}' % NOW_MS
    assert deliver(world, [line]) == ['{"b" : 1, "a":9007199254740993}']


def test_16_a_missing_time_is_the_objects_and_the_same_each_time(world):
    """16: an event without a time would get "now", another one on every retry."""
    deliver(world, [{"message": "a"}, {"timestamp": "never", "message": "b"}])
    modified = world.plain("s3").head_object(Bucket=CENTRAL, Key=KEY)["LastModified"].timestamp() * 1000
    assert world.process(notification())
    assert {time_ for _, time_ in world.times()} == {int(modified)}


def test_17_without_a_region_it_is_the_processors_own(world):
    """17: logs would go to us-east-1, wherever the processor is."""
    sent = count_sent(world.clients, "logs")
    deliver(world, [{"timestamp": NOW_MS, "message": "a"}])
    assert {region for action, region in sent if action == "PutLogEvents"} == {REGION}


@pytest.mark.parametrize("filtered", [{"groups": {"SS": ["no-such"]}}, {"desired_logs": {"SS": ["other"]}}])
def test_18_a_filter_never_fails_open(world, filtered):
    """18: a filter of unknown groups, or one that is a string set, would deliver everything."""
    assert deliver(world, [{"timestamp": NOW_MS, "message": "a"}], **filtered) == []


def test_19_enabled_is_the_default(world):
    """19: a config without the field would deliver nothing."""
    assert deliver(world, [{"timestamp": NOW_MS, "message": "a"}]) == ["a"]


def test_20_a_line_does_not_choose_its_tenant(world):
    """20: a line that says ``"namespace"`` or ``"tenant_id"`` would be another tenant's."""
    line = {"timestamp": NOW_MS, "message": "a", "tenant_id": "globex", "namespace": "globex", "kubernetes": {}}
    assert deliver(world, [line]) == ["a"]
    assert set(world.streams()) == {STREAM}


def test_21_the_central_bucket_is_no_destination(world):
    """21: copies into the central bucket would be delivered again, for ever."""
    world.put_object()
    before = world.copies(CENTRAL)
    world.put_config("s3", bucket_name=CENTRAL)
    assert world.process(notification())
    assert world.copies(CENTRAL) == before


def test_22_rejected_events_are_counted_once():
    """22: exclusive ends and an inclusive start would be mixed up, overlaps counted twice."""
    info = {"tooOldLogEventEndIndex": 2, "expiredLogEventEndIndex": 4, "tooNewLogEventStartIndex": 8}
    places = {one.reason: list(one.positions) for one in rejections(info, 10)}
    assert sorted(index for each in places.values() for index in each) == [0, 1, 2, 3, 8, 9]


def test_23_two_clusters_pods_of_one_name_have_their_own_streams(world):
    """23: two clusters' StatefulSet pods would write into one stream."""
    other = KEY.replace("cluster_id=c-1", "cluster_id=c-2")
    world.put_object()
    world.put_object(other)
    world.put_config("cloudwatch")
    assert world.process(notification(s3_event(), s3_event(other)))
    assert set(world.streams()) == {STREAM, "c-2/etcd/etcd-0"}
