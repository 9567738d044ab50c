"""Times as text, for people and tables. Light: the command loads it with every answer's model."""

from datetime import UTC, datetime


def iso(at: float) -> str:
    """Write epoch seconds as ISO 8601 UTC with milliseconds."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def epoch_seconds(text: str) -> float:
    """Read ISO 8601; 0 for what isn't."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return 0.0
