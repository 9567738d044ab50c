"""A line of somebody's own on its whole way: written as the cluster's agent, looked for as the tenant."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

from local.accounting.comparison import destination_key
from local.accounting.destinations import bucket_objects, log_group_events
from local.accounting.events import events_of
from local.accounts import Clients
from local.cluster import CLUSTER_ID
from local.deployment.environment_file import LocalEnvironment
from local.loader.agent import Agent, source_event
from local.loader.objects import LogObject, objects_of
from local.loader.recorded_logs import LogFile, Record
from local.loader.writer import put_object
from local.waiting import wait_until

TIMEOUT_SECONDS: Final = 60.0
FILE: Final = "{tenant_id}_hello-0_0/hello/0.log"


@dataclass(frozen=True, slots=True)
class Found:
    """Where the line is in the tenant's account, and after how many seconds it was seen there."""

    destination: str
    where: str
    seconds: float


@dataclass(frozen=True, slots=True)
class OwnLine:
    """One line of a tenant's pod ``hello-0``.

    :param writer_s3: a client of the cluster's agent.
    """

    accounts: Clients
    environment: LocalEnvironment
    writer_s3: Any
    tenant_id: str
    text: str

    def send(self, now: datetime) -> LogObject:
        """Write it into the central bucket, in an object that the agent's own programs make of it."""
        record = Record(f"{now:%Y-%m-%dT%H:%M:%S.%f}Z", "stdout", self.text.encode())
        agent = Agent({"CLUSTER_ID": CLUSTER_ID, "TENANT_FROM": "namespace"})
        file = LogFile.of(FILE.format(tenant_id=self.tenant_id))
        (made,) = objects_of(agent, [source_event(file, record)], now)
        put_object(self.writer_s3, self.environment.central_bucket, made)
        return made

    def find(self, sent: LogObject) -> Iterator[Found]:
        """Yield where it has arrived: its log group, its bucket.

        :raises WaitedTooLongError: it isn't in one of them after ``TIMEOUT_SECONDS``.
        """
        begun = time.monotonic()
        for name, look in (("cloudwatch", self._in_log_group), ("s3", self._in_bucket)):
            where = wait_until(partial(look, sent), what=f"the line in {name}", timeout_seconds=TIMEOUT_SECONDS)
            yield Found(name, where, time.monotonic() - begun)

    def _in_log_group(self, sent: LogObject) -> str | None:
        tenant = self.environment.tenants[self.tenant_id]
        events = log_group_events(self.accounts.client("logs", tenant.account), tenant.log_group_name)
        mine = [event for event in events_of(sent) if event in events]
        return f"{tenant.log_group_name}, stream {mine[0].stream}" if mine else None

    def _in_bucket(self, sent: LogObject) -> str | None:
        tenant = self.environment.tenants[self.tenant_id]
        key = destination_key(tenant.bucket_prefix, sent.key)
        found = bucket_objects(self.accounts.client("s3", tenant.account), tenant.bucket_name, key)
        return f"s3://{tenant.bucket_name}/{key}" if key in found else None
