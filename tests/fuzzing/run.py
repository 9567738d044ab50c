"""Runs the targets until so many inputs were read."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from tests.fuzzing.targets import TARGETS, Tally, Target

MOST_FINDINGS = 20
"""After so many there is enough to fix."""


@dataclass(frozen=True, slots=True)
class Finding:
    """An input that crashed a reader, or of which something was lost. ``seed`` makes it again."""

    target: str
    seed: str
    problem: str


@dataclass(slots=True)
class Result:
    """The result of one target."""

    name: str
    inputs: int = 0
    read: int = 0
    refused: int = 0
    findings: list[Finding] = field(default_factory=list)

    def add(self, tally: Tally) -> None:
        """Add an input's tally."""
        self.inputs += tally.inputs
        self.read += tally.read
        self.refused += tally.refused


def fuzz(inputs: int, seed: int, progress: Callable[[str], None] = lambda _: None) -> list[Result]:
    """Read generated inputs, as many as asked for over all targets together."""
    return [_run(target, inputs * target.share // 100, seed, progress) for target in TARGETS]


def _run(target: Target, inputs: int, seed: int, progress: Callable[[str], None]) -> Result:
    result, number = Result(target.name), 0
    while result.inputs < inputs and len(result.findings) < MOST_FINDINGS:
        its_seed = f"{seed}/{target.name}/{number}"
        number += 1
        if number % 500 == 0:
            progress(f"{target.name}: {result.inputs:,} of {inputs:,}")
        try:
            result.add(target.run(Random(its_seed)))
        except Exception as error:  # noqa: BLE001 - a crash is what is looked for
            where = traceback.extract_tb(error.__traceback__)[-1]
            problem = f"{type(error).__name__} at {where.name}:{where.lineno}: {error}"
            result.findings.append(Finding(target.name, its_seed, problem))
            result.inputs += 1
    return result
