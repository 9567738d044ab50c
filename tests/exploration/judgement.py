"""What a schedule's own faults allow, and whether the runtime kept to it."""

import json
from dataclasses import dataclass

from tests.exploration.faults import WITHOUT_ANSWER
from tests.exploration.simulation import START

UNWANTED = frozenset({"disabled", "deleted"})
SECONDS_BESIDE = {"poller": 6.0, "function": 60.0}
"""How long after its notification a healthy tenant's event arrives at most, while another tenant's destination fails.
The function's is what docs/reliability.md says: calls that hang hold its few invocations until a circuit opens."""

SENT_AT_FIRST = 8
"""Messages that a process sends of which the answers are lost, until it sends one a minute."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that is wrong.

    :param kind: ``lost``, ``doubled``, ``multiplied``, ``not healed``, ``needs a person``, ``late``, ``crashed``.
    """

    kind: str
    what: str


class Allowance:
    """How many events may arrive twice, as docs/reliability.md has it, for what really bit."""

    def __init__(self, schedule, cloud):
        self._cloud = cloud
        self.events = 0
        cloudwatch = {tenant: sum(type_ != "s3" for type_ in types) for tenant, types in schedule.tenants.items()}
        sizes = [sum(one.batches) + one.old + 2 for one in schedule.objects]
        self._object = max(sizes) * max(cloudwatch.values())
        owed = sum(size * cloudwatch[one.tenant] for one, size in zip(schedule.objects, sizes, strict=True))
        self.events += 2 * owed * len(schedule.replays)
        for change in schedule.changes:  # to another log group and back: what the first one had comes once more
            if change.what == "moved" and change.type != "s3":
                self.events += sum(sum(each.batches) for each in schedule.objects if each.tenant == change.tenant)
        self.events += self._object * sum(one.again == "same" for one in schedule.objects)
        # One host that isn't killed remembers what it has delivered.
        only = all(fault.kind == "twice" for fault in schedule.faults) and not schedule.stops
        self._remembers = only and schedule.hosts == 1 and schedule.host == "poller"

    def killed(self, process):
        """Allow for a process that is killed: what it works on, and what only it remembered."""
        if process.role not in ("processor", "outside"):
            self.events += self._object
            return
        cloud = self._cloud
        queues = (cloud.outside,) if process.role == "outside" else (cloud.objects, cloud.deliveries)
        self.events += self._object * sum(one.receives > 0 for queue in queues for one in queue.messages.values())

    def shown_twice(self):
        """Allow for a message that comes again."""
        self.events += 0 if self._remembers else self._object

    def total(self, bitten):
        """Return it, with what the calls that failed may have caused."""
        return self.events + sum(self._of(kind, call, role) for kind, call, role in bitten)

    def _of(self, kind, call, role):
        if call.name == "logs:PutLogEvents":
            return len(call.request["logEvents"]) if kind in WITHOUT_ANSWER else 0
        if call.service == "https":
            return len(call.body.splitlines()) if kind in WITHOUT_ANSWER else 0
        if call.name == "sqs:SendMessage":
            return self._object
        if call.service == "sqs" and call.action != "ReceiveMessage":
            return self._object * len(call.request.get("Entries", "1"))
        if call.service == "dynamodb" and (role != "processor" or kind in WITHOUT_ANSWER):
            return self._object
        return 0


def judge(schedule, world, hosts, bitten, allowance, *, healed):
    """Return what is wrong, the worst first."""
    return [
        *_lost(schedule, world, healed),
        *_dead_letters(world.cloud, corrupt=any(one.corrupt for one in schedule.objects)),
        *_doubled(world, allowance.total(bitten)),
        *_multiplied(schedule, world, hosts, bitten),
        *_late(schedule, world),
    ]


def is_excused(schedule, destination, written_at):
    """Whether an object needn't come: its config didn't want it at a time when it may have been looked at."""
    return any(
        change.what in UNWANTED and (change.tenant, change.type) == destination and written_at < change.end + 60.0
        for change in schedule.changes
    )


