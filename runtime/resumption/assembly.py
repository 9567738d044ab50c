"""Puts the resumer together from its settings."""

from runtime.aws.clients import AwsClients
from runtime.deliveries.registry import find_methods
from runtime.delivery_config.repository import DeliveryConfigRepository
from runtime.parked_deliveries.status import DestinationStatuses
from runtime.parked_deliveries.table import ParkedDeliveries
from runtime.processor.hand_over import HandOver, Schedule
from runtime.resumption.pace import Pace
from runtime.resumption.resumer import ProbeDelays, Resumer
from runtime.resumption.settings import ResumptionSettings

CONFIG_CACHE_SECONDS = 1.0  # a run asks for the same tenant again and again; a changed config counts in the next


def make_resumer(settings: ResumptionSettings, clients: AwsClients) -> Resumer:
    """Make a resumer."""
    schedule = Schedule(settings.delivery_schedule_seconds)
    table = settings.parked_deliveries_table
    models = {name: class_.config_model for name, class_ in find_methods().items()}
    return Resumer(
        ParkedDeliveries(clients, table),
        DestinationStatuses(clients, table),
        DeliveryConfigRepository(clients, settings.tenant_config_table, models, cache_seconds=CONFIG_CACHE_SECONDS),
        HandOver(clients, settings.delivery_queue_url, schedule),
        Pace(settings.resume_per_second),
        delays=ProbeDelays().scaled(schedule.scale()),
    )
