"""Every place where a tenant's data lies or passes, with its Region.

The provider's places are an inventory of what the stacks have: a test compares it with the templates, so that a new
table, queue, log or function can't be left out. The customer's are what the tenant's delivery configs name.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from runtime.delivery_config.methods import find_config_models
from runtime.delivery_config.repository import InvalidItem, read_item

type Stay = Literal["lies", "passes"]
OUTSIDE: Final = "Outside"
ALERTS: Final = "Alerts"
"""Shown where the deployment has an alert function."""


@dataclass(frozen=True, slots=True)
class Store:
    """One resource of the provider's that holds something of a tenant, for a while or for good.

    :param output: the stacks' output that names it; empty: none does. :param until: when it ends.
    """

    what: str
    holds: str
    stay: Stay
    until: str
    output: str = ""
    part: str = ""


_QUEUED: Final = "taken, or the queue's retention ends"
_LOGGED: Final = "the log group's retention ends"
_NAMES: Final = "names of objects"
_COPIES: Final = "copies of marked lines"
STORES: Final[Mapping[str, Store]] = {
    "CentralLogBucket": Store(
        "central bucket", "logs; events set aside", "lies", "the bucket's lifecycle expires them", "CentralBucketName"
    ),
    "ObjectNotificationsTopic": Store("topic", _NAMES, "passes", "taken by the queue", "NotificationTopicArn"),
    "ObjectQueueDeadLetterQueue": Store("object dead letters", _NAMES, "lies", _QUEUED, "ObjectDlqUrl"),
    "ObjectQueueUndeliveredNotifications": Store(
        "undelivered notifications", _NAMES, "lies", _QUEUED, "UndeliveredNotificationsUrl"
    ),
    "ObjectQueue": Store("object queue", _NAMES, "passes", _QUEUED, "ObjectQueueUrl"),
    "DeliveryQueueDeadLetterQueue": Store("delivery dead letters", _NAMES, "lies", _QUEUED, "DeliveryDlqUrl"),
    "DeliveryQueue": Store("delivery queue", _NAMES, "passes", _QUEUED, "DeliveryQueueUrl"),
    "OutsideQueueDeadLetterQueue": Store("outside dead letters", _NAMES, "lies", _QUEUED, "OutsideDlqUrl", OUTSIDE),
    "OutsideQueue": Store("outside queue", _NAMES, "passes", _QUEUED, "OutsideQueueUrl", OUTSIDE),
    "TenantsTable": Store("table of tenants", "the record", "lies", "it is deleted", "TenantsTableName"),
    "DeliveryConfigsTable": Store(
        "config table", "delivery configs", "lies", "they are deleted, or their ttl ends", "TenantConfigTableName"
    ),
    "AlertRulesTable": Store(
        "table of alert rules", "alert rules, texts that lines have", "lies", "they are deleted", "AlertRulesTableName"
    ),
    "AlertStatesTable": Store(
        "table of alert states", "alerts' times and counts", "lies", "an alert's ttl ends", part=ALERTS
    ),
    "AlertQueueDeadLetterQueue": Store("alert dead letters", _COPIES, "lies", _QUEUED, "AlertDlqUrl", ALERTS),
    "AlertQueue": Store("alert queue", _COPIES, "passes", _QUEUED, "AlertQueueUrl", ALERTS),
    "AlertingLogGroup": Store("alert function's log", "the tenant's id", "lies", _LOGGED, part=ALERTS),
    "AlertingFunction": Store(
        "alert function", "marked lines, in memory", "passes", "evaluated", "AlertFunctionName", ALERTS
    ),
    "ParkedDeliveriesTable": Store(
        "table of parked deliveries",
        "parked deliveries, statuses, replays",
        "lies",
        "resumed, or expired with the object",
        "ParkedDeliveriesTableName",
    ),
    "ProcessorLogGroup": Store("processor's log", "delivery records", "lies", _LOGGED, "ProcessorLogGroupName"),
    "OutsideProcessorLogGroup": Store(
        "outside processor's log", "delivery records", "lies", _LOGGED, "OutsideLogGroupName", OUTSIDE
    ),
    "SessionIssuerLogGroup": Store("session issuer's log", "the tenant's id", "lies", _LOGGED, part=OUTSIDE),
    "NetworkRefusedLogGroup": Store("network's log", "addresses of endpoints", "lies", _LOGGED, part=OUTSIDE),
    "ResumptionLogGroup": Store("resumption's log", "the tenant's id", "lies", _LOGGED),
    "ReconciliationLogGroup": Store("reconciler's log", _NAMES, "lies", _LOGGED),
    "DestinationWatchLogGroup": Store("watch's log", "the tenant's id", "lies", _LOGGED),
    "TesterLogGroup": Store("tester's log", "the tenant's id", "lies", _LOGGED),
    "OutsideTesterLogGroup": Store("outside tester's log", "the tenant's id", "lies", _LOGGED, part=OUTSIDE),
    "ApiLogGroup": Store("API's log", "the audit trail of configs and record", "lies", _LOGGED),
    "ApiAccessLog": Store("API's access log", "callers", "lies", _LOGGED),
    "ProcessorFunction": Store("processor", "logs, in memory", "passes", "delivered", "ProcessorFunctionName"),
    "OutsideProcessorFunction": Store(
        "outside processor", "logs, in memory", "passes", "delivered", "OutsideFunctionName", OUTSIDE
    ),
}
"""By the beginning of the resource's logical id; of two that fit, the longer counts."""

