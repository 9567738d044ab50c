"""Every call of every function fails in every way: nothing is lost, and only what the fault explains is repeated."""

from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import pytest
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from moto import mock_aws

from runtime.backoff import Backoff
from runtime.messages import queue_circuit
from tests.unit.faults.scenarios import SCENARIOS
from tests.unit.runtime.aws_world import ENVIRONMENT, Fault, MotoClients, RecordingClients, no_pauses
from tests.unit.runtime.processor.world import World

URL = "https://aws"
RUNS = 12
WRITES = ("TransactWriteItems", "UpdateItem", "PutItem", "DeleteItem")


class KilledError(BaseException):
    """The process was killed here."""


@dataclass
class Failure:
    """What happens to one action's calls.

    :param effect: the call takes effect before its caller meets the fault. :param times: how many calls meet it.
    :param again: how often what was done before may be repeated.
    """

    fault: Fault
    effect: bool = False
    times: int = 1_000_000
    again: int = 0


FAILURES = {
    "throttled": Failure(Fault("ThrottlingException", 400)),
    "5xx": Failure(Fault("InternalError", 500)),
    "refused": Failure(Fault("AccessDeniedException", 403)),
    "conflict": Failure(Fault("TransactionConflictException", 400)),
    "reset": Failure(Fault(error=ConnectionClosedError(endpoint_url=URL))),
    "hanging": Failure(Fault(error=ReadTimeoutError(endpoint_url=URL))),
    "answer lost": Failure(Fault(error=ConnectionClosedError(endpoint_url=URL)), effect=True, times=1, again=1),
    "killed before": Failure(Fault(error=KilledError()), times=1, again=1),
    "killed": Failure(Fault(error=KilledError()), effect=True, times=1, again=1),
}
"""By the columns of the table of calls and faults."""


class FailingClients(RecordingClients):
    """Clients one of whose actions fails as a ``Failure`` says."""

    def __init__(self):
        super().__init__()
        self.action, self.failure, self.met = "", None, 0

    def _fails(self, action, *, effect):
        if self.failure is None or action != self.action or effect is not self.failure.effect:
            return None
        if self.met >= self.failure.times:
            return None
        self.met += 1
        return self.failure.fault

    def _fault(self, operation):
        return self._fails(operation, effect=False) or super()._fault(operation)

    def _make(self, service, region):
        client = super()._make(service, region)

        def lose(model, **_):
            fault = self._fails(model.name, effect=True)
            if fault is not None:
                raise fault.error

        client.meta.events.register("after-call", lose)
        return client

    def direct_call(self, service, operation, region=None, **options):
        call = super().direct_call(service, operation, region, **options)
        made = call._made

        def lose(credentials, make):
            answer = made(credentials, make)
            fault = self._fails(operation, effect=True)
            if fault is not None:
                raise fault.error
            return answer

        call._made = lose
        return call


@contextmanager
def world():
    """An empty AWS, in which nobody waits. The clients are made once for all: that takes longer than what they do."""
    with pytest.MonkeyPatch.context() as patch:
        no_pauses(patch)
        patch.setattr(queue_circuit, "PAUSES", Backoff(0.0, 0.0))
        for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
            patch.delenv(name, raising=False)
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        with mock_aws():
            clients, plain = made_once()
            patch.setattr(World, "_moto_clients", plain, raising=False)
            clients.calls.clear()
            clients.faults.clear()
            clients.failure = None
            yield clients, patch


@cache
def made_once():
    """Make the clients that fail, and those that a scene is set with."""
    return FailingClients(), MotoClients()


def work(scenario, clients, *, fails=False):
    """Let it work once, perhaps in vain."""
    try:
        scenario.work()
    except KilledError:
        scenario.die()
    except Exception:
        if not fails:
            raise
    finally:
        clients.faults.clear()
        clients.failure = None


def until_done(scenario, clients):
    """Let it work until nothing is left."""
    for _ in range(RUNS):
        if scenario.done():
            return
        work(scenario, clients)
    raise AssertionError("it doesn't come to its end")


def calls_of(make):
    """Return the actions that a scenario calls in its first run, and check that it holds without a fault."""
    with world() as (clients, patch):
        scenario = make(clients, patch)
        clients.calls.clear()
        clients.faults.update(scenario.usual)
        work(scenario, clients)
        called = sorted(clients.count())
        until_done(scenario, clients)
        scenario.check(0)
        return called


PLACES = [(host, make) for host, makes in SCENARIOS.items() for make in makes]


@cache
def tried():
    """Return the actions that are let fail in each scenario."""
    found, seen = {}, set()
    for host, make in PLACES:
        of = "function" if host in ("poller", "outside") else host  # their deliveries are the function's
        mine = [action for action in calls_of(make) if (of, action) not in seen or action in getattr(make, "tries", ())]
        seen |= {(of, action) for action in mine}
        found[make] = mine
    return found


@pytest.mark.parametrize("name", FAILURES)
@pytest.mark.parametrize(("host", "make"), PLACES)
def test_a_call_that_fails_loses_nothing(host, make, name):
    """A fault of this kind, met by one of this function's calls, would cost events, or repeat more than it explains."""
    failure = FAILURES[name]
    for action in tried()[make]:
        if name == "conflict" and action not in WRITES:
            continue
        with world() as (clients, patch):
            scenario = make(clients, patch)
            clients.faults.update(scenario.usual)
            clients.faults.pop(action, None)
            clients.action, clients.failure, clients.met = action, failure, 0
            work(scenario, clients, fails=True)
            assert clients.met, f"{action} wasn't called"
            until_done(scenario, clients)
            try:
                scenario.check(max(failure.again, action in scenario.uncertain))
            except AssertionError as error:
                raise AssertionError(f"{host}, {action} {name}: {error}") from error
