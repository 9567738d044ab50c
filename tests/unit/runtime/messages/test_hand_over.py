"""Hand-over: a message before the old one is settled, after a delay that grows."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.messages.delivery_message import DeliveryMessage
from runtime.messages.hand_over import HandOver, Schedule
from runtime.messages.notifications import read_notification
from runtime.objects.key import ObjectKey
from runtime.objects.stored_object import StoredObject
from tests.unit.runtime.aws_world import recording_clients  # noqa: F401 - the fixture "clients"
from tests.unit.runtime.processor.world import CENTRAL, KEY

NOW = 1_000_000.0
MESSAGE = DeliveryMessage(CENTRAL, KEY, "acme-corp", "s3", checkpoint=2, attempt=1, first_attempt_at=NOW - 5)


@pytest.fixture
def queue(clients):
    return clients.client("sqs").create_queue(QueueName="deliveries")["QueueUrl"]


@pytest.fixture
def requests(clients):
    """What SQS is asked."""
    seen = []
    events = clients.client("sqs").meta.events
    events.register("provide-client-params.sqs.SendMessage", lambda params, **_: seen.append(params))
    return seen


def hand_over(clients, queue, jitter=1.0):
    return HandOver(clients, queue, Schedule(jitter=lambda: jitter), clock=lambda: NOW)


def test_delays_double_from_seconds_to_an_hour():
    """A broken destination would be hammered, or a mended one waited for longer than an hour."""
    schedule = Schedule(jitter=lambda: 1.0)
    delays = {attempts: schedule.delay(attempts) for attempts in (1, 2, 3, 10, 11, 12, 10_000)}
    assert delays == {1: 5, 2: 10, 3: 20, 10: 2560, 11: 3600, 12: 3600, 10_000: 3600}


@given(st.integers(0, 10**6), st.floats(0, 1), st.floats(1, 1e6))
def test_a_delay_is_jittered_over_its_whole_length(attempts, jitter, seconds):
    """A thousand deliveries that failed together would come back together."""
    full = Schedule(seconds, jitter=lambda: 1.0).delay(attempts)
    assert Schedule(seconds, jitter=lambda: jitter).delay(attempts) == pytest.approx(full * jitter)
    assert 0 < full <= 3600


def test_a_short_schedule_shortens_the_delays():
    """A test stage with an hour in 36 s would make one attempt."""
    assert Schedule(864.0, jitter=lambda: 1.0).delay(11) == pytest.approx(36.0)
    assert Schedule(10 * 86_400.0, jitter=lambda: 1.0).delay(11) == 3600


def test_attempts_end_with_the_schedule():
    """A delivery would be tried for ever, or parked after a hiccup."""
    schedule = Schedule(100)
    assert not schedule.is_over(replace(MESSAGE, first_attempt_at=NOW - 99), NOW)
    assert schedule.is_over(replace(MESSAGE, first_attempt_at=NOW - 100), NOW)


@pytest.mark.parametrize(("attempt", "delay", "sqs_delay"), [(1, 5, 5), (8, 640, 640), (9, 1280, 900), (99, 3600, 900)])
def test_a_delay_over_sqs_limit_is_carried_by_not_before(clients, queue, requests, *, attempt, delay, sqs_delay):
    """SQS refuses more than 900 s; the delivery would be lost or attempted too early."""
    hand_over(clients, queue).send(replace(MESSAGE, attempt=attempt))
    (request,) = requests
    assert request["DelaySeconds"] == sqs_delay
    assert json.loads(request["MessageBody"])["not_before"] == NOW + delay


def test_the_tenant_is_the_message_group(clients, queue, requests):
    """One tenant's broken destination would delay the others' retries."""
    hand_over(clients, queue).send(MESSAGE)
    assert requests[0]["MessageGroupId"] == "acme-corp"
    assert DeliveryMessage.read(json.loads(requests[0]["MessageBody"])).checkpoint == 2


def test_the_rest_of_a_large_object_goes_on_at_once(clients, queue, requests):
    """An object larger than one invocation would wait between its parts."""
    hand_over(clients, queue).send(MESSAGE, at_once=True)
    assert (requests[0]["DelaySeconds"], json.loads(requests[0]["MessageBody"])["not_before"]) == (0, NOW)


@pytest.mark.parametrize(("early", "delay"), [(0.2, 1), (300.5, 301), (1e6, 900), (-5.0, 0)])
def test_a_message_that_came_early_is_sent_again_as_it_is(clients, queue, requests, early, delay):
    """Hidden, it would count towards the 120,000 in flight; or it would become an attempt."""
    message = replace(MESSAGE, not_before=NOW + early)
    hand_over(clients, queue).send_again(message)
    assert requests[-1]["DelaySeconds"] == delay
    assert requests[-1]["MessageGroupId"] == "acme-corp"
    assert DeliveryMessage.read(json.loads(requests[-1]["MessageBody"])) == message


def test_what_is_put_off_waits_ever_longer_and_is_no_attempt(clients, queue, requests):
    """An outage of our table would end a schedule, or be asked as often as the queue delivers."""
    hands, message = hand_over(clients, queue), MESSAGE
    for _ in range(9):
        hands.put_off(message)
        message = DeliveryMessage.read(json.loads(requests[-1]["MessageBody"]))
    assert (message.put_offs, message.attempt) == (9, MESSAGE.attempt)
    delays = [request["DelaySeconds"] for request in requests]
    assert delays == sorted(delays)
    assert delays[-1] <= 900
    hands.send(message)
    assert json.loads(requests[-1]["MessageBody"])["put_offs"] == 0


def test_a_notification_that_is_put_off_reads_as_the_same_object(clients, queue, requests):
    """The object would be another version's, or be counted as notified twice."""
    object_ = StoredObject(CENTRAL, ObjectKey.parse(KEY), "etag", "v1", 7)
    hand_over(clients, queue).put_off_object(object_, "00A1", 3)
    read = read_notification(json.loads(requests[-1]["MessageBody"]))
    (created,) = read.created
    assert (read.put_offs, created.object_key(), created.sequencer) == (3, object_.key, "00A1")
    assert (created.etag, created.version_id, created.size) == ("etag", "v1", 7)
