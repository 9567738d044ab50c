"""Hand-over: a message before the old one is settled, after a delay that grows."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.messages.delivery_message import DeliveryMessage
from runtime.messages.hand_over import HandOver, Schedule
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
    for operation in ("SendMessage", "ChangeMessageVisibility"):
        clients.client("sqs").meta.events.register(
            f"provide-client-params.sqs.{operation}", lambda params, **_: seen.append(params)
        )
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


@pytest.mark.parametrize(("early", "hidden"), [(0.2, 1), (300.5, 301), (1e6, 43_000)])
def test_a_message_that_came_early_is_hidden_until_it_is_due(clients, queue, requests, early, hidden):
    """SQS refuses more than 12 hours and 0 shows it at once."""
    sqs = clients.client("sqs")
    sqs.send_message(QueueUrl=queue, MessageBody="x")
    receipt = sqs.receive_message(QueueUrl=queue)["Messages"][0]["ReceiptHandle"]
    hand_over(clients, queue).hide(receipt, early)
    assert requests[-1]["VisibilityTimeout"] == hidden
