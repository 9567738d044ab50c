"""What a delivery method is: one class, found through an entry point of the group of its placement.

A method brings its config model, and sends one delivery (one object x one config). It says how far it came by
writing to ``Delivery.progress``, so that any exception leaves an exact checkpoint behind.
"""

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Protocol

from runtime import scheduling

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runtime.aws.clients import AwsClients
    from runtime.deliveries.probe import ProbeReport
    from runtime.deliveries.sessions import Sessions
    from runtime.deliveries.settings import DeliverySettings
    from runtime.delivery_config.marks import ConfigMarks
    from runtime.delivery_config.model import DeliveryConfig
    from runtime.objects.batches import Batch
    from runtime.objects.stored_object import StoredObject
    from runtime.time_budget import TimeBudget

ENTRY_POINT_GROUP = "logrouter.delivery_methods"
OUTSIDE_ENTRY_POINT_GROUP = "logrouter.outside_delivery_methods"
"""A group of their own: the inside processor loads neither them nor their client libraries."""
SEAM_VERSION = 2
"""Of what this module and ``event_method.py`` promise. Raised with a change that a method written before can't bear."""


MAX_UNKEPT = 64  # ours: as many batches as calls are in flight, and three reasons for each
MAX_RESTS = 16  # ours: more batches than calls are in flight
MAX_RANGES = 64  # ours, of one rest: sixteen rests are some 20 KB of a message, which may have 256 KiB


class Unkept(NamedTuple):
    """Events of a batch that is sent, which the destination can't take and which aren't set aside yet.

    ``start`` and ``stop`` are positions in the planned batch, the second one exclusive; empty events don't count.
    """

    batch: int
    reason: str
    start: int
    stop: int


class Rest(NamedTuple):
    """What is left of a batch of which some is settled: the next attempt sends only that.

    ``accepted``: the destination has taken an event of the batch, so that what it refuses is the event's own fault.
    ``ranges``: starts and exclusive stops of positions in the planned batch, ascending, apart from each other.
    """

    batch: int
    accepted: bool
    ranges: "tuple[tuple[int, int], ...]"

    def positions(self) -> "Iterator[int]":
        """Yield each position that is left."""
        for start, stop in self.ranges:
            yield from range(start, stop)


@dataclass(slots=True)
class DeliveryProgress:
    """What the destination has acknowledged so far, and what was counted on the way.

    ``checkpoint`` counts planned batches, acknowledged without a gap from the first one; ``ahead`` has the numbers of
    those that are acknowledged behind the gap. ``unkept``: of batches that are sent and not acknowledged, as long as
    what the destination can't take isn't set aside: the next attempt only does that. ``rests``: of batches of which
    some is settled; what isn't named there is delivered, or set aside.
    ``destination`` is the digest of the destination that all of this is true of; empty where none is known.
    ``discarded``: why an earlier checkpoint wasn't used. ``created_log_group``: the log group was missing.
    ``set_aside`` counts events by reason; ``left_out`` counts empty events; ``oldest_event_ms`` is epoch ms.
    ``program``: the digest of the config's program, empty without one; ``program_before``: of another one under which
    a part was delivered. ``program_counts``: by the words of ``runtime.programs.application``.
    """

    checkpoint: int = 0
    events: int = 0
    bytes: int = 0
    left_out: int = 0
    set_aside: Counter[str] = field(default_factory=Counter)
    oldest_event_ms: int | None = None
    ahead: frozenset[int] = frozenset()
    unkept: tuple[Unkept, ...] = ()
    rests: tuple[Rest, ...] = ()
    destination: str = ""
    discarded: str = ""
    created_log_group: bool = False
    program: str = ""
    program_before: str | None = None
    program_counts: Counter[str] = field(default_factory=Counter)

    def note_unkept(self, unkept: "Sequence[Unkept]") -> None:
        """Note a batch that is sent and of which these couldn't be set aside; more than fit are sent again."""
        if len(self.unkept) + len(unkept) <= MAX_UNKEPT:
            self.unkept = (*self.unkept, *unkept)

    def unkept_of(self, batch: int) -> "tuple[Unkept, ...]":
        """Return what of a batch isn't set aside; empty where the batch isn't sent, or nothing is left."""
        return tuple(one for one in self.unkept if one.batch == batch)

    def note_rest(self, rest: Rest) -> bool:
        """Note what is left of a batch; return whether there was room for it. Else all of the batch is sent again."""
        others = tuple(one for one in self.rests if one.batch != rest.batch)
        if len(others) >= MAX_RESTS:
            return False
        self.rests = (*others, rest)
        return True

    def rest_of(self, batch: int) -> Rest | None:
        """Return what is left of a batch; ``None``: none of it is settled."""
        return next((one for one in self.rests if one.batch == batch), None)

    def reached(self) -> "tuple[int, tuple[Rest, ...]]":
        """Return how far it has come, to be compared: another value is further."""
        return self.checkpoint, self.rests

    def start_over(self, reason: str) -> None:
        """Drop the checkpoint, and say why: it isn't this destination's, or not this plan's."""
        self.checkpoint, self.ahead, self.unkept, self.rests = 0, frozenset(), (), ()
        self.discarded = reason

    def acknowledge(self, batch: int) -> None:
        """Note that a batch is acknowledged, whether or not those before it are."""
        self.unkept = tuple(one for one in self.unkept if one.batch != batch)
        self.rests = tuple(one for one in self.rests if one.batch != batch)
        ahead, checkpoint = self.ahead | {batch}, self.checkpoint
        while checkpoint in ahead:
            ahead -= {checkpoint}
            checkpoint += 1
        self.ahead = ahead  # first: a concurrent reader repeats a batch, and skips none
        self.checkpoint = checkpoint


