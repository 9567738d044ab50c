"""The figures of ``build/bench/processor.json`` as a table and a picture: ``python -m benchmarks.report [--write]``.

``--write`` renews the parts of ``docs/performance.md`` between their marks; that of the destinations from
``destinations.json``, where there is one.
"""

import argparse
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.destinations import GOALS
from benchmarks.destinations import REPORT as DESTINATIONS
from benchmarks.pages import renewed
from benchmarks.processor import REPORT
from benchmarks.start import REPORT as START

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
MARK, DESTINATIONS_MARK = "figures", "destinations"
Row = Mapping[str, Any]
Place = tuple[str, int, int]
"""Case, destinations, ms that a call takes."""
Places = Mapping[Place, Mapping[str, Row]]


def section(rows: Iterable[Row], start: Iterable[Row] = ()) -> str:
    """Write the generated part of the page: ratios, picture, rows. ``start``: the rows of ``start.json``."""
    places: dict[Place, dict[str, Row]] = {}
    for row in rows:
        places.setdefault((row["case"], row["destinations"], row["latency_ms"]), {})[row["contender"]] = row
    most = max((row["rounds"] for found in places.values() for row in found.values()), default=0)
    rounds = f"Medians of {most} rounds, fewer where one takes long." if most > 1 else "One round of each."
    return "\n\n".join([rounds, _ratios(places), _seen(places, start), _picture(places), _calls(places), _all(places)])


def _ratios(places: Places) -> str:
    lines = [
        "| case | destinations | a call takes | stdlib / ours | orjson / ours | ours / floor |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for (case, destinations, latency), found in places.items():
        if "ours" in found:
            cells = [_ratio(found, "stdlib", "ours"), _ratio(found, "orjson", "ours"), _ratio(found, "ours", "floor")]
            lines.append(f"| {case} | {destinations} | {latency} ms | {' | '.join(cells)} |")
    return "\n".join(lines)


def _ratio(found: Mapping[str, Row], one: str, other: str) -> str:
    if one not in found or other not in found or not found[other]["cpu_seconds"]:
        return ""
    return f"{found[one]['cpu_seconds'] / found[other]['cpu_seconds']:.2f}"


def _seen(places: Places, start: Iterable[Row]) -> str:
    """Write what isn't a ratio of two contenders' CPU."""
    started = {row["contender"]: row["cpu_seconds"] for row in start}
    facts = [
        ("`big` at 40 ms a call: time, of what serial calls would take", _of_serial(places)),
        ("a second log group's CPU, of the first one's (`big`)", _added(places)),
        ("peak memory, all cases", _peak(row for (_, _, _), found in places.items() for row in _ours(found))),
        (
            "peak memory, `huge` and `big`",
            " and ".join(filter(None, (_peak_of(places, "huge"), _peak_of(places, "big")))),
        ),
        ("`5k tenants` after one object of each: AssumeRole and Query an object, peak memory", _of_many(places)),
        ("CPU of a process's start up to its first settled object, of the straightforward one's", _of(started)),
    ]
    return "\n".join(["| | |", "|---|---:|", *(f"| {what} | {figure} |" for what, figure in facts if figure)])


def _of_serial(places: Places) -> str:
    slow, fast = (places.get(("big", 1, latency), {}).get("ours") for latency in (40, 0))
    if slow is None or fast is None:
        return ""
    return f"{slow['wall_seconds'] / (fast['wall_seconds'] + slow['calls']['PutLogEvents'] * 0.04):.0%}"


def _added(places: Places) -> str:
    one, two = (places.get(("big", destinations, 0), {}).get("ours") for destinations in (1, 2))
    return f"{two['cpu_seconds'] / one['cpu_seconds'] - 1:.0%}" if one and two else ""


def _of_many(places: Places) -> str:
    row = places.get(("5k tenants", 1, 0), {}).get("ours")
    if row is None:
        return ""
    shares = (row["calls"].get(action, 0) / row["objects"] for action in ("AssumeRole", "Query"))
    return f"{' and '.join(f'{share:.2f}' for share in shares)}, {row['peak_rss_bytes'] >> 20} MiB"


def _ours(found: Mapping[str, Row]) -> Iterable[Row]:
    return (row for name, row in found.items() if name == "ours")


def _peak(rows: Iterable[Row]) -> str:
    most = max((row["peak_rss_bytes"] for row in rows), default=0)
    return f"{most >> 20} MiB" if most else ""


def _peak_of(places: Places, wanted: str) -> str:
    return _peak(
        row
        for (case, destinations, _), found in places.items()
        if (case, destinations) == (wanted, 1)
        for row in _ours(found)
    )


def _of(started: Mapping[str, float]) -> str:
    return f"{started['ours'] / started['stdlib']:.0%}" if {"ours", "stdlib"} <= set(started) else ""


def _calls(places: Places) -> str:
    """Write our calls an object, all that the process made since its start."""
    lines = ["| case | destinations | calls an object, everything since the process's start |", "|---|---:|---|"]
    for (case, destinations, latency), found in places.items():
        for row in _ours(found) if not latency else ():
            total = {action: count * row["rounds"] for action, count in row["calls"].items()}
            for action, count in row["warm_up_calls"].items():
                total[action] = total.get(action, 0) + count
            each = {action: count / (row["objects"] * row["rounds"]) for action, count in total.items()}
            text = ", ".join(f"{action} {count:.3g}" for action, count in sorted(each.items()))
            if row["objects"] > 1:
                lines.append(f"| {case} | {destinations} | {text} |")
    return "\n".join(lines)


def _picture(places: Places) -> str:
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


def _all(places: Places) -> str:
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


def destinations_section(rows: Iterable[Row]) -> str:
    """Write the table of the destinations: what sending an event costs beside a straightforward client, and memory."""
    found: dict[str, dict[str, Row]] = {}
    for row in rows:
        found.setdefault(row["method"], {})[row["contender"]] = row
    lines = [
        "| method | ours | straightforward | goal | reading alone | peak memory, ours | straightforward |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for method, each in found.items():
        ours, other = each["ours"], each["straightforward"]
        costs = (ours["sending_us_per_event"], other["sending_us_per_event"])
        lines.append(
            f"| `{method}` | {costs[0]:.1f} µs | {costs[1]:.1f} µs | {GOALS[method]:.0f} µs "
            f"| {each['read']['cpu_us_per_event']:.1f} µs "
            f"| {ours['peak_rss_bytes'] >> 20} MiB | {other['peak_rss_bytes'] >> 20} MiB |"
        )
    return "\n".join(lines)


def main() -> None:
    """Print the section, or write it into the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="renew docs/performance.md")
    asked = parser.parse_args()
    sections = {}
    if REPORT.exists():
        start = json.loads(START.read_text())["rows"] if START.exists() else ()
        sections[MARK] = section(json.loads(REPORT.read_text())["rows"], start)
    if DESTINATIONS.exists():
        sections[DESTINATIONS_MARK] = destinations_section(json.loads(DESTINATIONS.read_text())["rows"])
    for mark, text in sections.items():
        if asked.write:
            PAGE.write_text(renewed(PAGE.read_text(), mark, text))
        else:
            print(text)


if __name__ == "__main__":
    main()
