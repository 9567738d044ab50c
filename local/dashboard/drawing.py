"""An SVG of a dashboard: one rectangle a widget, where the definition puts it."""

from collections.abc import Iterator, Sequence
from html import escape

from local.dashboard.definition import Widget
from local.dashboard.recorded import Curve, Span

COLUMN, ROW, GAP = 46, 28, 6  # pixels of the grid, and between rectangles
PLOT_TOP, LEGEND_LINE, LETTER = 24, 11, 5.2
COLOURS = ("#1f6fb4", "#d9602b", "#2e9e5b", "#b5332e", "#7d5ba6", "#8c6d46", "#d678b4", "#6f7780", "#a5a81f", "#20a5b5")
MOST_LABELS = 5
STYLE = (
    "text{font-family:sans-serif;font-size:9px;fill:#444}.t{font-size:10px;font-weight:bold;fill:#222}"
    ".h{font-size:13px;font-weight:bold;fill:#222}.w{fill:#fff;stroke:#d0d4d9}.a{stroke:#e6e8eb}"
)


def draw(widgets: Sequence[Widget], curves: Sequence[list[Curve]], span: Span, heading: str) -> str:
    """Give the picture's text."""
    width = 24 * COLUMN + GAP
    height = max(widget.y + widget.height for widget in widgets) * ROW + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        f"<style>{STYLE}</style>",
        f'<rect width="{width}" height="{height}" fill="#f4f5f7"/>',
        f'<text class="h" x="{GAP}" y="18">{escape(heading)}</text>',
    ]
    for widget, its_curves in zip(widgets, curves, strict=True):
        parts += _widget(widget, its_curves, span)
    return "\n".join([*parts, "</svg>", ""])


def _widget(widget: Widget, curves: list[Curve], span: Span) -> Iterator[str]:
    x, y = widget.x * COLUMN + GAP, widget.y * ROW + 26
    width, height = widget.width * COLUMN - GAP, widget.height * ROW - GAP
    if widget.kind == "text":
        yield f'<text class="h" x="{x}" y="{y + 17}">{escape(widget.text)}</text>'
        return
    yield f'<g transform="translate({x},{y})"><rect class="w" width="{width}" height="{height}" rx="3"/>'
    yield f'<text class="t" x="6" y="14">{escape(_cut(widget.text, width * 0.8))}</text>'
    yield from _names(widget.alarms, width) if widget.kind == "alarm" else _plot(curves, span, width, height)
    yield "</g>"


def _names(alarms: Sequence[str], width: int) -> Iterator[str]:
    """Write alarms' names in columns, without what all of them begin with and the hash at the end."""
    columns, lines = 4, max(1, -(-len(alarms) // 4))
    for number, name in enumerate(alarms):
        short = name.partition("-Alarms")[2].partition("Alarm")[0] or name
        x, y = number // lines * (width // columns) + 8, 26 + number % lines * LEGEND_LINE * 0.95
        yield f'<text x="{x}" y="{y:.0f}">{escape(_cut(short, width // columns))}</text>'


def _plot(curves: list[Curve], span: Span, width: int, height: int) -> Iterator[str]:
    shown = [curve for curve in curves if curve.values]
    labels = shown[:MOST_LABELS]
    bottom = height - LEGEND_LINE * (len(labels) + (len(shown) > MOST_LABELS)) - 8
    left, right = 44, width - 8
    most = max((value for curve in shown for value in curve.values.values()), default=0.0)
    yield f'<path class="a" d="M{left} {PLOT_TOP}H{right}M{left} {bottom}H{right}"/>'
    if not shown:
        yield f'<text x="{left + 4}" y="{(PLOT_TOP + bottom) // 2}">no data</text>'
        return
    yield f'<text x="{left - 4}" y="{PLOT_TOP + 4}" text-anchor="end">{_number(most)}</text>'
    yield f'<text x="{left - 4}" y="{bottom + 3}" text-anchor="end">0</text>'
    length = max(span.end - span.begin, span.period)
    for curve, colour in zip(shown, COLOURS * (1 + len(shown) // len(COLOURS)), strict=False):
        points = [
            (
                left + (right - left) * min(1.0, max(0.0, (at - span.begin) / length)),
                bottom - (bottom - PLOT_TOP) * (value / most if most else 0.0),
            )
            for at, value in sorted(curve.values.items())
        ]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        yield f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.4"/>'
        dots = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in points)  # where there is a value: between them is only a line
        yield f'<path d="{dots}" stroke="{colour}" stroke-width="4" stroke-linecap="round"/>'
    for number, (curve, colour) in enumerate(zip(labels, COLOURS, strict=False)):
        y = bottom + 6 + LEGEND_LINE * (number + 0.7)
        text = f"{curve.label}: {_number(max(curve.values.values()))}"
        yield f'<rect x="8" y="{y - 7:.0f}" width="7" height="7" fill="{colour}"/>'
        yield f'<text x="19" y="{y:.0f}">{escape(_cut(text, width - 24))}</text>'
    if len(shown) > MOST_LABELS:
        y = bottom + 6 + LEGEND_LINE * (MOST_LABELS + 0.7)
        yield f'<text x="19" y="{y:.0f}">and {len(shown) - MOST_LABELS} more</text>'


def _number(value: float) -> str:
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:.3g} {letter}"
    return f"{value:.3g}"


def _cut(text: str, width: float) -> str:
    letters = int(width / LETTER)
    return text if len(text) <= letters else f"{text[: letters - 1]}…"
