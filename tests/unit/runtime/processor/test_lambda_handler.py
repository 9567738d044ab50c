"""The Lambda host: every failure class through it, and its partial batch response."""

import json
import os
import random
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from runtime.messages.delivery_message import DeliveryMessage
from runtime.processor import lambda_handler
from runtime.time_budget import TimeBudget
from tests.unit.runtime.aws_world import (
    Fault,
    recording_clients,  # noqa: F401 - the fixture "clients"
)
from tests.unit.runtime.known_cases import cases
from tests.unit.runtime.processor.world import CENTRAL, KEY, World, notification, s3_event

KNOWN = cases("error_classification")


class Context:
    def __init__(self, seconds=60):
        self.seconds = seconds

    def get_remaining_time_in_millis(self):
        return self.seconds * 1000


@pytest.fixture
def world(clients, monkeypatch):
    made = World(clients)
    processor = made.processor()
    monkeypatch.setattr(lambda_handler, "processor", lambda: processor)
    return made


def event(*bodies, source="objects"):
    return {
        "Records": [
            {
                "messageId": f"msg-{number}",
                "receiptHandle": f"receipt-{number}",
                "body": body,
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:us-east-1:111111111111:{source}",
            }
            for number, body in enumerate(bodies, 1)
        ]
    }


def failed(answer):
    return [each["itemIdentifier"] for each in answer["batchItemFailures"]]


def delivery(**changes):
    fields = {"attempt": 1, "first_attempt_at": time.time(), **changes}
    return DeliveryMessage(CENTRAL, KEY, "acme-corp", "s3", **fields).write()


def test_an_empty_batch_is_no_failure():
    """Lambda's own test event would fail (the known case 005)."""
    answer = lambda_handler.handler(KNOWN["005"]["given"]["lambda_event"], Context())
    assert answer == {"batchItemFailures": KNOWN["005"]["expect"]["batch_item_failures"]}


def test_known_messages_are_all_settled(world):
    """Two objects in one batch would cost a retry (the known case 021)."""
    keys = [KEY.replace("etcd-0", pod) for pod in ("pod-1", "pod-2")]
    for key in keys:
        world.put_object(key)
    world.put_config()
    answer = lambda_handler.handler(event(*[notification(s3_event(key)) for key in keys]), Context())
    assert failed(answer) == KNOWN["021"]["expect"]["batch_item_failures"]
    assert len(world.copies()) == 2


def test_only_what_is_not_settled_is_returned(world):
    """One message's failure would repeat its whole batch (the known case 007)."""
    world.put_object()
    world.put_config()
    world.put_config(tenant_id="globex")
    world.clients.faults["Query"] = Fault("InternalServerError", 500, after=1)
    first = lambda_handler.handler(event(notification()), Context())
    world.clients.faults["SendMessage"] = Fault("InternalError", 500)  # nor can it be put off
    second = lambda_handler.handler(event('{"Event": "s3:TestEvent"}', notification()), Context())
    assert failed(first) == []
    assert failed(second) == KNOWN["007"]["expect"]["batch_item_failures"]


def test_an_early_delivery_message_is_settled_and_sent_again(world):
    """An early message would be lost, come back at once, or count as received each time."""
    world.put_config()
    early = delivery(not_before=time.time() + 500)
    assert failed(lambda_handler.handler(event(early, source="deliveries"), Context())) == []
    (left,) = world.messages("deliveries")
    assert left.body == early
    assert 400 < left.delayed_until / 1000 - time.time() <= 501


@pytest.mark.parametrize(("seconds", "work", "settle"), [(900, 890, 10), (60, 50, 10), (5, 4, 1)])
def test_deliveries_end_before_lambda_does(seconds, work, settle):
    """The function would be killed before it could hand over: everything would be sent again."""
    budget = lambda_handler.time_budget(seconds)
    assert budget.remaining() == pytest.approx(work, abs=0.1)
    assert budget.settle_seconds == pytest.approx(settle)


