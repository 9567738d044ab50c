"""`make explore`: run the schedules of many seeds in simulated time; print the smallest form of those that fail."""

import json
import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from local.reporting import Steps, console
from tests.exploration.planted import ALL as BUGS
from tests.exploration.planted import first_finding
from tests.exploration.run import run, run_seeds, shrink
from tests.exploration.schedule import Schedule, draw

BUILD = Path(__file__).parents[2] / "build" / "explore"
CHUNK = 20  # seeds that one process runs in a row
SHOWN = 3  # failing schedules that are made smaller: each takes up to a minute
STORY = 60  # of the last calls of a schedule that is shown


def main(
    seeds: Annotated[str, typer.Option(help="one, or a range: 1-10000")] = "1-1000",
    planted: Annotated[bool, typer.Option(help="plant bugs, and look for each in these seeds instead")] = False,
    file: Annotated[Path | None, typer.Option(help="run this schedule instead, and print all of its calls")] = None,
) -> None:
    """Run schedules. Status 1 if one of them fails."""
    if file:
        _run_file(file)
        return
    first, _, last = seeds.partition("-")
    wanted = range(int(first), int(last or first) + 1)
    if planted:
        _find_planted(wanted)
        return
    begun = time.monotonic()
    report = {"schedules": 0, "faults": 0, "simulated_seconds": 0.0, "wall_seconds": 0.0, "lost": 0, "failing": []}
    with Steps() as steps:
        steps.begin(f"{len(wanted):,} schedules")
        for outcome in _outcomes(wanted):
            for name, value in outcome.items():
                report[name] += value
            steps.update(f"{report['schedules']:,} done, {len(report['failing'])} failing")
    report["wall_seconds"] = round(time.monotonic() - begun, 1)
    report["simulated_seconds"] = round(report["simulated_seconds"])
    BUILD.mkdir(parents=True, exist_ok=True)
    (BUILD / "report.json").write_text(json.dumps(report, indent=2) + "\n")
    _print(report)
    if report["failing"]:
        raise typer.Exit(1)


def _find_planted(wanted):
    """Look for each planted bug in the seeds, and say which is the first that finds it."""
    missed = 0
    with ProcessPoolExecutor(os.cpu_count(), multiprocessing.get_context("spawn")) as pool:
        for bug, found in zip(BUGS, pool.map(partial(first_finding, wanted), BUGS), strict=True):
            missed += found is None
            console.print(f"{bug}: {'not found' if found is None else f'seed {found}'}", highlight=False)
    if missed:
        raise typer.Exit(1)


def _outcomes(wanted):
    chunks = [wanted[start : start + CHUNK] for start in range(0, len(wanted), CHUNK)]
    processes = min(len(chunks), os.cpu_count() or 1)
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(run_seeds, chunks)


def _print(report):
    hours = report["simulated_seconds"] / 3600
    console.print(
        f"{report['schedules']:,} schedules, {report['faults']:,} failed calls, {hours:,.0f} simulated hours in "
        f"{report['wall_seconds']:.0f} s; {len(report['failing'])} failing"
    )
    for failing in report["failing"]:
        console.print(f"seed {failing['seed']}: {failing['what']}", style="red", markup=False)
    for failing in report["failing"][:SHOWN]:
        schedule = draw(failing["seed"])
        kinds = {each.kind for each in run(schedule).failures}
        small = shrink(schedule, kinds)
        path = BUILD / f"seed-{failing['seed']}.json"
        path.write_text(small.write() + "\n")
        console.print(f"\nthe smallest of seed {failing['seed']}, also in {path}:", markup=False)
        console.print(small.write(), markup=False, highlight=False)
        _tell(run(small), STORY)


def _run_file(path):
    result = run(Schedule.read(path.read_text()))
    _tell(result, len(result.story))
    if result.failures:
        raise typer.Exit(1)


def _tell(result, lines):
    for line in result.story[-lines:]:
        console.print(line, markup=False, highlight=False)
    for failure in result.failures:
        console.print(f"{failure.kind}: {failure.what}", style="red", markup=False)


if __name__ == "__main__":
    typer.run(main)
