"""This checkout's processor beside that of an earlier commit, in one run: ``python -m benchmarks.against COMMIT``.

The commit's files and its pinned environment are laid out under ``build/against``. Both processors settle the same
cases by turns, each with its own commit's benchmark, so that what else the machine does meets both alike. The status
is 1 where this checkout takes more CPU than it may.
"""

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CASES = ("small", "typical", "real", "big", "copies")
DESTINATIONS = {"copies": 5}
MOST = 1.05
"""CPU of this checkout as a share of the earlier commit's."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Medians of one case, in seconds of CPU."""

    case: str
    before: float
    now: float

    @property
    def ratio(self) -> float:
        """This checkout's, as a share of the commit's."""
        return self.now / self.before


def main() -> int:
    """Measure both, print each case, say whether all are within the bound."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commit")
    parser.add_argument("--cases", nargs="+", choices=CASES, default=CASES)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--small-objects", type=int, default=2_000)
    chosen = parser.parse_args()
    trees = {"before": laid_out(chosen.commit), "now": ROOT}
    taken: dict[str, dict[str, list[float]]] = {case: {name: [] for name in trees} for case in chosen.cases}
    for number in range(chosen.rounds):
        for case in chosen.cases:
            for name in sorted(trees, reverse=bool(number % 2)):
                taken[case][name].append(cpu_seconds(trees[name], case, chosen.small_objects))
    return report(list(medians(taken)))


def laid_out(commit: str) -> Path:
    """Return a folder with the commit's files and its environment."""
    tree = ROOT / "build" / "against" / commit
    if not (tree / "Makefile").exists():
        tree.mkdir(parents=True, exist_ok=True)
        files = subprocess.run(["git", "archive", commit], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
        subprocess.run(["tar", "--extract"], cwd=tree, input=files, check=True)
    subprocess.run(["make", "--silent", "setup"], cwd=tree, check=True)
    return tree


def cpu_seconds(tree: Path, case: str, small_objects: int) -> float:
    """Return the CPU seconds that a tree's processor takes for a case, warm."""
    written = tree / "build" / "bench" / "against.json"
    options = ("--rounds", 1, "--contenders", "ours", "--latency", 0, "--destinations", DESTINATIONS.get(case, 1))
    chosen = ("--cases", case, "--small-objects", small_objects, "--report", written)
    command = [tree / ".venv" / "bin" / "python", "-m", "benchmarks.processor", *options, *chosen]
    subprocess.run([str(word) for word in command], cwd=tree, check=True, stdout=subprocess.DEVNULL)
    (row,) = json.loads(written.read_text())["rows"]
    return float(row["cpu_seconds"])


def medians(taken: Mapping[str, Mapping[str, Sequence[float]]]) -> Iterator[Compared]:
    """Yield each case's."""
    for case, of in taken.items():
        yield Compared(case, statistics.median(of["before"]), statistics.median(of["now"]))


def report(found: Sequence[Compared]) -> int:
    """Print each case; return 1 where one takes more than it may, else 0."""
    for each in found:
        print(f"{each.case:8} {each.before:8.3f} s before {each.now:8.3f} s now  x{each.ratio:5.2f}")
    return int(any(each.ratio > MOST for each in found))


if __name__ == "__main__":
    sys.exit(main())