def test_nothing_is_begun_once_the_time_is_spent(world, monkeypatch):
    """The function would reach its timeout in the middle of its last message, and all ten be handed over again."""
    world.put_object()
    world.put_config()
    monkeypatch.setattr(lambda_handler, "MESSAGES_SIDE_BY_SIDE", 1)
    now = [1000.0]
    monkeypatch.setattr(lambda_handler, "time_budget", lambda seconds: TimeBudget(1010.0, lambda: now[0]))
    sdk = world.clients.client("s3").meta.events  # the copy takes all of the time
    sdk.register("after-call.s3.CopyObject", lambda **_: now.__setitem__(0, 1010.0))
    answer = lambda_handler.handler(event(notification(), notification(), delivery()), Context())
    assert failed(answer) == ["msg-2", "msg-3"]
    assert (len(world.copies()), world.handed_over()) == (1, [])


def test_every_message_is_begun_however_long_those_before_it_take(monkeypatch):
    """The last of ten large objects would come back unbegun, be counted as received, and at last be a dead letter."""
    monkeypatch.setattr(lambda_handler, "MESSAGES_SIDE_BY_SIDE", 1)
    now, seconds = [1000.0], []

    class Greedy:
        def process(self, message, budget):
            seconds.append(round(budget.remaining(), 6))
            now[0] += budget.remaining()
            return True

    monkeypatch.setattr(lambda_handler, "processor", Greedy)
    monkeypatch.setattr(lambda_handler, "time_budget", lambda seconds: TimeBudget(1010.0, lambda: now[0]))
    lambda_handler.handler(event(*["a large object"] * 10), Context())
    assert seconds == [1.0] * 10


def test_a_message_among_few_has_all_of_the_time(monkeypatch):
    """A large object would need several invocations for what one could do."""
    monkeypatch.setattr(lambda_handler, "time_budget", lambda seconds: TimeBudget(1010.0, lambda: 1000.0))
    budgets = []
    processor = SimpleNamespace(process=lambda message, budget: budgets.append(budget.remaining()) or True)
    monkeypatch.setattr(lambda_handler, "processor", lambda: processor)
    lambda_handler.handler(event(*["an object"] * lambda_handler.MESSAGES_SIDE_BY_SIDE), Context())
    assert set(budgets) == {10.0}


def test_the_processor_is_made_once_from_the_environment(world, monkeypatch):
    """Every invocation would assume the roles and ask for the configs anew."""
    monkeypatch.undo()
    monkeypatch.setattr("runtime.logs.configure", lambda level: None)
    for name, value in world.settings().model_dump(exclude_none=True).items():
        monkeypatch.setenv(name.upper(), str(value))
    lambda_handler.after_restore()
    try:
        made = lambda_handler.processor()
        assert lambda_handler.processor() is made
        lambda_handler.load_everything()
        before, state = lambda_handler.clients(), random.getstate()
        closed = []
        monkeypatch.setattr(made, "close", lambda: closed.append(made))
        lambda_handler.after_restore()  # connections, credentials and chance of one environment are its own
        assert lambda_handler.processor() is not made
        assert lambda_handler.clients() is not before
        assert random.getstate() != state
        assert closed == [made]
    finally:
        lambda_handler.after_restore()


def test_the_messages_of_a_batch_share_one_processor(monkeypatch):
    """After a restore each thread would make one of its own: as many sessions, breakers and memories of the settled."""
    made = []

    def make():
        made.append(SimpleNamespace(process=lambda message, budget: True))
        return made[-1]

    monkeypatch.setattr(lambda_handler, "processor", make)
    assert failed(lambda_handler.handler(event(*["an object"] * 4), Context())) == []
    assert len(made) == 1


def test_on_lambda_everything_is_loaded_before_the_first_event():
    """The first event of each environment would wait for imports, at the function's own share of a CPU."""
    environment = {
        **os.environ,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "TENANT_CONFIG_TABLE": "t",
        "CENTRAL_LOG_DISTRIBUTION_ROLE_ARN": "arn:aws:iam::111111111111:role/Central",
        "CENTRAL_BUCKET": "b",
        "AWS_REGION": "us-east-1",
    }
    program = "import sys, runtime.processor.lambda_handler as host; print(host.processor.cache_info().currsize)"
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == 1
