"""Behaviours seen in a public implementation of the same design, as test inputs (``tests/cases``)."""

import json
from pathlib import Path

CASES = Path(__file__).parents[2] / "cases"


def cases(name):
    """Return the cases of a file by their number: ``{"001": {"given": …, "expect": …}}``."""
    lines = (CASES / f"{name}.jsonl").read_text().splitlines()
    return {case["id"].removeprefix(f"{name}-")[:3]: case for case in map(json.loads, lines)}
