"""A program tried on some lines, stored or not: what it makes of each, and what it costs. Nothing is kept."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from runtime.costs.assumptions import GIB, Assumptions
from runtime.costs.hosts import program_dollars
from runtime.costs.prices import list_prices
from runtime.delivery_config.transform import Transform
from runtime.objects.batches import Batch
from runtime.objects.key import ObjectKey
from runtime.programs import application, worker
from runtime.programs.application import ProgramOutput
from runtime.programs.sandbox import Sandbox
from runtime.programs.shapes import LEVEL_OF_A_LINE

SECONDS: Final = 20.0
MEASURED_ROUNDS: Final = 3
"""Ours: the least of so many runs is what it takes; the first one pays for what a program's start needs."""
MAX_ERROR_CHARACTERS: Final = 500
LEVELS: Final = {b"0": "debug", b"1": "info", b"2": "warning", b"3": "error", b"4": "fatal"}
_LEVEL: Final = f"{LEVEL_OF_A_LINE}. = level"
_decode = msgspec.json.Decoder(str).decode
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class TriedEvent:
    """One line: what becomes of it. ``after``: (epoch ms, message) of each event that is made of it.

    ``error``: why the program fails with it, in the engine's words, which may quote the line.
    """

    before: str
    after: tuple[tuple[int, str], ...]
    outcome: str
    error: str = ""
    object_key: str = ""


@dataclass(frozen=True, slots=True)
class LinesToTry:
    """Lines of one origin. ``times``: epoch ms. ``stored``: the key is of an object that there is."""

    key: ObjectKey
    times: Sequence[int]
    lines: Sequence[str]
    stored: bool = False


@dataclass(frozen=True, slots=True)
class ProgramTrial:
    """What a program made of all lines; ``counts`` as in a record. Dollars are for 1,024³ bytes of such lines."""

    events: tuple[TriedEvent, ...]
    counts: Mapping[str, int]
    microseconds_an_event: float
    dollars_a_gb: float


def try_program(transform: Transform, tried: Sequence[LinesToTry], sandbox: Sandbox) -> ProgramTrial:
    """Run a program over lines.

    :raises runtime.programs.sandbox.ProgramKilledError: and what ``application.apply`` raises besides.
    """
    events: list[TriedEvent] = []
    counts: Counter[str] = Counter()
    cpu_us = 0
    for each in tried:
        answered = [
            application.run(transform, _batch(each), each.key, sandbox, SECONDS) for _ in range(MEASURED_ROUNDS)
        ]
        output = application.read(_batch(each), transform.on_error, answered[0].text)
        events += _events(each, output, answered[0].text.split(b"\n"))
        counts.update(output.counts)
        cpu_us += min(one.cpu_us for one in answered)
    lines = max(1, len(events))
    size = max(1, sum(len(each.before.encode()) for each in events))
    dollars = program_dollars(cpu_us / 1e6, len(events), list_prices(), Assumptions())
    return ProgramTrial(tuple(events), counts, cpu_us / lines, dollars / size * GIB)


def _batch(tried: LinesToTry) -> Batch:
    sizes = [len(line.encode()) for line in tried.lines]
    return Batch(0, tried.times, list(map(_encode, tried.lines)), sizes)


def _events(tried: LinesToTry, output: ProgramOutput, answer: Sequence[bytes]) -> Iterator[TriedEvent]:
    after: list[list[tuple[int, str]]] = [[] for _ in tried.lines]
    for source, time, message in zip(output.sources, output.batch.timestamps, output.batch.literals, strict=True):
        after[source].append((time, _decode(message)))
    failed = {at for at, text in enumerate(answer) if text.startswith(worker.FAILED.encode())} | {*output.failed}
    dropped = {*output.dropped}
    for at, line in enumerate(tried.lines):
        yield TriedEvent(
            line,
            tuple(after[at]),
            "dropped" if at in dropped else "failed" if at in failed else "delivered",
            answer[at][1:].decode()[:MAX_ERROR_CHARACTERS] if at in failed else "",
            tried.key.key if tried.stored else "",
        )


def levels_of(batch: Batch, sandbox: Sandbox, seconds: float) -> list[str]:
    """Return each line's level, as the ready-made programs read it; empty: it has none. Raises as ``Sandbox.run``."""
    answer = sandbox.run(_LEVEL, application.inputs(batch, None), len(batch), seconds)
    return [LEVELS.get(each, "") for each in answer.text.split(b"\n")]
