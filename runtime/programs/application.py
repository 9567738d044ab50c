"""A program applied to a planned batch, after the plan: boundaries and checkpoints never depend on it (contract §12).

What the worker returns is checked here, as if a customer had written it: it was.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import msgspec
from msgspec import Raw

from runtime.delivery_config.transform import Transform
from runtime.objects import timestamps
from runtime.objects.batches import EVENT_OVERHEAD_BYTES, MAX_BATCH_BYTES, Batch
from runtime.objects.event_ids import OutputNumbers
from runtime.objects.events import utf8_sizes
from runtime.objects.key import ObjectKey
from runtime.objects.stored_object import StoredObject
from runtime.programs import worker
from runtime.programs.ready_made import source_of
from runtime.programs.sandbox import Sandbox, WorkerAnswer
from runtime.programs.tokens import may_ask_for_the_origin

MAX_TIME_CHANGE_MS: Final = 24 * 60 * 60 * 1000
"""Contract §12."""
MAX_OUTPUTS_OF_AN_EVENT: Final = 1000
MAX_OUTPUTS: Final = 100_000
"""Ours, of a batch: a list of empty objects would be millions of them in the bytes that a worker may return."""
MAX_MESSAGE_BYTES: Final = MAX_BATCH_BYTES - EVENT_OVERHEAD_BYTES
IN, OUT, DROPPED, SET_ASIDE = "in", "out", "dropped", "set_aside"
PASSED, MADE, TIMES_KEPT, CPU_US = "passed", "made", "times_kept", "cpu_us"
"""What is counted. ``in`` = ``out`` + ``dropped`` + ``set_aside``, all of them events that were read; ``out`` includes
``passed``, those with which the program failed. ``made`` are the events to be delivered; ``times_kept`` those of them
whose new time was too far from the old one. ``cpu_us``: microseconds of CPU that the worker took."""
_QUOTE, _OBJECT, _LIST = ord('"'), ord("{"), ord("[")
_ABSENT = b"\0"
_NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError)


class _Output(msgspec.Struct, gc=False):
    """An event that a program made, as pieces of its source."""

    timestamp: Raw = Raw(_ABSENT)
    message: Raw = Raw(_ABSENT)


_decode_lines = msgspec.json.Decoder(_Output).decode_lines
_decode_list = msgspec.json.Decoder(list[Raw]).decode
_decode_output = msgspec.json.Decoder(_Output).decode
_decode_strings = msgspec.json.Decoder(list[str]).decode
_encode = msgspec.json.Encoder().encode


class ProgramRefusedError(Exception):
    """The engine doesn't compile the program. The message says why."""


@dataclass(frozen=True, slots=True)
class ProgramOutput:
    """What a program made of a planned batch.

    :param batch: in order of time, stable. :param sources: for each of its events the position, in the planned batch,
        of the one that it was made of.
    :param failed: planned positions of those to be set aside. :param counts: by the names above.
    """

    batch: Batch
    sources: Sequence[int]
    failed: Sequence[int]
    dropped: Sequence[int]
    counts: Counter[str]


def apply(transform: Transform, batch: Batch, object_: StoredObject, sandbox: Sandbox, seconds: float) -> ProgramOutput:
    """Return what the program makes of a batch. Raises as ``run``."""
    answer = run(transform, batch, object_.key, sandbox, seconds)
    output = read(batch, transform.on_error, answer.text)
    output.counts[CPU_US] = answer.cpu_us
    return output


def run(transform: Transform, batch: Batch, key: ObjectKey, sandbox: Sandbox, seconds: float) -> WorkerAnswer:
    """Return the worker's answer to a batch. Raises as ``Sandbox.run``.

    :raises ProgramRefusedError: the engine doesn't compile the program.
    """
    source = source_of(transform)
    lines = inputs(batch, key if may_ask_for_the_origin(source) else None)
    answer = sandbox.run(source, lines, len(batch), seconds)
    if answer.error:
        raise ProgramRefusedError(answer.error)
    return answer


def read(batch: Batch, on_error: str, text: bytes) -> ProgramOutput:
    """Return what the worker's results of a batch mean."""
    return _Reader(batch, on_error).read(text)


def inputs(batch: Batch, key: ObjectKey | None) -> bytes:
    """Return what a program sees of the events, one JSON object a line. :param key: says where they come from."""
    end = b"}"
    if key is not None:
        origin = {"application": key.application, "pod_name": key.pod_name, "cluster_id": key.cluster_id}
        end = b"," + _encode(origin)[1:]
    times = _encode(batch.timestamps)[1:-1].split(b",")
    parts = [b',"message":'] * (5 * len(times))
    parts[0::5] = [b'{"timestamp":'] * len(times)
    parts[1::5] = times
    parts[3::5] = batch.literals
    parts[4::5] = [end + b"\n"] * len(times)
    if parts:
        parts[-1] = end
    return b"".join(parts)


