"""The metrics that the code emits, and the few of Vector's own that the agent publishes.

Each custom metric costs by name and combination of dimensions (CloudWatch pricing, "Custom metrics"), so the sets below
are few and bounded: ``Method`` (installed delivery methods), ``Outcome`` (five), ``Reason`` (the words in the source),
``Circuit`` (two), ``ClusterId`` (the Region's clusters). ``TenantId`` grows with the tenants: two metrics have it, with
``Outcome`` alone; whatever else is asked of a tenant is asked of the records by a query, which costs when it is asked.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

NAMESPACE: Final = "LogRouter"
AGENT_NAMESPACE: Final = "LogRouter/Agent"


class Unit(StrEnum):
    """CloudWatch's units that are in use (CloudWatch API reference, MetricDatum)."""

    COUNT = "Count"
    BYTES = "Bytes"
    SECONDS = "Seconds"


class Dimension(StrEnum):
    """The dimensions' names."""

    METHOD = "Method"
    OUTCOME = "Outcome"
    REASON = "Reason"
    TENANT = "TenantId"
    CIRCUIT = "Circuit"
    CLUSTER = "ClusterId"


class Watch(StrEnum):
    """Who watches a metric. An alarmed one is on the dashboard too."""

    ALARM = "alarm"
    DASHBOARD = "dashboard"


type DimensionSet = tuple[Dimension, ...]

_ALL: Final[DimensionSet] = ()
_OUTCOMES: Final[tuple[DimensionSet, ...]] = ((Dimension.OUTCOME,), (Dimension.METHOD, Dimension.OUTCOME))
_TENANTS: Final[DimensionSet] = (Dimension.TENANT, Dimension.OUTCOME)


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """One metric. Each is one constant, compared by identity: they are keys of every record.

    :param sets: the combinations of dimensions under which it is emitted, as far as a line has values for them.
    """

    name: str
    description: str
    watch: Watch
    sets: tuple[DimensionSet, ...] = (_ALL,)
    unit: Unit = Unit.COUNT


DELIVERIES: Final = Metric(
    "Deliveries",
    "delivery attempts, by outcome",
    Watch.ALARM,
    (*_OUTCOMES, (Dimension.OUTCOME, Dimension.REASON), _TENANTS),
)
AGE_OF_OLDEST_EVENT: Final = Metric(
    "AgeOfOldestEvent",
    "age of the oldest event when its delivery attempt ended",
    Watch.DASHBOARD,
    (*_OUTCOMES, _TENANTS),
    Unit.SECONDS,
)
EVENTS: Final = Metric("Events", "events that destinations acknowledged", Watch.DASHBOARD, _OUTCOMES)
BYTES: Final = Metric("Bytes", "bytes that destinations acknowledged", Watch.DASHBOARD, _OUTCOMES, Unit.BYTES)
SET_ASIDE_EVENTS: Final = Metric("SetAsideEvents", "events that a destination doesn't accept", Watch.ALARM)
LEFT_OUT_EVENTS: Final = Metric("LeftOutEvents", "empty events, which CloudWatch Logs rejects", Watch.DASHBOARD)
PROGRAM_DROPPED_EVENTS: Final = Metric("ProgramDroppedEvents", "events that a program dropped", Watch.DASHBOARD)
PROGRAM_FAILED_EVENTS: Final = Metric(
    "ProgramFailedEvents",
    "events that a program failed with: delivered marked, or set aside",
    Watch.DASHBOARD,
)
CREATED_LOG_GROUPS: Final = Metric(
    "CreatedLogGroups",
    "missing log groups that a delivery created, without retention, class, key and tags",
    Watch.DASHBOARD,
)
CENTRAL_ACCESS_DENIED: Final = Metric(
    "CentralAccessDenied",
    "attempts denied by a provider-side role or the central bucket",
    Watch.ALARM,
)
RETURNED_MESSAGES: Final = Metric(
    "ReturnedMessages",
    "messages returned to their queue, by reason",
    Watch.DASHBOARD,
    ((Dimension.REASON,),),
)

_BY_REASON: Final[tuple[DimensionSet, ...]] = (_ALL, (Dimension.REASON,))
REFUSED_OBJECTS: Final = Metric(
    "RefusedObjects", "refused objects: invalid key, or unknown tenant", Watch.DASHBOARD, _BY_REASON
)
UNLABELLED_OBJECTS: Final = Metric(
    "UnlabelledObjects", "objects of namespaces without a usable tenant label: they wait for a tenant", Watch.ALARM
)
UNREADABLE_MESSAGES: Final = Metric(
    "UnreadableMessages", "unreadable messages, moved to a dead-letter queue", Watch.DASHBOARD, _BY_REASON
)
IGNORED_NOTIFICATIONS: Final = Metric(
    "IgnoredNotifications", "ignored notifications: not about a new object", Watch.DASHBOARD, _BY_REASON
)
UNWANTED_OBJECTS: Final = Metric(
    "UnwantedObjects", "unwanted objects: no delivery config of the tenant selects them", Watch.DASHBOARD, _BY_REASON
)
INVALID_CONFIGS: Final = Metric("InvalidConfigs", "invalid delivery configs in the table", Watch.ALARM, _BY_REASON)
DISCARDED_CHECKPOINTS: Final = Metric(
    "DiscardedCheckpoints",
    "deliveries started over: the plan or the destination has changed",
    Watch.DASHBOARD,
    _BY_REASON,
)
ABSORBED_DUPLICATES: Final = Metric(
    "AbsorbedDuplicates",
    "duplicate messages, delivered once",
    Watch.DASHBOARD,
    _BY_REASON,
)