def missing(schedule, world):
    """Return what is owed and hasn't come.

    Where no notification at all has come, the records are silent, and the reconciler hands over nothing.
    """
    if not any(one.notified for one in schedule.objects):
        return {}
    return {
        (destination, key): lacking
        for (destination, key), lacking in world.missing().items()
        if not is_excused(schedule, destination, world.written_at[key])
    }


def waiting(cloud):
    """Return what still waits: messages, parked deliveries, replays, probes."""
    queues = [message for queue in cloud.work_queues for message in queue.messages.values()]
    parked = [
        key
        for key, item in cloud.parked.items.items()
        if "work" in item or not (key[0].startswith("!") or key[1].startswith("!"))
    ]
    return [*(message.id for message in queues), *parked]


def _lost(schedule, world, healed):
    lacking = missing(schedule, world)
    if healed:
        return
    held = json.dumps([message.body for queue in _queues(world.cloud) for message in queue.messages.values()])
    parked = {(key[0], key[1].partition("#")[0], key[1].partition("#")[2]) for key in world.cloud.parked.items}
    for ((tenant, type_), key), what in lacking.items():
        waits = key.replace("=", "%3D") in held or key in held or (tenant, type_, key) in parked
        kind = "not healed" if waits else "lost"
        yield Failure(kind, f"{len(what)} events of {tenant} {type_}, {key.rpartition('/')[2]}")
    if not lacking:
        yield Failure("not healed", f"still waiting: {', '.join(map(str, waiting(world.cloud)[:5]))}")


def _queues(cloud):
    return *cloud.work_queues, *cloud.dead_letter_queues


def _dead_letters(cloud, *, corrupt):
    for queue in cloud.dead_letter_queues:
        for message in queue.messages.values():
            reason = message.attributes.get("reason", {}).get("StringValue", "received-too-often")
            if not corrupt or reason in ("received-too-often", ""):
                yield Failure("needs a person", f"{message.id} lies in {queue.name}: {reason}")


def _doubled(world, allowed):
    doubled = world.doubled()
    if doubled > allowed:
        yield Failure("doubled", f"{doubled} events, {allowed} are allowed")


def _multiplied(schedule, world, hosts, bitten):
    """Look at how many messages were sent whose answers were lost: each may be a copy, which may send another.

    Each delivery that is at work when that begins sends one; then each process sends one in a while.
    """
    lost = sum(
        kind in WITHOUT_ANSWER and call.name == "sqs:SendMessage" and role == "processor" for kind, call, role in bitten
    )
    minutes = sum(fault.seconds for fault in schedule.faults if fault.kind in WITHOUT_ANSWER) / 60
    deliveries = sum(len(objects) for objects in world.owed.values())
    bound = deliveries + hosts.started * (SENT_AT_FIRST + minutes)
    if lost > bound:
        yield Failure("multiplied", f"{lost} messages were sent without an answer, {bound:.0f} are allowed")


def _late(schedule, world):
    """Look at the tenants beside one whose destination fails, where nothing else goes wrong."""
    broken = {fault.where for fault in schedule.faults}
    if schedule.changes or schedule.stops or schedule.replays or not broken <= set(schedule.tenants):
        return
    bound = SECONDS_BESIDE[schedule.host]
    for (tenant, type_), objects in world.owed.items():
        if tenant in broken:
            continue
        arrived = dict(reversed(world.arrived(tenant, type_)))
        for key, owed in objects.items():
            number = int(key.rpartition("-")[2].partition(".")[0])
            delays = [arrived[what] - START - world.written_last_at[key] for what in owed if what in arrived]
            if delays and max(delays) > bound and schedule.objects[number].notified:
                yield Failure("late", f"{tenant} {type_}: {max(delays):.1f} s after it was written")
