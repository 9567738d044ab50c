"""A schedule: what is written, what goes wrong, what is changed. Drawn from a seed; a JSON file when it has failed."""

import json
import random
from dataclasses import asdict, dataclass, field, replace

from tests.exploration.faults import Fault

TYPES = (("cloudwatch",), ("cloudwatch", "s3"), ("s3",), ("cloudwatch", "cloudwatch:second"))
SECONDS = (5.0, 30.0, 120.0, 600.0, 2_400.0, 21_600.0, 86_400.0)
_OFTEN = (6, 8, 8, 6, 4, 1, 0.3)
OURS = ("refused", "throttled", "denied", "unsent", "lost", "empty", "hangs", "hangs-after", "slow")
CALLS = (
    # action, where, kinds, weight
    ("sqs:SendMessage", "deliveries", OURS, 3),
    ("sqs:ReceiveMessage", "", OURS, 1),
    ("sqs:DeleteMessageBatch", "", OURS, 2),
    ("sqs:ChangeMessageVisibilityBatch", "", OURS, 1),
    ("sqs:*", "", ("refused", "unsent", "hangs"), 1),
    ("dynamodb:Query", "configs", OURS, 3),
    ("dynamodb:*", "", OURS, 2),
    ("dynamodb:*", "parked", (*OURS, "conflict"), 2),
    ("dynamodb:TransactWriteItems", "parked", (*OURS, "conflict"), 1),
    ("s3:GetObject", "central", OURS, 2),
    ("s3:PutObject", "central", OURS, 2),
    ("s3:*", "central", ("refused", "throttled", "unsent"), 1),
    ("sts:AssumeRole", "Central", OURS, 1),
    ("sts:AssumeRole", "{tenant}", OURS, 2),
    ("logs:PutLogEvents", "{tenant}", OURS, 6),
    ("logs:*", "{tenant}", OURS, 2),
    ("logs:FilterLogEvents", "", ("refused", "throttled", "unsent"), 1),
    ("s3:CopyObject", "{tenant}", OURS, 3),
)
KILLED = (
    "logs:PutLogEvents", "sqs:SendMessage", "sqs:DeleteMessageBatch", "s3:PutObject", "s3:CopyObject",
    "dynamodb:TransactWriteItems", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "s3:GetObject", "dynamodb:Query",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Written:
    """An object. ``batches``: events of each; ``old``: further ones that a log group refuses for their age."""

    at: float
    tenant: str
    batches: tuple[int, ...]
    old: int = 0
    notified: bool = True


@dataclass(frozen=True, slots=True)
class Change:
    """A delivery config that is changed, and changed back: ``disabled``, ``deleted``, ``invalid``, ``moved``."""

    begin: float
    seconds: float
    tenant: str
    type: str
    what: str

    @property
    def end(self):
        """When it is as before."""
        return self.begin + self.seconds


@dataclass(frozen=True, slots=True)
class Schedule:
    """All of it. ``tenants``: their delivery configs' types. ``stops``: when a host is told to end (SIGTERM)."""

    seed: int
    host: str
    tenants: dict[str, tuple[str, ...]]
    objects: tuple[Written, ...]
    faults: tuple[Fault, ...] = ()
    changes: tuple[Change, ...] = ()
    stops: tuple[float, ...] = ()
    replays: tuple[float, ...] = ()
    attempts_seconds: float = 86_400.0
    hosts: int = 1
    parts: tuple[str, ...] = field(default=("faults", "changes", "stops", "replays", "objects"), repr=False)

    @property
    def end(self):
        """When everything that was drawn has happened."""
        ends = [each.end for each in (*self.faults, *self.changes)] + [each.at for each in self.objects]
        return max([*ends, *self.stops, *self.replays])

    def write(self):
        """Return it as JSON."""
        document = asdict(self)
        del document["parts"]
        return json.dumps(document, indent=1)

    @classmethod
    def read(cls, text):
        """Read what ``write`` gave."""
        given = json.loads(text)
        given["tenants"] = {name: tuple(types) for name, types in given["tenants"].items()}
        given["objects"] = tuple(Written(**{**each, "batches": tuple(each["batches"])}) for each in given["objects"])
        given["faults"] = tuple(Fault(**each) for each in given["faults"])
        given["changes"] = tuple(Change(**each) for each in given["changes"])
        return cls(**{**given, "stops": tuple(given["stops"]), "replays": tuple(given["replays"])})

    def smaller(self):
        """Yield the schedules that lack one thing of this one."""
        for name in self.parts:
            held = getattr(self, name)
            for index in range(len(held)):
                if name != "objects" or len(held) > 1:
                    yield replace(self, **{name: held[:index] + held[index + 1 :]})
        if self.hosts > 1:
            yield replace(self, hosts=1)


def draw(seed):
    """Return the schedule of a seed."""
    die = random.Random(f"schedule {seed}")
    tenants = {f"t-{number}": die.choice(TYPES) for number in range(die.randint(2, 3))}
    objects = tuple(_written(die, tenants) for _ in range(die.randint(2, 8)))
    faults = [_fault(die, tenants) for _ in range(die.choice((1, 1, 1, 2, 2, 3)))]
    if die.random() < 0.4:
        faults.append(_kill(die))
    if die.random() < 0.15:
        where = die.choice(("objects", "deliveries"))
        faults.append(Fault("sqs:ReceiveMessage", "twice", die.uniform(0, 300), 600.0, where, share=0.3))
    return Schedule(
        seed,
        die.choice(("poller", "poller", "function")),
        tenants,
        objects,
        tuple(faults),
        tuple(_change(die, tenants) for _ in range(die.choice((0, 0, 0, 1, 1, 2)))),
        stops=(die.uniform(0, 600),) if die.random() < 0.15 else (),
        replays=(die.uniform(60, 900),) if die.random() < 0.1 else (),
        attempts_seconds=die.choice((86_400.0, 86_400.0, 600.0)),
        hosts=die.choice((1, 1, 2)),
    )


def _written(die, tenants):
    batches = tuple(die.randint(1, 3) for _ in range(die.choice((1, 1, 2, 3, 4))))
    return Written(
        die.choice((0.0, die.uniform(0, 60), die.uniform(0, 600))),
        die.choice(sorted(tenants)),
        batches,
        old=die.choice((0, 0, 0, 2)),
        notified=die.random() < 0.98,
    )


def _fault(die, tenants):
    action, where, kinds, _ = die.choices(CALLS, [call[3] for call in CALLS])[0]
    seconds = die.choices(SECONDS, _OFTEN)[0]
    where = where.format(tenant=die.choice(sorted(tenants)))
    share = die.choice((1.0, 1.0, 0.5, 0.2))
    return Fault(action, die.choice(kinds), die.choice((0.0, die.uniform(0, 300))), seconds, where, share=share)


def _kill(die):
    kind = die.choice(("kill-before", "kill-after"))
    seconds = die.choice((10.0, 60.0))
    return Fault(
        die.choice(KILLED), kind, die.choice((0.0, die.uniform(0, 600))), seconds, share=die.choice((1.0, 0.3))
    )


def _change(die, tenants):
    tenant = die.choice(sorted(tenants))
    type_ = die.choice(tenants[tenant])
    what = die.choice(("disabled", "deleted", "invalid", "moved"))
    return Change(die.uniform(0, 600), die.choice((60.0, 600.0, 3_600.0)), tenant, type_, what)