_CIRCUITS: Final[tuple[DimensionSet, ...]] = ((Dimension.CIRCUIT,), (Dimension.METHOD, Dimension.CIRCUIT))
CIRCUIT_CHANGES: Final = Metric("CircuitChanges", "circuits that opened, or closed", Watch.DASHBOARD, _CIRCUITS)
OPEN_CIRCUITS: Final = Metric(
    "OpenCircuits", "circuits open in one process, at each change", Watch.DASHBOARD, _CIRCUITS
)

COMPARED_OBJECTS: Final = Metric(
    "ComparedObjects", "objects in the bucket compared with the delivery records", Watch.DASHBOARD
)
MISSED_NOTIFICATIONS: Final = Metric(
    "MissedNotifications", "objects in the bucket for which no notification arrived", Watch.ALARM
)
RECONCILIATION_LAG: Final = Metric(
    "ReconciliationLag",
    "age of the newest hour that has been reconciled",
    Watch.ALARM,
    unit=Unit.SECONDS,
)

READ: Final = {
    "no_timestamp": Metric("NoTimestamp", "events that took their object's LastModified", Watch.DASHBOARD),
    "ahead": Metric("EventsAhead", "events ahead of their object, which took its LastModified", Watch.DASHBOARD),
    "no_message": Metric("NoMessage", "lines without a message: delivered whole", Watch.DASHBOARD),
    "invalid_json": Metric("InvalidJson", "lines that aren't JSON: delivered as text", Watch.DASHBOARD),
    "not_an_object": Metric("NotAnObject", "lines whose JSON isn't an object: delivered as text", Watch.DASHBOARD),
    "invalid_utf8": Metric("InvalidUtf8", "events with invalid UTF-8, replaced by U+FFFD", Watch.DASHBOARD),
    "long_lines": Metric("LongLines", "lines too long to be parsed: delivered as text", Watch.DASHBOARD),
    "split": Metric("Split", "oversized events, delivered in pieces", Watch.DASHBOARD),
    "pieces": Metric("Pieces", "pieces of oversized events", Watch.DASHBOARD),
    "blank_lines": Metric("BlankLines", "blank lines", Watch.DASHBOARD),
}
"""What was met while an object was read, by the counters of ``runtime.objects.events.ReadStats``."""

LATE_DESTINATIONS: Final = Metric("LateDestinations", "destinations that receive logs late or never", Watch.ALARM)
SILENT_TENANTS: Final = Metric("SilentTenants", "tenants without new logs for a while", Watch.ALARM)

ALERT_COPIES: Final = Metric("AlertCopies", "copies of marked lines that alert rules were applied to", Watch.DASHBOARD)
REFUSED_ALERT_COPIES: Final = Metric(
    "RefusedAlertCopies",
    "copies of lines that were dropped: malformed, or not of their sender's cluster",
    Watch.ALARM,
    _BY_REASON,
)
ALERT_NOTIFICATIONS: Final = Metric(
    "AlertNotifications", "attempts to notify of an alert, by outcome", Watch.ALARM, ((Dimension.OUTCOME,),)
)
ALERT_DELAY: Final = Metric(
    "AlertDelay", "time from an alert's last line to its notification", Watch.DASHBOARD, unit=Unit.SECONDS
)

EMITTED: Final[tuple[Metric, ...]] = (
    DELIVERIES,
    AGE_OF_OLDEST_EVENT,
    EVENTS,
    BYTES,
    SET_ASIDE_EVENTS,
    LEFT_OUT_EVENTS,
    PROGRAM_DROPPED_EVENTS,
    PROGRAM_FAILED_EVENTS,
    CREATED_LOG_GROUPS,
    CENTRAL_ACCESS_DENIED,
    RETURNED_MESSAGES,
    REFUSED_OBJECTS,
    UNLABELLED_OBJECTS,
    UNREADABLE_MESSAGES,
    IGNORED_NOTIFICATIONS,
    UNWANTED_OBJECTS,
    INVALID_CONFIGS,
    DISCARDED_CHECKPOINTS,
    ABSORBED_DUPLICATES,
    CIRCUIT_CHANGES,
    OPEN_CIRCUITS,
    LATE_DESTINATIONS,
    SILENT_TENANTS,
    COMPARED_OBJECTS,
    MISSED_NOTIFICATIONS,
    RECONCILIATION_LAG,
    ALERT_COPIES,
    REFUSED_ALERT_COPIES,
    ALERT_NOTIFICATIONS,
    ALERT_DELAY,
    *READ.values(),
)
"""All that the code writes as lines, under ``NAMESPACE``."""

_CLUSTERS: Final[tuple[DimensionSet, ...]] = ((Dimension.CLUSTER,),)
AGENT_SENT_EVENTS: Final = Metric("SentEvents", "events that the agents wrote to S3", Watch.ALARM, _CLUSTERS)
AGENT_DISCARDED_EVENTS: Final = Metric("DiscardedEvents", "events that the agents dropped", Watch.ALARM, _CLUSTERS)
AGENT_ERRORS: Final = Metric("Errors", "errors of the agents", Watch.DASHBOARD, _CLUSTERS)
AGENT_BUFFER_BYTES: Final = Metric(
    "BufferBytes", "disk buffer of one node, waiting for S3", Watch.ALARM, _CLUSTERS, Unit.BYTES
)
PUBLISHED_BY_THE_AGENT: Final = {
    "component_sent_events_total": AGENT_SENT_EVENTS,
    "component_discarded_events_total": AGENT_DISCARDED_EVENTS,
    "component_errors_total": AGENT_ERRORS,
    "buffer_size_bytes": AGENT_BUFFER_BYTES,
}
"""The few of Vector's internal metrics that the agent publishes, under ``AGENT_NAMESPACE``, by Vector's names."""