@dataclass(slots=True)
class _Reader:
    """Reads the results of one batch."""

    batch: Batch
    on_error: str
    times: list[Raw] = field(default_factory=list)
    literals: list[bytes] = field(default_factory=list)
    sources: list[int] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    passed: int = 0

    def read(self, text: bytes) -> ProgramOutput:
        lines = text.split(b"\n")
        if len(lines) != len(self.batch):
            raise ProgramRefusedError("the worker's answer isn't one of this batch")
        if all(line[:1] == b"{" for line in lines) and max(map(len, lines)) <= MAX_MESSAGE_BYTES:
            with suppress(*_NOT_JSON):
                return self._plain(text, lines)
        self.times, self.literals, self.sources, self.outputs = [], [], [], []
        for position, line in enumerate(lines):
            try:
                self._any(position, line)
            except _NOT_JSON:  # a program can have its own text returned in place of the last line's
                self._fail(position)
        return self._output()

    def _plain(self, text: bytes, lines: Sequence[bytes]) -> ProgramOutput:
        """Read results that are an event each, at once."""
        rows = _decode_lines(text)
        self.times = [row.timestamp for row in rows]
        self.literals = [_literal(bytes(row.message), line) for row, line in zip(rows, lines, strict=True)]
        self.sources = list(range(len(rows)))
        self.outputs = [0] * len(rows)
        return self._output()

    def _any(self, position: int, line: bytes) -> None:
        results = list(_results(line))
        if line == worker.DROPPED.encode() or line == b"[]":
            self.dropped.append(position)
        elif not 0 < len(results) <= MAX_OUTPUTS_OF_AN_EVENT or len(self.sources) + len(results) > MAX_OUTPUTS:
            self._fail(position)
        else:
            rows = [(_decode_output(each), each) for each in results]
            literals = [_literal(bytes(row.message), each) for row, each in rows]
            if max(map(len, literals)) > 2 * MAX_MESSAGE_BYTES or any(
                size > MAX_MESSAGE_BYTES for size in _sizes(literals)
            ):
                self._fail(position)
                return
            for output, ((row, _), literal) in enumerate(zip(rows, literals, strict=True)):
                self._add(position, output, row.timestamp, literal)

    def _fail(self, position: int) -> None:
        marked = b'{"logrouter":"program-failed","message":%b}' % self.batch.literals[position]
        if self.on_error == "pass" and len(marked) <= MAX_MESSAGE_BYTES // 2:
            self.passed += 1
            self._add(position, 0, Raw(_ABSENT), _encode(marked.decode()))
        else:
            self.failed.append(position)

    def _add(self, position: int, output: int, time: Raw, literal: bytes) -> None:
        self.times.append(time)
        self.literals.append(literal)
        self.sources.append(position)
        self.outputs.append(output)

    def _output(self) -> ProgramOutput:
        own = [self.batch.timestamps[source] for source in self.sources]
        times, kept = _near(own, timestamps.parse_column(self.times))
        numbers = OutputNumbers(planned=self.batch.records, sources=self.sources, outputs=self.outputs)
        made = Batch(self.batch.index, times, self.literals, self._sizes(), records=numbers)
        sources: Sequence[int] = self.sources
        if any(map(int.__gt__, times, times[1:])):
            order = sorted(range(len(made)), key=times.__getitem__)
            made, sources = made.select(order), [sources[each] for each in order]
        read = len(self.batch)
        counts = Counter(
            {
                IN: read,
                OUT: read - len(self.dropped) - len(self.failed),
                DROPPED: len(self.dropped),
                SET_ASIDE: len(self.failed),
                PASSED: self.passed,
                MADE: len(made),
                TIMES_KEPT: kept,
            }
        )
        return ProgramOutput(made, sources, self.failed, self.dropped, counts)

    def _sizes(self) -> list[int]:
        """Measure what the program has changed; of the others it is known."""
        before, sizes = self.batch.literals, [self.batch.sizes[source] for source in self.sources]
        pairs = zip(self.literals, self.sources, strict=True)
        changed = [at for at, (literal, source) in enumerate(pairs) if literal != before[source]]
        for at, size in zip(changed, _sizes([self.literals[at] for at in changed]), strict=True):
            sizes[at] = size
        return sizes


def _results(line: bytes) -> Iterator[bytes]:
    """Yield the events of one result; none where it isn't an object, or a list of them."""
    if line[:1] == b"{":
        yield line
    elif line[:1] == b"[":
        members = [bytes(each) for each in _decode_list(line)]
        if all(each[:1] == b"{" for each in members):
            yield from members


def _literal(message: bytes, whole: bytes) -> bytes:
    """Return an event's text as a literal: a message that is no text is delivered as JSON; without one, all of it."""
    if message[0] == _QUOTE:
        return message
    return _encode((whole if message == _ABSENT else message).decode())


def _near(own: Sequence[int], found: Sequence[int | None]) -> tuple[list[int], int]:
    """Return the times that hold, and how many of the program's don't."""
    times, kept = [], 0
    for mine, time in zip(own, found, strict=True):
        if time is not None and abs(time - mine) <= MAX_TIME_CHANGE_MS:
            times.append(time)
        else:
            times.append(mine)
            kept += time is not None
    return times, kept


def _sizes(literals: Sequence[bytes]) -> list[int]:
    return utf8_sizes(_decode_strings(b"[%b]" % b",".join(literals)))
