"""Creates the function's workers from its settings."""

from dataclasses import dataclass

from runtime.aws.clients import AwsClients
from runtime.delivery_config.methods import find_config_models
from runtime.delivery_config.repository import DeliveryConfigRepository
from runtime.delivery_state.config_changes import ConfigChanges
from runtime.delivery_state.destination_status import DestinationStatuses
from runtime.delivery_state.parked_deliveries import ParkedDeliveries
from runtime.delivery_state.replays import Replays
from runtime.messages.hand_over import HandOver, Schedule, outside_queue
from runtime.rate_limit import RateLimiter
from runtime.replay.listing import Listing
from runtime.replay.run import ReplayRunner
from runtime.resumption.dead_letters import REDRIVE_DELAYS, DeadLetterRedrive
from runtime.resumption.resumer import PROBE_DELAYS, Resumer
from runtime.resumption.settings import ResumptionSettings

CONFIG_CACHE_SECONDS = 1.0  # a run asks for the same tenant again and again; a changed config counts in the next


@dataclass(frozen=True, slots=True)
class Workers:
    """The function's workers: parked deliveries and replays in one invocation, dead letters in another."""

    resumer: Resumer
    replays: ReplayRunner
    dead_letters: DeadLetterRedrive
    changes: ConfigChanges


def make_workers(settings: ResumptionSettings, clients: AwsClients) -> Workers:
    """Make all of them."""
    schedule = Schedule(settings.delivery_schedule_seconds)
    table = settings.parked_deliveries_table
    configs = DeliveryConfigRepository(
        clients,
        settings.tenant_config_table,
        find_config_models(),
        cache_seconds=CONFIG_CACHE_SECONDS,
        tenants_table=settings.tenants_table,
    )
    outside = outside_queue(clients, settings.outside_queue_url, settings.pass_key_id)
    hand_over = HandOver(clients, settings.delivery_queue_url, schedule, outside=outside)
    resumer = Resumer(
        ParkedDeliveries(clients, table),
        DestinationStatuses(clients, table),
        configs,
        hand_over,
        RateLimiter(settings.resume_per_second),
        delays=PROBE_DELAYS.scaled(schedule.scale()),
    )
    listing = Listing(clients, settings.central_bucket)
    dead_letters = DeadLetterRedrive(
        clients,
        _dead_letter_queues(settings),
        settings.resume_per_second,
        REDRIVE_DELAYS.scaled(schedule.scale()),
    )
    replays = ReplayRunner(Replays(clients, table), listing, configs, hand_over)
    return Workers(resumer, replays, dead_letters, ConfigChanges(clients, table))


def _dead_letter_queues(settings: ResumptionSettings) -> tuple[tuple[str, str], ...]:
    """Return each dead-letter queue with its queue; never another: what the outside sends isn't signed for it."""
    outside = settings.outside_dlq_url, settings.outside_queue_url
    return (
        (settings.object_dlq_url, settings.object_queue_url),
        (settings.delivery_dlq_url, settings.delivery_queue_url),
        *(((outside[0], outside[1]),) if outside[0] and outside[1] else ()),
    )
