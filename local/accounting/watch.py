"""Waiting until every destination has everything, or until nothing moves any more."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cli.operation.queues import depth
from local.accounting.comparison import Count, count_bucket, count_log_group
from local.accounting.destinations import bucket_objects, log_group_events, set_aside_events
from local.accounting.events import SentEvent
from local.accounts import Clients
from local.deployment.environment_file import LocalEnvironment
from local.loader.objects import LogObject
from local.sinks.endpoints import Endpoints
from local.waiting import WaitedTooLongError, wait_until
from runtime.objects.key import ObjectKey

TIMEOUT_SECONDS = 150.0
QUIET_SECONDS = 15.0
"""Longer than a notification takes to become a message: after this with empty queues, nothing more will come."""

INTERVAL_SECONDS = 0.5

type Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ArrivalWatch:
    """Counts what was sent against what arrived in one deployment.

    :param endpoints: of a tenant's own, beside what it has in AWS.
    """

    accounts: Clients
    environment: LocalEnvironment
    sent: Sequence[LogObject]
    timeout_seconds: float = TIMEOUT_SECONDS
    endpoints: Endpoints | None = None

    def until_settled(self, progress: Progress) -> list[Count]:
        """Wait until all is there, or the queues have been empty for a while; return the last count.

        Waits at most ``timeout_seconds``; what is missing then is counted as lost.
        """
        last_movement = time.monotonic()

        def verdict() -> list[Count] | None:
            nonlocal last_movement
            objects, deliveries = self._waiting()
            progress(f"{objects} objects and {deliveries} deliveries wait")
            looked = time.monotonic()
            if objects + deliveries:
                last_movement = looked
            if objects:
                return None
            quiet = looked - last_movement > QUIET_SECONDS  # when the queues were looked at: counting takes its time
            counts = self.count()
            return counts if quiet or all(count.complete for count in counts) else None

        try:
            return wait_until(
                verdict, what="all deliveries", timeout_seconds=self.timeout_seconds, interval_seconds=INTERVAL_SECONDS
            )
        except WaitedTooLongError:
            return self.count()

    def count(self) -> list[Count]:
        """Count every tenant's deliveries as they are now, tenant by tenant."""
        counts = [count for tenant_id in self.environment.tenants for count in self._count_tenant(tenant_id)]
        counts += self.endpoints.count(self.sent, self._set_aside) if self.endpoints else []
        return sorted(counts, key=lambda count: count.tenant_id)

    def _count_tenant(self, tenant_id: str) -> list[Count]:
        tenant = self.environment.tenants[tenant_id]
        sent = [object_ for object_ in self.sent if ObjectKey.parse(object_.key).tenant_id == tenant_id]
        logs, s3 = (self.accounts.client(service, tenant.account) for service in ("logs", "s3"))
        events = log_group_events(logs, tenant.log_group_name)
        objects = bucket_objects(s3, tenant.bucket_name, tenant.bucket_prefix)
        aside = self._set_aside(tenant_id, "cloudwatch")
        return [
            count_log_group(tenant_id, "cloudwatch", sent, events, aside),
            count_bucket(tenant_id, "s3", sent, objects, tenant.bucket_prefix),
        ]

    def _set_aside(self, tenant_id: str, type_: str) -> list[SentEvent]:
        central = self.accounts.client("s3", self.environment.central_account)
        return set_aside_events(central, self.environment.central_bucket, tenant_id, type_)

    def _waiting(self) -> tuple[int, int]:
        """Return how many messages the object queue and the delivery queues hold, in whatever state."""
        sqs, found = self.accounts.client("sqs", self.environment.central_account), self.environment
        deliveries = [found.delivery_queue_url, *([found.outside_queue_url] if found.outside_queue_url else ())]
        return depth(sqs, found.object_queue_url).total, sum(depth(sqs, url).total for url in deliveries)
