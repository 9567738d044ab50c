"""One attempt at a test delivery: where its method delivers, with the tenant's own session."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Final

from runtime.aws.clients import AwsClients
from runtime.aws.function_call import ACTION, FunctionFailedError, invoke
from runtime.deliveries.issued_sessions import IssuedSessions
from runtime.deliveries.method import DeliveryServices
from runtime.deliveries.passes import Pass, PassKey
from runtime.deliveries.probe import ProbeReport, ProbeStep, StepOutcome
from runtime.deliveries.registry import find_methods, outside_methods
from runtime.deliveries.role_chain import RoleChain
from runtime.delivery_config.facts import Placement
from runtime.delivery_config.marks import ConfigMarks
from runtime.delivery_config.methods import find_config_models
from runtime.delivery_config.model import DeliveryConfig
from runtime.delivery_config.repository import CONFIG_INVALID, DeliveryConfigRepository
from runtime.delivery_config.tenant_rules import held_back
from runtime.delivery_test.settings import DeliveryTesterSettings, OutsideTesterSettings
from runtime.errors import DeliveryError, FailedCall, Hop, RetryableError, classify

CONFIG_MISSING: Final = "config-missing"
METHOD_NOT_INSTALLED: Final = "method-not-installed"


def read_config(
    settings: DeliveryTesterSettings | OutsideTesterSettings, clients: AwsClients, tenant_id: str, type_: str
) -> DeliveryConfig:
    """Return a config as it is now, with its Region filled in.

    :raises DeliveryError: there is none, it can't be read, the tenant's record forbids it, or a table doesn't answer.
    """
    table, tenants = settings.tenant_config_table, settings.tenants_table
    repository = DeliveryConfigRepository(clients, table, find_config_models(), cache_seconds=0, tenants_table=tenants)
    try:
        tenant = repository.fetch_tenant(tenant_id)
    except Exception as error:
        raise classify(error, hop=Hop.EXECUTION, action="dynamodb:Query", resource=table) from error
    found = tenant.of_type(type_)
    if found is None:
        raise RetryableError(CONFIG_MISSING, "there is no such delivery config")
    if not isinstance(found, DeliveryConfig):
        raise RetryableError(CONFIG_INVALID, found.problem)
    if why := held_back(tenant, found):
        raise why
    return found.in_region(settings.aws_region)


def failed(name: str, error: DeliveryError) -> ProbeReport:
    """Return a report of one step, which failed."""
    return ProbeReport((ProbeStep(name, StepOutcome.FAILED, error.reason, error.detail, error.call),))


def attempt(settings: DeliveryTesterSettings, clients: AwsClients, config: DeliveryConfig, test_id: str) -> ProbeReport:
    """Try a config once: here, or for a method of the outside there. Never raises a ``DeliveryError``."""
    if config.method in outside_methods():
        try:
            return _outside(settings, clients, config, test_id)
        except DeliveryError as error:
            return failed("outside", error)
    role_chain = RoleChain(clients, settings.central_log_distribution_role_arn)
    return _probed(Placement.INSIDE, DeliveryServices(clients, role_chain, settings), config, test_id)


def outside_attempt(settings: OutsideTesterSettings, clients: AwsClients, shown: Pass) -> ProbeReport:
    """Try a config of the outside's once, by the pass of this test. Never raises a ``DeliveryError``."""
    issued = IssuedSessions(clients, settings.session_issuer, settings.central_log_distribution_role_arn)
    try:
        with issued.acting_for(shown):
            config = read_config(settings, clients, shown.tenant_id, shown.type)
            marks = ConfigMarks(clients, settings.tenant_config_table)
            services = DeliveryServices(clients, issued, settings, marks=marks)
            return _probed(Placement.OUTSIDE, services, config, shown.key)
    except DeliveryError as error:
        return failed("session", error)


def _probed(placement: Placement, services: DeliveryServices, config: DeliveryConfig, test_id: str) -> ProbeReport:
    class_ = find_methods(placement).get(config.method)
    if class_ is None:
        return failed("config", RetryableError(METHOD_NOT_INSTALLED, "its method is installed on no host"))
    method = class_(services)
    try:
        report: ProbeReport = method.probe(config, test_id)
        return report
    finally:
        method.close()


def _outside(
    settings: DeliveryTesterSettings, clients: AwsClients, config: DeliveryConfig, test_id: str
) -> ProbeReport:
    """Have the outside's function try it, with a pass over this one test."""
    function, key = settings.outside_tester, settings.pass_key_id
    if function is None or key is None:
        raise RetryableError(METHOD_NOT_INSTALLED, "this stage has no outside processor")
    unsigned = Pass.of_test(config.tenant_id, config.type, test_id)
    try:
        shown = PassKey(clients, key).seal(unsigned)
    except Exception as error:
        raise classify(error, hop=Hop.EXECUTION, action="kms:GenerateMac", resource=key) from error
    asked = {"tenant_id": config.tenant_id, "type": config.type, "id": test_id, "mac": shown.mac}
    try:
        answer = invoke(clients, function, asked)
    except FunctionFailedError as error:
        raise _unanswered(function, "the function failed, or ran into its time limit") from error
    except Exception as error:
        raise classify(error, hop=Hop.EXECUTION, action=ACTION, resource=function) from error
    try:
        return read_report(answer)
    except (LookupError, TypeError, ValueError) as error:
        raise _unanswered(function, "its answer is no report") from error


def written_report(report: ProbeReport) -> dict[str, object]:
    """Return a report as JSON has it."""
    return {"steps": [asdict(step) for step in report.steps], "left": report.left}


def read_report(document: Mapping[str, object]) -> ProbeReport:
    """Read one.

    :raises ValueError, LookupError, TypeError: it is none; one without a step shows nothing.
    """
    found = document["steps"]
    if not isinstance(found, list) or not found:
        raise ValueError("it has no steps")
    steps = [
        ProbeStep(**{**step, "outcome": StepOutcome(step["outcome"]), "call": FailedCall(**step["call"])})
        for step in found
    ]
    return ProbeReport(tuple(steps), str(document["left"]))


def _unanswered(function: str, detail: str) -> RetryableError:
    failure = RetryableError("answer-incomplete", f"{ACTION} on {function}: {detail}")
    failure.call = FailedCall(Hop.EXECUTION.name, ACTION, function)
    return failure
