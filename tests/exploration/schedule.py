"""A schedule: what is written, what goes wrong, what is changed. Drawn from a seed; a JSON file when it has failed."""

import json
import random
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import NamedTuple

from tests.exploration.faults import Fault

TYPES = (("cloudwatch",), ("cloudwatch", "s3"), ("s3",), ("cloudwatch", "cloudwatch:second"))
SECONDS = (5.0, 30.0, 120.0, 600.0, 2_400.0, 21_600.0, 86_400.0)
_OFTEN = (6, 8, 8, 6, 3, 0.5, 0.1)
CROWDED = "t-0"
OURS = (
    "refused", "throttled", "denied", "unsent", "lost", "empty", "empty-after", "hangs", "hangs-after", "slow",
)  # fmt: skip
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
ENDPOINTS = tuple(kind for kind in OURS if kind != "empty")  # of a 2xx that wasn't meant nobody can know
OUTSIDE_SHARE = 0.25
OUTSIDE = (
    # action, where, kinds, weight: what a delivery to a customer's endpoint is beside the others
    ("https:POST", "{tenant}", (*ENDPOINTS, "kill-before", "kill-after"), 6),
    ("sqs:SendMessage", "outside", (*OURS, "kill-before", "kill-after"), 3),
    ("sqs:DeleteMessageBatch", "outside", OURS, 1),
    ("sqs:*", "outside", ("refused", "unsent", "hangs"), 1),
    ("kms:*", "", OURS, 2),
    ("secretsmanager:GetSecretValue", "{tenant}", OURS, 2),
)
DESTINATIONS = tuple(call for call in CALLS if call[1] == "{tenant}")
KILLED = (
    "logs:PutLogEvents", "sqs:SendMessage", "sqs:DeleteMessageBatch", "s3:PutObject", "s3:CopyObject",
    "dynamodb:TransactWriteItems", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "s3:GetObject", "dynamodb:Query",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Written:
    """An object. ``batches``: events of each; ``old``: further ones that a log group refuses for their age.

    ``again``: its writer writes the key once more, the ``same`` content or ``other``. ``corrupt``: it isn't gzip.
    """

    at: float
    tenant: str
    batches: tuple[int, ...]
    old: int = 0
    notified: bool = True
    again: str = ""
    corrupt: bool = False


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
    schedule, die = _drawn(seed), random.Random(f"outside {seed}")
    return _outside(die, schedule) if die.random() < OUTSIDE_SHARE else schedule


def _outside(die, schedule):
    """Give a tenant an endpoint of its own, and let it, or the way to it, fail."""
    tenant = die.choice([each.tenant for each in schedule.objects])
    tenants = {name: (*types, "webhook") if name == tenant else types for name, types in schedule.tenants.items()}
    drawn = Drawn(tenants, [each.at for each in schedule.objects], [tenant])
    faults = tuple(_call_fails(die, drawn, OUTSIDE) for _ in range(die.choice((1, 1, 2))))
    return replace(schedule, tenants=tenants, faults=(*schedule.faults, *faults))


def _drawn(seed):
    die = random.Random(f"schedule {seed}")
    tenants = {f"t-{number}": die.choice(TYPES) for number in range(die.randint(2, 3))}
    story = die.choices(STORIES, [each.weight for each in STORIES])[0]
    objects = tuple(_written(die, tenants) for _ in range(die.randint(1, story.objects)))
    if story.crowd:
        objects = tuple(replace(each, at=die.uniform(0, 30)) for each in objects)
        objects += tuple(Written(die.uniform(0, 2), CROWDED, (1,)) for _ in range(story.crowd))
    drawn = Drawn(tenants, [each.at for each in objects], [each.tenant for each in objects])
    faults = tuple(story.faults(die, drawn))
    attempts_seconds = story.attempts_seconds or die.choice((86_400.0, 86_400.0, 600.0))
    if any(fault.seconds > 2_400 for fault in faults):
        attempts_seconds = 86_400.0  # a shorter schedule has shorter delays, and makes many attempts in a day
    return Schedule(
        seed,
        die.choice(("poller", "poller", "function")),
        tenants,
        objects,
        faults,
        tuple(_change(die, drawn, story.what) for _ in range(die.choice(story.changes))),
        stops=(die.uniform(0, 600),) if die.random() < 0.1 else (),
        replays=(die.uniform(60, 900),) if die.random() < 0.1 else (),
        attempts_seconds=attempts_seconds,
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
        again=die.choices(("", "same", "other"), (0.94, 0.03, 0.03))[0],
        corrupt=die.random() < 0.02,
    )


# What goes wrong: each gives a schedule's faults.


def _anything(die, drawn):
    return [_call_fails(die, drawn) for _ in range(die.choice((1, 1, 2, 3)))]


def _killed(die, drawn):
    return [*_anything(die, drawn), *(_kill(die, drawn) for _ in range(die.choice((1, 1, 2))))]


def _not_handed_over(die, drawn):
    """A destination fails, and what failed can't be handed over either."""
    kind, seconds = die.choice(OURS), die.choice(SECONDS[:4])
    begin = die.uniform(0, 60)
    return [
        _call_fails(die, drawn, DESTINATIONS),
        Fault("sqs:SendMessage", kind, begin, seconds, "deliveries", share=_share(die)),
    ]


def _resumed(die, drawn):
    """A destination fails until its deliveries are parked; something happens to those that resume them."""
    begin, tenant = die.uniform(600, 3_600), die.choice(drawn.writing)
    action = die.choice(("sqs:SendMessage", "dynamodb:DeleteItem", "dynamodb:UpdateItem", "dynamodb:Query"))
    kind = die.choice((*OURS, "kill-before", "kill-after"))
    return [
        Fault(
            "s3:CopyObject" if "s3" in drawn.tenants[tenant] else "logs:PutLogEvents", "denied", 0.0, 2_400.0, tenant
        ),
        Fault(action, kind, begin, die.choice((600.0, 3_600.0)), "", die.choice(("", "resumption")), _share(die)),
    ]


def _outage(die, drawn):
    """A service of ours is down as a whole, for up to a day."""
    service = die.choice(("sqs", "dynamodb", "s3", "sts", "logs"))
    (seconds,) = die.choices(SECONDS[2:], (3, 3, 3, 1, 0.3))
    kind = die.choice(("refused", "throttled", "unsent", "hangs") if seconds < 3_600 else ("refused", "unsent"))
    return [Fault(f"{service}:*", kind, die.uniform(0, 60), seconds), *_anything(die, drawn)[:1]]


def _shown_twice(die, drawn):
    twice = Fault("sqs:ReceiveMessage", "twice", 0.0, 600.0, die.choice(("objects", "deliveries")), share=0.5)
    return [twice, *die.choice(((), _anything(die, drawn)))]


def _partly(die, drawn):
    """Log groups take some batches of an object, and not others."""
    kind, share = die.choice((("refused", 0.85), ("hangs", 0.6), ("hangs", 0.6)))
    return [Fault("logs:PutLogEvents", kind, 0.0, 900.0, share=share)]


def _crowded(die, drawn):
    """The destination of a tenant that writes much fails, or hangs."""
    kind = die.choice(("hangs", "hangs", "slow", "refused", "throttled", "denied"))
    return [Fault("logs:PutLogEvents", kind, 0.0, 120.0, CROWDED), Fault("s3:CopyObject", kind, 0.0, 120.0, CROWDED)]


def _destination(die, drawn):
    return [_call_fails(die, drawn, DESTINATIONS)]


class Drawn(NamedTuple):
    """What is drawn already. ``times``: when the objects are written; ``writing``: whose each of them is."""

    tenants: dict[str, tuple[str, ...]]
    times: list[float]
    writing: list[str]


@dataclass(frozen=True, slots=True)
class Story:
    """A kind of schedule. ``changes``: how many configs are changed. ``attempts_seconds``: 0 for any.

    ``objects``: how many at most: fewer where each of them takes many calls. ``crowd``: further ones of one tenant.
    ``what``: how configs are changed; empty for any way.
    """

    faults: Callable
    weight: float
    changes: tuple[int, ...] = (0, 0, 0, 1, 2)
    attempts_seconds: float = 0.0
    objects: int = 7
    what: str = ""
    crowd: int = 0


STORIES = (
    Story(_anything, 30),
    Story(_killed, 20),
    Story(_not_handed_over, 12),
    Story(_resumed, 12, changes=(0, 0, 1), attempts_seconds=600.0, objects=3),
    Story(_outage, 8, objects=3),
    Story(_shown_twice, 6, changes=(0,)),
    Story(_destination, 12, changes=(0,)),
    Story(_partly, 5, changes=(0, 1, 1), what="moved", objects=4),
    Story(_crowded, 2, changes=(0,), objects=4, crowd=70),
)


def _call_fails(die, drawn, calls=CALLS):
    action, where, kinds, _ = die.choices(calls, [call[3] for call in calls])[0]
    seconds = die.choices(SECONDS, _OFTEN)[0]
    where = where.format(tenant=die.choice(drawn.writing))
    kind, share = die.choice(kinds), _share(die)
    return Fault(action, kind, _begin(die, drawn), seconds, where, share=share)


def _share(die):
    return die.choice((1.0, 0.9, 0.9, 0.4))


def _begin(die, drawn):
    """Return when something begins: rather as an object is written than when nothing happens."""
    return max(0.0, die.choice((0.0, die.choice(drawn.times) + die.uniform(-2, 1), die.uniform(0, 300))))


def _kill(die, drawn):
    kind, seconds = die.choice(("kill-before", "kill-after")), die.choice((10.0, 60.0))
    return Fault(die.choice(KILLED), kind, _begin(die, drawn), seconds, share=die.choice((1.0, 0.3)))


def _change(die, drawn, what):
    tenant = die.choice(drawn.writing)
    type_ = die.choice(drawn.tenants[tenant])
    what = what or die.choice(("disabled", "deleted", "invalid", "moved"))
    begin = max(0.0, die.choice(drawn.times) + die.uniform(-5, 60))
    return Change(begin, die.choice((60.0, 600.0, 3_600.0)), tenant, type_, what)
