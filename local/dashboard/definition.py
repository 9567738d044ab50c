"""A dashboard's body, as CloudWatch keeps it (CloudWatch API reference, "Dashboard Body Structure and Syntax")."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

SEARCH = re.compile(
    r"SLICE\(SORT\(SEARCH\('\{(?P<schema>[^}]+)\} (?P<words>.*)', '(?P<statistic>\w+)', \d+\), "
    r"(?P<by>SUM|MAX), DESC\), 0, (?P<most>\d+)\)"
)
WORD = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Line:
    """One metric of a graph. ``dimensions`` are exact, and complete."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str
    label: str


@dataclass(frozen=True, slots=True)
class Search:
    """All metrics with these dimensions' names, of which some values are given: the ``most`` largest of them."""

    namespace: str
    name: str
    names: frozenset[str]
    given: Mapping[str, str]
    statistic: str
    by_sum: bool
    most: int


@dataclass(frozen=True, slots=True)
class Widget:
    """A rectangle of the dashboard, in its grid of 24 columns. ``text`` is a title, or what a text widget says."""

    kind: str
    x: int
    y: int
    width: int
    height: int
    text: str
    contents: tuple[Line | Search, ...] = ()
    alarms: tuple[str, ...] = ()

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> Self:
        """Read one. Raises ``ValueError`` for an expression that the stacks don't write."""
        properties = body["properties"]
        return cls(
            body["type"],
            body["x"],
            body["y"],
            body["width"],
            body["height"],
            properties.get("title") or properties.get("markdown", "").lstrip("# "),
            tuple(_content(entry) for entry in properties.get("metrics", ())),
            tuple(arn.rsplit(":", 1)[-1] for arn in properties.get("alarms", ())),
        )


def _content(entry: list[Any]) -> Line | Search:
    """Read ``[namespace, name, dimension, value, …, {options}]`` or ``[{expression}]``."""
    *words, options = entry if isinstance(entry[-1], dict) else [*entry, {}]
    if "expression" in options:
        return _search(options["expression"])
    namespace, name, *rest = words
    dimensions = dict(zip(rest[::2], rest[1::2], strict=True))
    label = options.get("label") or f"{name} {options.get('stat', '')}".strip()
    return Line(namespace, name, dimensions, options.get("stat", "Average"), label)


def _search(expression: str) -> Search:
    found = SEARCH.fullmatch(expression)
    if found is None:
        raise ValueError(f"no search of the stacks' own form: {expression}")
    namespace, *names = found["schema"].split(",")
    given = dict(WORD.findall(found["words"]))
    name = given.pop("MetricName")
    return Search(
        namespace, name, frozenset(names), given, found["statistic"], found["by"] == "SUM", int(found["most"])
    )
