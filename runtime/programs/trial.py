"""A program tried on some lines, stored or not: what it makes of each, and what it costs. Nothing is kept."""

from collections.abc import Mapping, Sequence
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
from runtime.programs.sandbox import Sandbox

SECONDS: Final = 20.0
MEASURED_ROUNDS: Final = 3
"""Ours: the least of so many runs is what it takes; the first one pays for what a program's start needs."""
MAX_ERROR_CHARACTERS: Final = 500
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


@dataclass(frozen=True, slots=True)
class ProgramTrial:
    """What a program made of all lines; ``counts`` as in a record. Dollars are for 1,024³ bytes of such lines."""

    events: tuple[TriedEvent, ...]
    counts: Mapping[str, int]
    microseconds_an_event: float
    dollars_a_gb: float


def try_program(
    transform: Transform, lines: Sequence[str], key: ObjectKey, now_ms: int, sandbox: Sandbox
) -> ProgramTrial:
    """Run a program over lines, each an event of now.

    :raises runtime.programs.sandbox.ProgramKilledError: and what ``application.apply`` raises besides.
    """
    sizes = [len(line.encode()) for line in lines]
    batch = Batch(0, [now_ms] * len(lines), list(map(_encode, lines)), sizes)
    tried = [application.run(transform, batch, key, sandbox, SECONDS) for _ in range(MEASURED_ROUNDS)]
    output, answer = application.read(batch, transform.on_error, tried[0].text), tried[0].text.split(b"\n")
    after: list[list[tuple[int, str]]] = [[] for _ in lines]
    for source, time, message in zip(output.sources, output.batch.timestamps, output.batch.literals, strict=True):
        after[source].append((time, _decode(message)))
    failed = {at for at, text in enumerate(answer) if text.startswith(worker.FAILED.encode())} | {*output.failed}
    dropped = {*output.dropped}
    cpu_us = min(one.cpu_us for one in tried)
    events = tuple(
        TriedEvent(
            line,
            tuple(after[at]),
            "dropped" if at in dropped else "failed" if at in failed else "delivered",
            answer[at][1:].decode()[:MAX_ERROR_CHARACTERS] if at in failed else "",
        )
        for at, line in enumerate(lines)
    )
    dollars = program_dollars(cpu_us / 1e6, len(lines), list_prices(), Assumptions())
    return ProgramTrial(events, output.counts, cpu_us / len(lines), dollars / max(1, sum(sizes)) * GIB)
