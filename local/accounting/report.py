"""The demo's report, on which scripts rely (contract §9)."""

import json
from collections.abc import Sequence
from pathlib import Path

from local.accounting.comparison import Count

FIELDS = ("tenant_id", "type", "expected", "delivered", "set_aside", "lost", "doubled")


def write_report(path: Path, *, events_sent: int, seconds: float, counts: Sequence[Count]) -> None:
    """Write it. ``events_sent`` are records, the empty ones too; ``seconds`` from the first object to the verdict."""
    deliveries = [{field: getattr(count, field) for field in FIELDS} for count in counts]
    report = {"events_sent": events_sent, "seconds": round(seconds, 1), "deliveries": deliveries}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=2) + "\n")
