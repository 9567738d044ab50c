"""What goes wrong in a schedule, and where it bites: between the runtime's transport and the stand-ins."""

from dataclasses import dataclass

from runtime.aws.response import ConnectionClosedError
from tests.exploration.primitives import KilledError
from tests.exploration.stand_ins.calls import Answer, ServiceError

REFUSED = {
    "refused": ("InternalFailure", 500),
    "throttled": ("ThrottlingException", 400),
    "denied": ("AccessDenied", 403),
    "conflict": ("TransactionConflictException", 400),
}
WITHOUT_ANSWER = frozenset({"lost", "empty-after", "hangs-after", "kill-after"})
"""The call takes effect, and the caller doesn't get to know it."""
KINDS = (*REFUSED, *sorted(WITHOUT_ANSWER), "unsent", "empty", "hangs", "slow", "kill-before", "twice")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong while calls of one action are made.

    :param action: ``sqs:SendMessage``; ``sqs:*`` for all of a service. :param kind: one of ``KINDS``.
    :param begin, seconds: when, from the schedule's start, and for how long.
    :param where: part of the resource's name: a queue, a table, a bucket, a log group, a role.
    :param role: only calls of these processes (``processor``, ``resumption``, ``reconciliation``); empty: of all.
    :param share: of the calls, how many it bites.
    """

    action: str
    kind: str
    begin: float
    seconds: float
    where: str = ""
    role: str = ""
    share: float = 1.0

    @property
    def end(self):
        """When it is over."""
        return self.begin + self.seconds

    def concerns(self, call, resource, process):
        """Whether it may bite a call."""
        service, _, action = self.action.partition(":")
        return (
            call.service == service
            and action in ("*", call.action)
            and self.where in resource
            and self.role in ("", process.role)
        )


NAMED_BY = {
    "sqs": "QueueUrl",
    "s3": "bucket",
    "logs": "logGroupName",
    "sts": "RoleArn",
    "kms": "KeyId",
    "secretsmanager": "SecretId",
    "https": "host",
}


def resource_of(call):
    """Name what a call is about."""
    request = call.request
    if call.service == "dynamodb":
        items = request.get("TransactItems")
        return request["TableName"] if not items else next(iter(items[0].values()))["TableName"]
    return request.get(NAMED_BY[call.service], "")


class Faults:
    """The faults of one schedule. ``bitten``: the kind and the call of each that had an effect."""

    def __init__(self, simulation, faults):
        self._simulation = simulation
        self._faults = faults
        self.bitten = []
        self.killed = lambda process: None
        self.shown_twice = lambda: None

    def of(self, call):
        """Return the fault that bites a call now, if any does."""
        process, elapsed = self._simulation.current.process, self._simulation.elapsed
        resource = resource_of(call)
        for fault in self._faults:
            if fault.begin <= elapsed < fault.end and fault.concerns(call, resource, process):
                if fault.kind == "twice" or self._simulation.random.random() >= fault.share:
                    continue
                self.bitten.append((fault.kind, call, process.role))
                return fault
        return None

    def doubles(self, queue):
        """Whether a queue shows now what it gives, as if it had not."""
        elapsed = self._simulation.elapsed
        for fault in self._faults:
            now = fault.kind == "twice" and fault.begin <= elapsed < fault.end and fault.where in queue.url
            if now and self._simulation.random.random() < fault.share:
                self.shown_twice()
                return True
        return False

    def kill(self, process):
        """Kill a process; of what it does now nothing comes any more."""
        self.killed(process)
        process.killed = True
        raise KilledError

    def around(self, fault, limits, effect):
        """Let a call go wrong."""
        process = self._simulation.current.process
        kind = fault.kind
        if kind == "kill-before":
            self.kill(process)
        if kind in REFUSED:
            code, status = REFUSED[kind]
            raise ServiceError(code, status, "by a fault")
        if kind == "empty":
            return Answer()
        if kind == "unsent":
            raise ConnectionClosedError("by a fault")
        if kind == "slow":
            self._simulation.sleep(limits.read_seconds * 0.6)
        if kind == "hangs":
            self._simulation.sleep(limits.read_seconds)
            raise TimeoutError
        answer = effect()
        if kind == "kill-after":
            self.kill(process)
        if kind == "lost":
            raise ConnectionClosedError("by a fault")
        if kind == "hangs-after":
            self._simulation.sleep(limits.read_seconds)
            raise TimeoutError
        return Answer() if kind == "empty-after" else answer
