"""`make fuzz`: read generated inputs of every kind."""

import random
from pathlib import Path
from typing import Annotated

import typer

from local.reporting import Steps
from tests.fuzzing.report import print_results, write_report
from tests.fuzzing.run import fuzz

REPORT = Path(__file__).parents[2] / "build" / "fuzz" / "report.json"


def main(
    inputs: Annotated[int, typer.Option(help="how many, over all readers")] = 1_000_000,
    seed: Annotated[int | None, typer.Option(help="by default another one each time")] = None,
) -> None:
    """Read generated inputs of every kind. Status 1 on a crash or a silent loss."""
    seed = random.SystemRandom().randrange(1_000_000) if seed is None else seed
    with Steps() as steps:
        steps.begin(f"reading {inputs:,} generated inputs, seed {seed}")
        results = fuzz(inputs, seed, steps.update)
    write_report(REPORT, results, seed)
    print_results(results)
    if any(one.findings for one in results):
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
