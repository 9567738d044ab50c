"""What waits isn't in flight: SQS gives nothing more of a queue of which 120,000 messages are."""

from unittest.mock import patch

import pytest

from runtime.processor.pipeline import MessageProcessor
from tests.exploration.faults import Fault
from tests.exploration.run import run
from tests.exploration.schedule import Schedule, Written
from tests.exploration.stand_ins import queues

LIMIT = 40  # in place of 120,000: more than a host holds at once (32), less than wait
WAITING, NEIGHBOURS = 80, 19


def refusals(host):
    """Let a log group fail for half an hour; return how often the limit refused a receive, and what failed."""
    objects = [Written(0.0, "t-0", (1,))] * WAITING
    objects += [Written(60.0 * number, "t-1", (1,)) for number in range(1, NEIGHBOURS + 1)]
    tenants = {"t-0": ("cloudwatch",), "t-1": ("cloudwatch",)}
    broken = Fault("logs:*", "refused", 0.0, 1_800.0, "t-0")
    refused = []
    receive = queues.Queue._visible

    def counted(queue):
        if queue.in_flight() >= LIMIT:
            refused.append(queue.name)
        return receive(queue)

    with patch.object(queues, "IN_FLIGHT", LIMIT), patch.object(queues.Queue, "_visible", counted):
        result = run(Schedule(1, host, tenants, tuple(objects), (broken,)))
    return len(refused), result.failures


@pytest.mark.parametrize("host", ["poller", "function"])
def test_waiting_deliveries_are_not_in_flight(host):
    """Some 120,000 waiting deliveries of one tenant would stop everyone's."""
    assert refusals(host) == (0, ())


def test_hidden_ones_would_be_found():
    """The limit would be there, and nothing would come near it."""
    with patch.object(MessageProcessor, "_put_off", lambda *_: False):
        refused, failures = refusals("function")
    assert refused
    assert failures