class ProgramTime:
    """For how long a delivery was in its program, or waited its turn there: that isn't the destination's time.

    Its batches may be there concurrently: counted is the time in which at least one was.
    """

    def __init__(self) -> None:
        self._lock = scheduling.lock()
        self._inside = 0
        self._since = 0.0
        self._seconds = 0.0

    @contextmanager
    def counted(self) -> "Iterator[None]":
        """Count the time of the block."""
        with self._lock:
            self._inside += 1
            if self._inside == 1:
                self._since = scheduling.monotonic()
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1
                if not self._inside:
                    self._seconds += scheduling.monotonic() - self._since

    @property
    def goes_on(self) -> bool:
        """Whether a batch is there now."""
        return self._inside > 0

    @property
    def seconds(self) -> float:
        """The time of all that has ended."""
        return self._seconds


@dataclass(frozen=True, slots=True)
class Delivery:
    """One object x one delivery config: the unit of retry, of parking and of records."""

    object: "StoredObject"
    config: "DeliveryConfig"
    budget: "TimeBudget"
    progress: DeliveryProgress = field(default_factory=DeliveryProgress)
    program_time: ProgramTime = field(default_factory=ProgramTime, compare=False, repr=False)


class BatchSource(Protocol):
    """The object's planned batches, from a given one on, read once for all deliveries that need them."""

    def batches(self, start: int) -> "Iterator[Batch]":
        """Yield the batches from number ``start`` on. Raises ``DeliveryError`` where the object can't be read."""


class NameHolder(NamedTuple):
    """The version of an object whose copy has the key's plain name. ``size`` in bytes, where it is known."""

    version_id: str
    etag: str | None
    size: int | None


class CopyNameClaims(Protocol):
    """Where the names of copies are claimed (``runtime.delivery_state.copy_names``)."""

    def claim(self, object_: "StoredObject", type_: str) -> NameHolder:
        """Return the version that has the plain name: this one, unless another came first."""


class KilledPrograms(Protocol):
    """Where it is kept how often a program was killed (``runtime.delivery_state.killed_programs``)."""

    def count(self, config: "DeliveryConfig", digest: str) -> int:
        """Return how often this program of the config was killed, as far as it is known."""

    def add(self, config: "DeliveryConfig", digest: str) -> None:
        """Count one more. Never raises."""


@dataclass(frozen=True, slots=True)
class DeliveryServices:
    """What a method may use; it is constructed with this, once a process.

    ``copy_names``: ``None`` where there is no table (by hand): then each version has the plain name. ``marks``: where
    a method notes what it has found out about a config; ``None``: nowhere. ``killed_programs``: the same.
    """

    clients: "AwsClients"
    role_chain: "Sessions"
    settings: "DeliverySettings"
    copy_names: CopyNameClaims | None = None
    marks: "ConfigMarks | None" = None
    killed_programs: KilledPrograms | None = None


class DeliveryMethod(Protocol):
    """One kind of destination, constructed as ``Method(services: DeliveryServices)``. Shared by threads.

    A method that takes events is an ``EventMethod`` (``event_method.py``), which implements all of this.
    ``seam``: the ``SEAM_VERSION`` that it is written for, as a number. ``config_model.facts`` says what it is.
    """

    seam: ClassVar[int]
    config_model: "ClassVar[type[DeliveryConfig]]"

    def deliver(self, delivery: Delivery, source: BatchSource | None) -> None:
        """Send it. Return when the destination has acknowledged everything, else raise a ``DeliveryError``.

        ``source`` is given where the method reads events. ``delivery.config`` has its ``target_region`` filled in.
        The method takes the role it needs from the role chain, stops when the budget runs out
        (``OutOfTimeError``), and keeps ``delivery.progress`` exact. An error is the destination's, and counts for its
        circuit breaker, unless its ``call.hop`` names another one.
        """

    def probe(self, config: "DeliveryConfig", name: str = "") -> "ProbeReport":
        """Make a test delivery of one made-up event, and say which step failed. Never raises.

        :param name: of what it leaves, of an id's characters; made up where it is empty.
        """

    def close(self) -> None:
        """Release what the process holds for this method. Nothing is delivered afterwards. Idempotent."""
