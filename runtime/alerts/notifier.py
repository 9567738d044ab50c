"""Sends a notification into the customer's account: execution role, central role with the tenant's tag, their role.

It never holds a line, which is in the customer's logs: what it is about, how many, and when.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from runtime import scheduling
from runtime.alerts.ready_made import READY_MADE
from runtime.alerts.rule import AlertRule, EventBusNotice, SnsNotice
from runtime.alerts.tenants import AlertTenant, AlertTenants
from runtime.alerts.work import AlertNotification
from runtime.aws.clients import AwsClients
from runtime.aws.credentials import Credentials
from runtime.deliveries.sessions import CustomerSession, Sessions
from runtime.delivery_config.external_ids import NOT_THE_TENANTS, is_anothers
from runtime.delivery_config.tenant_record import SUSPENDED
from runtime.delivery_config.tenant_rules import conflicts
from runtime.errors import (
    TENANT_SUSPENDED,
    BlockedByCustomerError,
    DeliveryError,
    HeldBackError,
    Hop,
    RetryableError,
    Rule,
    classify,
)

VERSION: Final = 1
"""Of the document. Fields may be added; one never changes its meaning."""
SOURCE: Final = "logrouter.alerts"
DETAIL_TYPE: Final = {"firing": "Alert firing", "resolved": "Alert resolved"}
MAX_SUBJECT: Final = 100
"""SNS API reference, Publish: the subject is printable ASCII and shorter than 100 characters."""
SESSION_SECONDS: Final = 10.0
"""Ours: a session that takes longer isn't used for this attempt: the claim might end while the call is under way."""
_SNS_CODES: dict[str, Rule] = {
    **dict.fromkeys(("AuthorizationError", "AuthorizationErrorException"), (BlockedByCustomerError, "topic-denied")),
    **dict.fromkeys(("NotFound", "NotFoundException"), (BlockedByCustomerError, "topic-missing")),
    **dict.fromkeys(("InvalidParameter", "InvalidParameterException"), (BlockedByCustomerError, "topic-refused")),
}
"""SNS API reference, Publish, errors; the general ones are in ``runtime/errors.py``."""
_BUS_CODES: dict[str, Rule] = {
    "ResourceNotFoundException": (BlockedByCustomerError, "event-bus-missing"),
    "NotAuthorizedForSourceException": (BlockedByCustomerError, "event-bus-refused"),
    "InvalidArgument": (BlockedByCustomerError, "event-bus-refused"),
}
"""EventBridge API reference, PutEvents, errors and the entries' codes."""


@dataclass(frozen=True, slots=True)
class Notifier:
    """Shared by all threads. Called, it sends one notification, or raises ``DeliveryError``."""

    clients: AwsClients
    sessions: Sessions
    tenants: AlertTenants
    clock: Callable[[], float] = scheduling.monotonic

    def __call__(self, notification: AlertNotification) -> None:
        """Send it.

        :raises DeliveryError: the tenant's record forbids it, a hop or the destination refuses, or doesn't answer.
        """
        rule, began = notification.rule, self.clock()
        session = _session(rule, self.tenants.find(rule.tenant_id), self.sessions)
        with session.renewed():
            credentials = session.credentials()
            if self.clock() - began > SESSION_SECONDS:
                raise RetryableError("session-slow", "the session took too long; it is kept for the next attempt")
            if isinstance(rule.notify, SnsNotice):
                self._publish(rule.notify, notification, credentials)
            else:
                self._put_event(rule.notify, notification, credentials)

    def _publish(self, notice: SnsNotice, notification: AlertNotification, credentials: Credentials) -> None:
        request = {"TopicArn": notice.topic_arn, "Subject": subject(notification), "Message": text(notification)}
        if notice.topic_arn.endswith(".fifo"):
            request |= {"MessageGroupId": notification.rule.name, "MessageDeduplicationId": notification.id}
        try:
            self.clients.direct_call("sns", "Publish", _region(notice.topic_arn)).members(credentials, request)
        except Exception as error:
            raise _failure(error, "sns:Publish", notice.topic_arn, _SNS_CODES) from error

    def _put_event(self, notice: EventBusNotice, notification: AlertNotification, credentials: Credentials) -> None:
        entry = {
            "Source": SOURCE,
            "DetailType": DETAIL_TYPE[notification.pending.kind],
            "Detail": text(notification),
            "EventBusName": notice.event_bus_arn,
        }
        call = self.clients.direct_call("events", "PutEvents", _region(notice.event_bus_arn))
        try:
            answer = call.members(credentials, {"Entries": [entry]})
        except Exception as error:
            raise _failure(error, "events:PutEvents", notice.event_bus_arn, _BUS_CODES) from error
        _check_entry(answer, notice)


def _region(arn: str) -> str:
    return arn.split(":")[3]


def _failure(error: Exception, action: str, resource: str, codes: dict[str, Rule]) -> DeliveryError:
    return classify(error, hop=Hop.DESTINATION, action=action, resource=resource, codes=codes)


def _session(rule: AlertRule, tenant: AlertTenant, sessions: Sessions) -> CustomerSession:
    """Return the session of the rule's role, as the tenant's record bounds it (contract §10)."""
    notice, record = rule.notify, tenant.record
    role, external_id = notice.log_distribution_role_arn, notice.external_id
    if is_anothers(external_id, rule.tenant_id):
        raise HeldBackError(NOT_THE_TENANTS, "external_id was issued to another tenant")
    if record is None:
        return CustomerSession(sessions, rule.tenant_id, role, external_id)
    if record.state == SUSPENDED:
        raise HeldBackError(TENANT_SUSPENDED, "the tenant is suspended")
    conflict = next(conflicts(record, rule), None)
    if conflict is not None:
        raise HeldBackError(conflict.reason, f"{conflict.field} {conflict.problem}")
    own = record.external_id_for(role) or external_id
    return CustomerSession(sessions, rule.tenant_id, role, own, record.allowed_regions)


def _check_entry(answer: dict[str, object], notice: EventBusNotice) -> None:
    """Raise what the one entry failed with: PutEvents answers 200 all the same."""
    entries = answer["Entries"]
    entry = entries[0] if isinstance(entries, list) and entries else {}
    if entry.get("EventId"):
        return
    code = str(entry.get("ErrorCode") or "")
    kind, reason = _BUS_CODES.get(code, (RetryableError, "event-not-accepted"))
    raise kind(reason, f"events:PutEvents on {notice.event_bus_arn}: {code or 'no EventId'}")


def document(notification: AlertNotification) -> dict[str, object]:
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
