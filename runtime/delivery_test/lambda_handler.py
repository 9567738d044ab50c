"""The Lambda hosts of test deliveries: one inside, which the API starts, and one outside, which that one asks."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtime.aws.clients import AwsClients
    from runtime.delivery_test.settings import OutsideTesterSettings
    from runtime.delivery_test.stored_trials import StoredTrials
    from runtime.delivery_test.tester import DeliveryTester


@cache
def tester() -> "DeliveryTester":
    """Make the tester, once an execution environment."""
    from runtime.aws.clients import AwsClients
    from runtime.delivery_test.settings import DeliveryTesterSettings
    from runtime.delivery_test.tester import DeliveryTester
    from runtime.logs import configure

    settings = DeliveryTesterSettings.read()
    configure(settings.log_level)
    return DeliveryTester(settings, AwsClients(settings.aws_region))


@cache
def trials() -> "StoredTrials":
    """Make what tries programs and rules on stored lines, once an execution environment."""
    from runtime.deliveries.role_chain import RoleChain
    from runtime.delivery_test.stored_trials import StoredTrials

    settings, clients = tester().settings, tester().clients
    return StoredTrials(settings, clients, RoleChain(clients, settings.central_log_distribution_role_arn))


@cache
def outside() -> "tuple[OutsideTesterSettings, AwsClients]":
    """Make what the outside's function works with, once an execution environment."""
    from runtime.aws.clients import AwsClients
    from runtime.delivery_test.settings import OutsideTesterSettings
    from runtime.logs import configure

    settings = OutsideTesterSettings.read()
    configure(settings.log_level)
    return settings, AwsClients(settings.aws_region)


def handler(event: Mapping[str, object], context: object) -> dict[str, object]:
    """Make the test ``{"tenant_id": …, "type": …, "id": …}``; its result is in the table.

    Or answer what is asked of a tenant's stored lines: ``{"tenant_id": …, "stored": {…}}``.
    """
    del context
    stored = event.get("stored")
    if isinstance(stored, Mapping):
        return trials().answer(str(event["tenant_id"]), stored)
    done = tester().run(str(event["tenant_id"]), str(event["type"]), str(event["id"]))
    return {"state": None if done is None else done.state.value}


def outside_handler(event: Mapping[str, object], context: object) -> dict[str, object]:
    """Try ``{"tenant_id": …, "type": …, "id": …, "mac": …}`` once; return the steps. No secret is in them."""
    from runtime.deliveries.passes import Pass
    from runtime.delivery_test.attempt import outside_attempt, written_report

    del context
    shown = Pass.of_test(*(str(event[name]) for name in ("tenant_id", "type", "id", "mac")))
    return written_report(outside_attempt(*outside(), shown))
