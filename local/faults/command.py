"""`python -m local faults`: a cloud of its own, every kind of fault, the report."""

import random
import time
from dataclasses import dataclass
from pathlib import Path

from local.accounts import EmbeddedAccounts
from local.deployment.environment_file import LocalEnvironment
from local.emulator import REGION
from local.faults.catalogue import KINDS
from local.faults.kind import Kind
from local.faults.report import markdown, print_measured, print_rows, write_report
from local.faults.run import Effort, Run
from local.faults.short_timeouts import Pace
from local.faults.tenants import Place
from local.reporting import Steps, console


@dataclass(frozen=True, slots=True)
class Options:
    """What the command was told. ``duration``: seconds for all kinds together; ``only``: names of kinds, or none."""

    duration: float
    seed: int | None
    target: int
    hour_seconds: float
    only: tuple[str, ...] = ()


def run_faults(endpoint_url: str, home: Path, options: Options, steps: Steps) -> bool:
    """Run against what is deployed in ``home``; write and print the report. Says whether every promise was kept."""
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1_000_000)
    place = Place(EmbeddedAccounts(endpoint_url, REGION), LocalEnvironment.load(home), home)
    effort = Effort(seed, options.target, options.duration, Pace(options.hour_seconds))
    begun = time.monotonic()
    found = Run(place, chosen(options.only), effort, steps.begin, steps.update, _note).run()
    seconds = round(time.monotonic() - begun, 1)
    again = f"make faults SEED={seed} DURATION={options.duration:g} INJECTIONS={options.target}"
    again += f" HOUR={options.hour_seconds:g}"
    write_report(home / "report.json", found.rows, found.measured, seed=seed, seconds=seconds, command=again)
    (home / "report.md").write_text(markdown(found.rows, found.measured))
    print_rows(found.rows)
    print_measured(found.measured)
    console.print(f"seed {seed}, {seconds:,.0f} s; {home / 'report.json'}; again: {again}", highlight=False)
    for name, injected in found.short.items():
        style = None if injected else "bold red"
        console.print(f"{name}: only {injected} faults; give it longer (DURATION=…)", style=style, highlight=False)
    return found.holds


def _note(text: str) -> None:
    console.print(f"  {text}", highlight=False)


def chosen(names: tuple[str, ...]) -> list[Kind]:
    """Give the kinds of these names; all where there are none.

    :raises ValueError: there is no such kind.
    """
    known = {kind.name: kind for kind in KINDS}
    if unknown := set(names) - set(known):
        raise ValueError(f"no such kind: {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    return [known[name] for name in names] if names else list(KINDS)
