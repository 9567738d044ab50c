"""The sources of all answers, for an installation: the same in AWS and in the embedded cloud."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from cli.installation import Installation
from runtime.aws.clients import AwsClients
from runtime.delivery_config.methods import find_config_models
from runtime.delivery_config.repository import DeliveryConfigRepository
from runtime.delivery_config.tenants import all_tenants
from runtime.delivery_state.destination_status import DestinationStatuses
from runtime.delivery_state.parked_deliveries import ParkedDeliveries
from runtime.record_log.lines import RecordLog

TENANT_FOLDER = "tenant_id="


@dataclass(frozen=True)
class Sources:
    """One Region's. ``clock``: epoch seconds."""

    installation: Installation
    clock: Callable[[], float] = time.time

    @cached_property
    def statuses(self) -> DestinationStatuses:
        """How each destination is."""
        return DestinationStatuses(self.installation.clients, self._outputs["ParkedDeliveriesTableName"])

    @cached_property
    def parked(self) -> ParkedDeliveries:
        """The parked deliveries."""
        return ParkedDeliveries(self.installation.clients, self._outputs["ParkedDeliveriesTableName"])

    @cached_property
    def configs(self) -> DeliveryConfigRepository:
        """The current delivery configs."""
        table = self._outputs["TenantConfigTableName"]
        return DeliveryConfigRepository(self.installation.clients, table, find_config_models(), cache_seconds=0)

    @cached_property
    def records(self) -> RecordLog:
        """The delivery records."""
        names = self._outputs["RecordLogGroupNames"].split(",")
        return RecordLog(self.installation.clients, tuple(name for name in names if name))

    @property
    def bucket(self) -> str:
        """The central bucket."""
        return self._outputs["CentralBucketName"]

    @property
    def clients(self) -> AwsClients:
        """The central account's clients."""
        return self.installation.clients

    def tenants(self) -> Iterator[str]:
        """Yield the tenants that have a delivery config or objects, each once: the configured ones first.

        A thousand folders of the bucket an answer; the configs' table is read through, a page at a time.
        """
        seen: set[str] = set()
        for tenant in (*self.configured_tenants(), *self._tenants_of_bucket()):
            if tenant not in seen:
                seen.add(tenant)
                yield tenant

    def configured_tenants(self) -> list[str]:
        """Return the tenants that have a delivery config, by name."""
        return sorted(each.tenant_id for each in all_tenants(self.clients, self._outputs["TenantConfigTableName"]))

    def _tenants_of_bucket(self) -> Iterator[str]:
        pages = (
            self.clients.client("s3")
            .get_paginator("list_objects_v2")
            .paginate(Bucket=self.bucket, Prefix=TENANT_FOLDER, Delimiter="/")
        )
        for page in pages:
            for folder in page.get("CommonPrefixes", ()):
                yield folder["Prefix"].removeprefix(TENANT_FOLDER).rstrip("/")

    @property
    def _outputs(self) -> dict[str, str]:
        return self.installation.outputs
