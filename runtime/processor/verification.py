"""Has the endpoint of one delivery config prove that it is the tenant's, from where its deliveries are made.

The API makes no connection to an address that a customer chooses: the processor of the outside does, and notes in the
config's item what it has found. It acts for the tenant by a pass over this one question (``Pass.of_test``).
"""

from contextlib import nullcontext
from dataclasses import asdict, dataclass
from typing import Protocol, cast

from runtime.aws.clients import AwsClients
from runtime.deliveries.issued_sessions import IssuedSessions
from runtime.deliveries.method import DeliveryServices
from runtime.deliveries.passes import Pass
from runtime.deliveries.probe import ProbeReport, ProbeStep, StepOutcome
from runtime.deliveries.registry import find_methods
from runtime.deliveries.role_chain import RoleChain
from runtime.delivery_config.facts import Placement
from runtime.delivery_config.marks import ConfigMarks
from runtime.delivery_config.methods import find_config_models
from runtime.delivery_config.model import DeliveryConfig
from runtime.delivery_config.repository import CONFIG_INVALID, DeliveryConfigRepository
from runtime.errors import DeliveryError
from runtime.processor.settings import ProcessorSettings

CONFIG_MISSING = "config-missing"
NOTHING_TO_VERIFY = "nothing-to-verify"


class _Verifying(Protocol):
    def prove_endpoint(self, config: DeliveryConfig) -> ProbeReport: ...
    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Question:
    """Whose endpoint is asked. ``id`` names the question, ``mac`` is the pass' code; empty where none is needed."""

    tenant_id: str
    type: str
    id: str = ""
    mac: str = ""


def verify(settings: ProcessorSettings, clients: AwsClients, question: Question) -> dict[str, object]:
    """Return the steps that were taken, each with its outcome; the last is the note in the item.

    No text of the endpoint's, and no secret, is in it.
    """
    report = _verified(settings, clients, question)
    return {"passed": report.passed, "steps": [asdict(step) for step in report.steps]}


def _verified(settings: ProcessorSettings, clients: AwsClients, question: Question) -> ProbeReport:
    role = settings.central_log_distribution_role_arn
    issued = IssuedSessions(clients, settings.session_issuer, role) if settings.session_issuer else None
    shown = Pass.of_test(question.tenant_id, question.type, question.id, question.mac)
    try:
        with issued.acting_for(shown) if issued else nullcontext():
            models = find_config_models()
            repository = DeliveryConfigRepository(
                clients,
                settings.tenant_config_table,
                models,
                cache_seconds=0,
                tenants_table=settings.tenants_table,
            )
            config = repository.fetch_tenant(question.tenant_id).of_type(question.type)
            if not isinstance(config, DeliveryConfig):
                return _failed(CONFIG_MISSING if config is None else CONFIG_INVALID)
            if config.host_to_verify is None:
                return _failed(NOTHING_TO_VERIFY)
            marks = ConfigMarks(clients, settings.tenant_config_table)
            services = DeliveryServices(clients, issued or RoleChain(clients, role), settings, marks=marks)
            method = cast("_Verifying", find_methods(Placement.OUTSIDE)[config.method](services))
            try:
                return method.prove_endpoint(config)
            finally:
                method.close()
    except DeliveryError as error:
        return _failed(error.reason, error.detail)


def _failed(reason: str, detail: str = "") -> ProbeReport:
    return ProbeReport((ProbeStep("config", StepOutcome.FAILED, reason, detail),))
