"""The figures of ``build/bench/processor.json`` as a table and a picture: ``python -m benchmarks.report [--write]``.

``--write`` renews the part of ``docs/performance.md`` between its two marks.
"""

import argparse
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.pages import renewed
from benchmarks.processor import REPORT

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
MARK = "figures"
Row = Mapping[str, Any]


def section(rows: Iterable[Row]) -> str:
    """Write the generated part of the page: ratios, picture, rows."""
    by_place: dict[tuple[str, int, int], dict[str, Row]] = {}
    for row in rows:
        by_place.setdefault((row["case"], row["destinations"], row["latency_ms"]), {})[row["contender"]] = row
    return "\n\n".join([_ratios(by_place), _picture(by_place), _all(by_place)])


def _ratios(places: Mapping[tuple[str, int, int], Mapping[str, Row]]) -> str:
    lines = [
        "| case | destinations | a call takes | stdlib / ours | orjson / ours | ours / floor |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for (case, destinations, latency), found in places.items():
        if "ours" in found:
            cells = [_ratio(found, "stdlib", "ours"), _ratio(found, "orjson", "ours")]
            cells.append(_ratio(found, "ours", "floor") if case != "small" else "")
            lines.append(f"| {case} | {destinations} | {latency} ms | {' | '.join(cells)} |")
    return "\n".join(lines)


def _ratio(found: Mapping[str, Row], one: str, other: str) -> str:
    if one not in found or other not in found or not found[other]["cpu_seconds"]:
        return ""
    return f"{found[one]['cpu_seconds'] / found[other]['cpu_seconds']:.2f}"


def _picture(places: Mapping[tuple[str, int, int], Mapping[str, Row]]) -> str:
    shown = [
        (case, found) for (case, destinations, latency), found in places.items() if (destinations, latency) == (1, 0)
    ]
    shown = [(case, found) for case, found in shown if {"ours", "stdlib"} <= set(found)]
    names = ", ".join(f'"{case}"' for case, _ in shown)
    bars = ", ".join(f"{found['stdlib']['cpu_seconds'] / found['ours']['cpu_seconds']:.2f}" for _, found in shown)
    return (
        "```mermaid\nxychart-beta\n"
        '    title "CPU of the straightforward processor (stdlib) as a multiple of ours, one destination"\n'
        f"    x-axis [{names}]\n    bar [{bars}]\n```"
    )


def _all(places: Mapping[tuple[str, int, int], Mapping[str, Row]]) -> str:
    lines = [
        "| case | contender | destinations | a call takes | events | CPU | wall | peak memory | calls |",
        "|---|---|---:|---:|---:|---:|---:|---:|---|",
    ]
    for (case, destinations, latency), found in places.items():
        for name, row in found.items():
            calls = ", ".join(f"{action} {count}" for action, count in sorted(row["calls"].items()))
            lines.append(
                f"| {case} | {name} | {destinations} | {latency} ms | {row['events']:,} | {row['cpu_seconds']:.2f} s "
                f"| {row['wall_seconds']:.2f} s | {row['peak_rss_bytes'] >> 20} MiB | {calls} |"
            )
    return "\n".join(lines)


def main() -> None:
    """Print the section, or write it into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="renew docs/performance.md")
    rows = json.loads(REPORT.read_text())["rows"]
    if parser.parse_args().write:
        PAGE.write_text(renewed(PAGE.read_text(), MARK, section(rows)))
    else:
        print(section(rows))


if __name__ == "__main__":
    main()
