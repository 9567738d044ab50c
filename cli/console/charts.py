"""Charts as SVG, drawn here: positions are attributes, colours are classes, so that the pages' policy holds.

Each chart is an image with a title for those who can't see it; the page has the same numbers as a table.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

WIDTH, HEIGHT = 760, 240
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 12, 26
BAR: Final = 26
LABEL_WIDTH: Final = 260
COLOURS: Final = 5
TICKS: Final = 4


@dataclass(frozen=True, slots=True)
class Series:
    """A line. ``values`` are one for each step; ``None`` where there is nothing to draw."""

    name: str
    values: Sequence[float | None]


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the grid with its text, at a position in pixels."""

    position: float
    text: str


@dataclass(frozen=True, slots=True)
class DrawnLine:
    """A series' points for ``polyline``, in pieces where values are missing; ``dots``: pieces of one point."""

    name: str
    colour: int
    pieces: Sequence[str]
    dots: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class LineChart:
    """A chart of several series over the same steps, ready for its template."""

    title: str
    lines: Sequence[DrawnLine]
    rows: Sequence[Tick]
    columns: Sequence[Tick]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    bottom: int = HEIGHT - BOTTOM


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar with its value's text; ``top`` and ``length`` in pixels."""

    name: str
    text: str
    top: int
    length: float
    colour: int


@dataclass(frozen=True, slots=True)
class BarChart:
    """Horizontal bars, ready for its template."""

    title: str
    bars: Sequence[Bar]
    height: int
    width: int = WIDTH
    left: int = LABEL_WIDTH


def line_chart(title: str, series: Sequence[Series], labels: Sequence[str], show: Callable[[float], str]) -> LineChart:
    """Draw lines from 0 to the greatest value. ``labels``: of the steps, of which some are written."""
    greatest = max((value for one in series for value in one.values if value is not None), default=0.0) or 1.0
    across = (WIDTH - LEFT - RIGHT) / max(1, len(labels) - 1)
    down = HEIGHT - TOP - BOTTOM

    def point(index: int, value: float) -> tuple[float, float]:
        return round(LEFT + index * across, 1), round(TOP + down * (1 - value / greatest), 1)

    lines = []
    for number, one in enumerate(series):
        pieces, dots = [], []
        for missing, group in groupby(enumerate(one.values), key=lambda pair: pair[1] is None):
            points = [] if missing else [point(index, value) for index, value in group if value is not None]
            if len(points) == 1:
                dots += points
            elif points:
                pieces.append(" ".join(f"{x},{y}" for x, y in points))
        lines.append(DrawnLine(one.name, number % COLOURS + 1, pieces, dots))
    rows = [Tick(TOP + down * (1 - number / TICKS), show(greatest * number / TICKS)) for number in range(TICKS + 1)]
    every = max(1, len(labels) // TICKS)
    columns = [
        Tick(round(LEFT + index * across, 1), labels[index]) for index in range(0, len(labels) - every // 2, every)
    ]
    return LineChart(title, lines, rows, columns)


def bar_chart(title: str, values: Sequence[tuple[str, float, int]], show: Callable[[float], str]) -> BarChart:
    """Draw a bar for each (name, value, colour's number), as long as its share of the greatest."""
    greatest = max((value for _, value, _ in values), default=0.0) or 1.0
    room = WIDTH - LABEL_WIDTH - 90  # for the value's text
    bars = [
        Bar(name, show(value), index * BAR, round(max(1.0, value / greatest * room), 1), colour % COLOURS + 1)
        for index, (name, value, colour) in enumerate(values)
    ]
    return BarChart(title, bars, len(bars) * BAR + 4)
