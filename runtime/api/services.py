"""What the routers work with, made once a process."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from starlette.requests import Request

from runtime.api.config_store import ConfigStore
from runtime.api.regions import regions
from runtime.api.rule_store import RuleStore
from runtime.api.settings import ApiSettings
from runtime.api.tenant_store import TenantStore
from runtime.aws.clients import AwsClients
from runtime.delivery_config.methods import find_config_models
from runtime.delivery_config.repository import DeliveryConfigRepository, Models
from runtime.delivery_config.write_rules import WriteRules
from runtime.delivery_state.config_changes import ConfigChanges
from runtime.delivery_state.delivery_tests import DeliveryTests
from runtime.delivery_state.destination_status import DestinationStatuses
from runtime.delivery_state.parked_deliveries import ParkedDeliveries
from runtime.delivery_state.replays import Replays
from runtime.programs.sandbox import Sandbox, host_sandbox
from runtime.replay.listing import Listing


@dataclass(frozen=True)
class Services:
    """The tables, the config models of the installed delivery methods, the clock (epoch s)."""

    settings: ApiSettings
    clients: AwsClients
    clock: Callable[[], float] = time.time

    @cached_property
    def models(self) -> Models:
        """The config models by method."""
        return find_config_models()

    @cached_property
    def store(self) -> ConfigStore:
        """The config table."""
        return ConfigStore(self.clients, self.settings.tenant_config_table, self.models, self.changes)

    @cached_property
    def rules(self) -> RuleStore:
        """The table of alert rules."""
        return RuleStore(self.clients, self.settings.alert_rules_table, self.changes)

    @cached_property
    def changes(self) -> ConfigChanges:
        """Which tenants' configs have changed, for the processors."""
        return ConfigChanges(self.clients, self.settings.parked_deliveries_table, self.clock)

    @cached_property
    def tenants(self) -> TenantStore:
        """The table of tenants."""
        settings = self.settings
        return TenantStore(self.clients, settings.tenants_table, settings.tenant_config_table, self.changes)

    @cached_property
    def parked(self) -> ParkedDeliveries:
        """The parked deliveries."""
        return ParkedDeliveries(self.clients, self.settings.parked_deliveries_table)

    @cached_property
    def statuses(self) -> DestinationStatuses:
        """The destinations' statuses."""
        return DestinationStatuses(self.clients, self.settings.parked_deliveries_table, self.clock)

    @cached_property
    def replays(self) -> Replays:
        """The replays."""
        return Replays(self.clients, self.settings.parked_deliveries_table, self.clock)

    @cached_property
    def tests(self) -> DeliveryTests:
        """The test deliveries."""
        return DeliveryTests(self.clients, self.settings.parked_deliveries_table, self.clock)

    @cached_property
    def listing(self) -> Listing:
        """The central bucket's objects, by name alone."""
        return Listing(self.clients, self.settings.central_bucket)

    @cached_property
    def configs(self) -> DeliveryConfigRepository:
        """The delivery configs as the processor reads them; nothing is remembered."""
        return DeliveryConfigRepository(
            self.clients, self.settings.tenant_config_table, self.models, cache_seconds=0, clock=self.clock
        )

    @property
    def sandbox(self) -> Sandbox:
        """The process that programs are checked in; raises ``EngineMissingError`` where there is no engine."""
        return host_sandbox()

    def write_rules(self) -> WriteRules:
        """Return the rules of a write that happens now."""
        settings = self.settings
        return WriteRules(
            self.clock(),
            settings.central_bucket,
            settings.central_account_id,
            regions(),
            allow_loopback=settings.allow_loopback,
            home_region=settings.aws_region,
        )


def services_of(request: Request) -> Services:
    """Return the app's services (a dependency of routes)."""
    services: Services = request.app.state.services
    return services
