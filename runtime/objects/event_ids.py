"""An event's id (contract §11): the same on every attempt and host, in every plan, in a replay from a listing.

It follows from the object's key and ETag, the number of the record in the object, and the piece of the record that the
event is. Numbers are carried beside the events as runs, so that a delivery that asks for no ids pays for none.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from struct import Struct
from typing import NamedTuple

from runtime.objects.stored_object import StoredObject

ID_BYTES = 16
_NUMBERS = Struct(">QQQ").pack  # record, piece, output


class Run(NamedTuple):
    """Events that follow one another, each a record of its own, or one piece of a record.

    :param start: position of the first, in the object's order. :param record: its number in the object, from 0; blank
        lines are none. :param piece: which piece of the record it is, from 0.
    """

    start: int
    record: int
    piece: int


@dataclass(frozen=True, slots=True)
class RecordNumbers:
    """Which records the events of a batch are.

    :param order: for each event its position in the object's order; ``None``: they are in that order.
    """

    runs: Sequence[Run] = (Run(0, 0, 0),)
    order: Sequence[int] | None = None

    def of(self, position: int) -> tuple[int, ...]:
        """Return an event's record and piece, and the number of what a program made of it, where one did."""
        at = position if self.order is None else self.order[position]
        run = self.runs[bisect_right(self.runs, at, key=_start) - 1]
        return run.record + at - run.start, run.piece

    def select(self, positions: Sequence[int]) -> "RecordNumbers":
        """Return the numbers of these events only."""
        return RecordNumbers(self.runs, positions if self.order is None else [self.order[each] for each in positions])


@dataclass(frozen=True, slots=True)
class OutputNumbers(RecordNumbers):
    """Which records the events are that a program made, and which of those that it made of one.

    :param planned: those of the batch that they were made of. :param sources: positions there, one for each event.
    :param outputs: for each event its number among those made of one.
    """

    planned: RecordNumbers = RecordNumbers()
    sources: Sequence[int] = ()
    outputs: Sequence[int] = ()

    def of(self, position: int) -> tuple[int, ...]:
        """Return an event's record, piece and output."""
        return (*self.planned.of(self.sources[position]), self.outputs[position])

    def select(self, positions: Sequence[int]) -> "OutputNumbers":
        """Return the numbers of these events only."""
        sources, outputs = [self.sources[each] for each in positions], [self.outputs[each] for each in positions]
        return OutputNumbers(planned=self.planned, sources=sources, outputs=outputs)


class EventIds:
    """The ids of an object's events."""

    def __init__(self, object_: StoredObject) -> None:
        etag = (object_.etag or "").strip('"')
        self._object = blake2b(f"{object_.key.key}\0{etag}\0".encode("utf-8", "surrogatepass"), digest_size=ID_BYTES)

    def of(self, record: int, piece: int, output: int = 0) -> bytes:
        """Return one event's id. :param output: the number of the event among those that a program made of it."""
        digest = self._object.copy()
        digest.update(_NUMBERS(record, piece, output))
        return digest.digest()

    def all_of(self, numbers: RecordNumbers, events: int) -> Iterator[bytes]:
        """Yield the ids of a batch's events, in their order."""
        for position in range(events):
            yield self.of(*numbers.of(position))


def _start(run: Run) -> int:
    return run.start
