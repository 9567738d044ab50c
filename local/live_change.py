"""A delivery config changed through the API, with a signed request, while the deployed processor runs.

The processor remembers configs for a while; a change counts for every object that comes later than that.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cli.operation.queues import depth
from local.accounting.comparison import destination_key
from local.accounting.destinations import bucket_objects, log_group_events
from local.accounting.events import events_of
from local.accounts import Clients
from local.cluster import CLUSTER_ID
from local.deployment.environment_file import LocalEnvironment, TenantDestinations
from local.loader.agent import Agent, source_event
from local.loader.objects import LogObject, objects_of
from local.loader.recorded_logs import LogFile, Record
from local.loader.writer import put_object
from local.waiting import wait_until
from runtime.delivery_config.change_reader import POLL_SECONDS

TENANT: Final = "acme-corp"
TYPE: Final = "cloudwatch"
WANTED, UNWANTED = "kube-scheduler", "etcd"
FILES: Final = (
    "{tenant_id}_kube-scheduler-5b7d9f4c68-t9z8n_0/kube-scheduler/0.log",
    "{tenant_id}_etcd-0_0/etcd/0.log",
)
TIMEOUT_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Change:
    """What arrived of two objects sent after the change, by application.

    :param cache_seconds: how long the processor may remember a changed config: after that, the objects were sent.
    :param seconds: from then on, until both were done with.
    """

    tenant_id: str
    arrived: tuple[str, ...]
    cache_seconds: float
    seconds: float

    @property
    def seen(self) -> bool:
        """Whether the processor did what the changed config says, once."""
        return self.arrived == (WANTED,)

    def __str__(self) -> str:
        """Return it in one line."""
        change = f"{self.tenant_id} {TYPE} patched through the API to want {WANTED} alone"
        sent = f"of two objects sent {self.cache_seconds:g} s later, when its cache had ended"
        arrived = " and ".join(self.arrived) or "none"
        return f"{change}: {sent}, {arrived} arrived ({self.seconds:.1f} s)"


@dataclass(frozen=True, slots=True)
class LiveChange:
    """Makes the change for one tenant and watches what comes of it.

    :param writer_s3: a client of the cluster's agent.
    """

    accounts: Clients
    environment: LocalEnvironment
    writer_s3: Any
    tenant_id: str = TENANT

    def run(self, now: datetime) -> Change:
        """Patch the config, let the old one be forgotten, send an object of each application, say what arrived of them.

        :raises WaitedTooLongError: they were not done with in time.
        """
        client = self.accounts.api_client(self.environment.api_url, self.environment.central_account)
        cache_seconds = self._cache_seconds()
        client.patch(self.tenant_id, TYPE, {"desired_logs": [WANTED], "groups": None})
        time.sleep(cache_seconds)  # of a clock, not of the system: no condition shows it
        begun = time.monotonic()
        sent = list(two_objects(self.tenant_id, now))
        for object_ in sent:
            put_object(self.writer_s3, self.environment.central_bucket, object_)
        wait_until(lambda: self._done(sent), what=f"what {WANTED} logged", timeout_seconds=TIMEOUT_SECONDS)
        return Change(self.tenant_id, self._arrived(sent), cache_seconds, time.monotonic() - begun)

    def _cache_seconds(self) -> float:
        """Ask the deployed function how long it remembers configs; those that have changed, at most five seconds."""
        name = self.environment.processor_function_name
        client = self.accounts.client("lambda", self.environment.central_account)
        variables = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        return min(float(variables["CONFIG_CACHE_SECONDS"]), POLL_SECONDS)

    @property
    def _tenant(self) -> TenantDestinations:
        return self.environment.tenants[self.tenant_id]

    def _done(self, sent: list[LogObject]) -> bool:
        """Return whether the wanted event is there, and what the other object brought.

        The tenant's S3 config wants everything: an object in its bucket was processed. Its message leaves the queue
        when all of its deliveries have ended, so an unwanted event that isn't in the log group by then won't come.
        """
        s3 = self.accounts.client("s3", self._tenant.account)
        prefix = self._tenant.bucket_prefix
        there = bucket_objects(s3, self._tenant.bucket_name, f"{prefix}{self.tenant_id}/")
        if not {destination_key(prefix, each.key) for each in sent} <= there.keys():
            return False
        sqs = self.accounts.client("sqs", self.environment.central_account)
        return depth(sqs, self.environment.object_queue_url).total == 0 and WANTED in self._arrived(sent)

    def _arrived(self, sent: list[LogObject]) -> tuple[str, ...]:
        """Return the application of each of the sent events that is in the log group, as often as it is there."""
        mine = {event for object_ in sent for event in events_of(object_)}
        logs = self.accounts.client("logs", self._tenant.account)
        found = log_group_events(logs, self._tenant.log_group_name)
        return tuple(event.application for event in found if event in mine)


def two_objects(tenant_id: str, now: datetime) -> Iterator[LogObject]:
    """Return one object of each application, a line each, as the agent's own programs make them."""
    agent = Agent({"CLUSTER_ID": CLUSTER_ID, "TENANT_FROM": "namespace"})
    record = Record(f"{now:%Y-%m-%dT%H:%M:%S.%f}Z", "stdout", b"sent after the change")
    for path in FILES:
        file = LogFile.of(path.format(tenant_id=tenant_id))
        yield from objects_of(agent, [source_event(file, record)], now)