NOTHING: Final = frozenset(
    {
        "AlarmTopics",  # alarms have metrics' names
        "ApiFunction", "ApiRestApi", "AthenaDatabase", "DestinationWatchFunction", "ReconciliationFunction",
        "OutsideTesterFunction", "ResumptionFunction", "SessionIssuerFunction", "TesterFunction",
    }
)  # fmt: skip
"""What keeps nothing of a tenant's beyond a call, and nothing of its logs."""


@dataclass(frozen=True, slots=True)
class TenantPlace:
    """One row. ``region``: empty where the place is an address that the customer chose. ``allowed``: by the record."""

    place: str
    name: str
    region: str
    holds: str
    stay: Stay
    until: str
    allowed: bool = True


def residency(
    outputs: Mapping[str, str],
    region: str,
    configs: Iterable[Mapping[str, Any]],
    allowed_regions: Iterable[str],
    *,
    has_outside: bool,
) -> list[TenantPlace]:
    """Return the places of one tenant: the provider's, then those that its configs name.

    :param outputs: the stacks'. :param region: the installation's. :param configs: as the API shows them.
    """
    allowed = set(allowed_regions)
    left_out = {OUTSIDE: not has_outside, ALERTS: "AlertFunctionName" not in outputs}
    found = [
        TenantPlace(each.what, outputs.get(each.output, ""), region, each.holds, each.stay, each.until)
        for each in STORES.values()
        if not left_out.get(each.part)
    ]
    found += [place for config in configs for place in _of_config(config, region)]
    return [place if not allowed or not place.region or place.region in allowed else _refused(place) for place in found]


def _of_config(fields: Mapping[str, Any], region: str) -> list[TenantPlace]:
    config = read_item(fields, find_config_models())
    if isinstance(config, InvalidItem):
        return [
            TenantPlace(f"config {config.type}", "can't be read", "", "nothing until it is corrected", "passes", "")
        ]
    bound = config.in_region(region)
    where = " ".join(bound.destination_key or ())
    regions = sorted({each or region for each in bound.regions.values()}) or [""]
    secrets = [name for name in bound.facts.secrets if getattr(bound, name, ())]
    places = [
        TenantPlace(f"destination {bound.type}", where, each, "logs", "lies", "the customer deletes them")
        for each in regions
    ]
    if secrets:
        kept = f"secrets of {bound.type}"
        places.append(TenantPlace(kept, ", ".join(secrets), region, "secrets", "lies", "the config drops them"))
    return places


def _refused(place: TenantPlace) -> TenantPlace:
    return TenantPlace(place.place, place.name, place.region, place.holds, place.stay, place.until, allowed=False)
