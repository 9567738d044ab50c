"""What a customer is notified of, as SNS and EventBridge carry it: never the line itself, which is in their logs."""

import json
from datetime import UTC, datetime
from typing import Any, Final

from runtime.alerts.ready_made import READY_MADE
from runtime.alerts.work import AlertNotification

VERSION: Final = 1
"""Of the document. Fields may be added; one never changes its meaning."""
SOURCE: Final = "logrouter.alerts"
DETAIL_TYPE: Final = {"firing": "Alert firing", "resolved": "Alert resolved"}
MAX_SUBJECT: Final = 100
"""SNS API reference, Publish: the subject is printable ASCII and shorter than 100 characters."""


def document(notification: AlertNotification) -> dict[str, Any]:
    """Return its fields. Times are ISO 8601 in UTC."""
    pending, rule = notification.pending, notification.rule
    ready = READY_MADE.get(rule.ready_made or "")
    return {
        "version": VERSION,
        "id": notification.id,
        "state": pending.kind,
        "tenant_id": rule.tenant_id,
        "rule": rule.name,
        "key": notification.key,
        "matches": pending.matches,
        "first_at": _time(pending.first_ms / 1000),
        "last_at": _time(pending.last_ms / 1000),
        "decided_at": _time(pending.decided),
        **({"title": ready.title, "next_step": ready.next_step} if ready else {}),
    }


def text(notification: AlertNotification) -> str:
    """Return the document as JSON."""
    return json.dumps(document(notification), separators=(",", ":"))


def subject(notification: AlertNotification) -> str:
    """Return a mail's subject."""
    key = ", ".join(f"{name} {value}" for name, value in notification.key.items())
    whole = f"{DETAIL_TYPE[notification.pending.kind]}: {notification.rule.name}{f' ({key})' if key else ''}"
    plain = "".join(character if " " <= character <= "~" else "?" for character in whole)
    return plain if len(plain) < MAX_SUBJECT else f"{plain[: MAX_SUBJECT - 4]}..."


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
