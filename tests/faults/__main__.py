"""`make faults`: a cloud of its own, every kind of fault, the report."""

import random
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Annotated, Never

import typer

from local.accounts import EmbeddedAccounts
from local.commands import temporary_cloud
from local.deployment.deploy import Deployment
from local.deployment.environment_file import LocalEnvironment
from local.emulator import REGION
from local.paths import FAULTS_HOME
from local.reporting import Steps, console
from tests.faults.catalogue import chosen
from tests.faults.report import Report
from tests.faults.run import Effort, Run, Screen
from tests.faults.short_timeouts import TimeScale
from tests.faults.tenants import Place

HOUR_SECONDS, LEAST_HOUR_SECONDS, HOURS_OF_A_RUN = 36.0, 1.0, 60.0


def main(
    duration: Annotated[float, typer.Option(help="seconds for all kinds together")] = 2400,
    seed: Annotated[int | None, typer.Option(help="of the plan; by default another one each time")] = None,
    injections: Annotated[int, typer.Option(help="faults of each kind, at most")] = 200,
    hour: Annotated[float | None, typer.Option(help="seconds that an hour of the delivery schedule takes")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="only this kind; may be repeated")] = None,
) -> None:
    """Inject faults into the deployed runtime's calls, count what arrived. Status 1 if a row's promise is broken."""
    signal.signal(signal.SIGTERM, _interrupt)  # so that everything is ended, as on Ctrl-C
    seed = random.SystemRandom().randrange(1_000_000) if seed is None else seed
    hour = hour or max(LEAST_HOUR_SECONDS, min(HOUR_SECONDS, duration / HOURS_OF_A_RUN))
    kinds = chosen(tuple(kind or ()))
    again = f"make faults SEED={seed} DURATION={duration:g} INJECTIONS={injections} HOUR={hour:g}"
    with Steps() as steps, temporary_cloud(FAULTS_HOME, steps) as server:
        accounts = EmbeddedAccounts(server.endpoint_url, REGION)
        Deployment(accounts, FAULTS_HOME, steps.begin).run()
        report = Report(FAULTS_HOME, {"seed": seed, "command": again})
        place = Place(accounts, LocalEnvironment.load(FAULTS_HOME), FAULTS_HOME)
        screen = Screen(steps.begin, steps.update, _note, report.add)
        begun = time.monotonic()
        run = Run(place, kinds, Effort(seed, injections, duration, TimeScale(hour)), screen)
        rows = run.run()
        report.write(complete=True, seconds=round(time.monotonic() - begun, 1))
    _conclude(report, FAULTS_HOME / "report.json", again, time.monotonic() - begun)
    for row, one in zip(rows[1:], kinds, strict=False):
        if row.injected < run.target(one):
            console.print(f"{row.kind}: only {row.injected} faults; give it longer (DURATION=…)", highlight=False)
    if not report.holds:
        raise typer.Exit(1)


def _conclude(report: Report, path: Path, again: str, seconds: float) -> None:
    for row in report.rows:
        if row.broken:
            console.print(f"{row.kind}: {'; '.join(row.broken)}", style="bold red", highlight=False, markup=False)
    injected = sum(row.injected for row in report.rows)
    lost, doubled = (sum(getattr(row.tally, name) for row in report.rows) for name in ("lost", "doubled"))
    bound = sum(row.tally.doubled_bound for row in report.rows)
    console.print(
        f"{len(report.rows)} rows, {injected:,} faults met, {lost:,} events lost, {doubled:,} doubled of at most "
        f"{bound:,}; {seconds:,.0f} s; {path}; again: {again}",
        highlight=False,
    )


def _note(text: str) -> None:
    console.print(f"  {text}", highlight=False, markup=False)


def _interrupt(_signal: int, _frame: FrameType | None) -> Never:
    sys.exit(143)


if __name__ == "__main__":
    typer.run(main)
