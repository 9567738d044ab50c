"""Puts the processor together from its settings, the same for every host."""

from typing import TYPE_CHECKING, Any

from runtime.aws.clients import AwsClients
from runtime.deliveries.issued_sessions import IssuedSessions
from runtime.deliveries.method import DeliveryServices
from runtime.deliveries.registry import find_methods, make_methods
from runtime.deliveries.role_chain import RoleChain
from runtime.deliveries.sessions import Sessions
from runtime.delivery_config.change_reader import POLL_SECONDS, UNKNOWN_SECONDS, ChangeReader
from runtime.delivery_config.marks import ConfigMarks
from runtime.delivery_config.methods import find_config_models
from runtime.delivery_config.repository import DeliveryConfigRepository, Models
from runtime.messages.dead_letters import DeadLetters
from runtime.messages.hand_over import HandOver, Schedule, outside_queue
from runtime.processor.attempts import Attempts
from runtime.processor.delivery_record import Records
from runtime.processor.object_deliveries import ObjectDeliveries
from runtime.processor.object_reader import ObjectReader
from runtime.processor.pipeline import MessageProcessor
from runtime.processor.settings import ProcessorSettings
from runtime.processor.settlement import Settlement

if TYPE_CHECKING:
    from runtime.delivery_state.copy_names import CopyNames
    from runtime.delivery_state.killed_programs import KilledProgramCounts
    from runtime.processor.parking import Parking
    from runtime.processor.status_writer import StatusWriter


def make_processor(
    settings: ProcessorSettings,
    *,
    clients: AwsClients | None = None,
    methods: dict[str, Any] | None = None,
) -> MessageProcessor:
    """Make a processor. ``clients`` and ``methods`` (classes by name) are passed by tests and by hosts that have them.

    :raises runtime.deliveries.registry.DeliveryMethodsError: no usable delivery method is installed.
    """
    clients = clients or AwsClients(settings.aws_region)
    central_role, issuer = settings.central_log_distribution_role_arn, settings.session_issuer
    tenants = settings.tenants_remembered
    issued = IssuedSessions(clients, issuer, central_role, tenants=tenants) if issuer else None
    role_chain = issued or RoleChain(clients, central_role, tenants=tenants)
    classes = find_methods(*settings.placements) if methods is None else methods
    models = find_config_models() if methods is None else {name: each.config_model for name, each in methods.items()}
    records = Records(settings.metrics_namespace)
    dead_letters = DeadLetters(clients, settings.object_dlq_url, settings.delivery_dlq_url)
    schedule = Schedule(settings.delivery_schedule_seconds)
    hand_over = _hand_over(settings, clients, schedule)
    parked = settings.parked_deliveries_table
    repository = _repository(settings, clients, models)
    attempts = Attempts(
        make_methods(classes, _services(settings, clients, role_chain)),
        ObjectReader(clients, role_chain, settings.max_uncompressed_bytes),
        records,
        hands_over=hand_over is not None,
        has_outside=settings.outside_queue_url is not None,
    )
    settlement = Settlement(
        records,
        dead_letters,
        schedule,
        hand_over=hand_over,
        parking=_parking(clients, role_chain, parked, schedule) if parked else None,
        statuses=_statuses(clients, parked, settings.status_interval_seconds) if parked else None,
    )
    return MessageProcessor(
        settings.central_bucket,
        ObjectDeliveries(repository, attempts, settlement, records),
        dead_letters=dead_letters,
        records=records,
        hand_over=hand_over,
        sessions=issued,
    )


def _repository(settings: ProcessorSettings, clients: AwsClients, models: Models) -> DeliveryConfigRepository:
    remembered, table = settings.config_cache_seconds, settings.parked_deliveries_table
    changes: ChangeReader | None = None
    if table is None or settings.session_issuer is not None:  # by hand, and outside, nobody can say what has changed
        remembered = min(remembered, UNKNOWN_SECONDS)
    elif remembered > POLL_SECONDS:
        changes = ChangeReader(clients, table)
    return DeliveryConfigRepository(
        clients,
        settings.tenant_config_table,
        models,
        cache_seconds=remembered,
        changes=changes,
        tenants=settings.tenants_remembered,
        tenants_table=settings.tenants_table,
    )


def _services(settings: ProcessorSettings, clients: AwsClients, role_chain: Sessions) -> DeliveryServices:
    table = settings.parked_deliveries_table
    marks = ConfigMarks(clients, settings.tenant_config_table)
    return DeliveryServices(
        clients, role_chain, settings, _copy_names(clients, table), marks, _killed_programs(clients, table)
    )


def _hand_over(settings: ProcessorSettings, clients: AwsClients, schedule: Schedule) -> HandOver | None:
    if settings.delivery_queue_url is None:
        return None
    outside = outside_queue(clients, settings.outside_queue_url, settings.pass_key_id)
    return HandOver(clients, settings.delivery_queue_url, schedule, outside=outside)


def _parking(clients: AwsClients, role_chain: Sessions, table: str, schedule: Schedule) -> "Parking":
    from runtime.processor.parking import PROBE_AFTER_SECONDS, Parking  # noqa: PLC0415 - loaded where there is a table

    return Parking(clients, role_chain, table, probe_after_seconds=PROBE_AFTER_SECONDS * schedule.scale())


def _copy_names(clients: AwsClients, table: str | None) -> "CopyNames | None":
    if table is None:
        return None
    from runtime.delivery_state.copy_names import CopyNames  # noqa: PLC0415 - loaded where there is a table

    return CopyNames(clients, table)


def _killed_programs(clients: AwsClients, table: str | None) -> "KilledProgramCounts | None":
    if table is None:
        return None
    from runtime.delivery_state.killed_programs import KilledProgramCounts  # noqa: PLC0415 - loaded where there is a table

    return KilledProgramCounts(clients, table)


def _statuses(clients: AwsClients, table: str, interval_seconds: float) -> "StatusWriter":
    from runtime.delivery_state.destination_status import DestinationStatuses  # noqa: PLC0415 - loaded where there is a table
    from runtime.processor.status_writer import StatusWriter  # noqa: PLC0415 - loaded where there is a table

    return StatusWriter(DestinationStatuses(clients, table), interval_seconds)
