"""Times as a table has room for them."""

from typing import Final

_UNITS: Final = ((86_400, "d"), (3_600, "h"), (60, "m"))
UNKNOWN: Final = "-"


def short(seconds: float | None) -> str:
    """Write a duration in its largest unit: ``42s``, ``7m``, ``3h``, ``2d``; under ten seconds with a tenth."""
    if seconds is None:
        return UNKNOWN
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds:.1f}s" if seconds < 10 else f"{seconds:.0f}s"  # noqa: PLR2004 - as the docstring says


def ago(at: float, now: float) -> str:
    """Write how long ago a time was (epoch s); 0: never."""
    return short(max(0.0, now - at)) if at else UNKNOWN
