"""Starting a test delivery: written into the table, and handed to the function that makes it.

That function gets a tenant, a type and an id, and nothing else (contract §15).
"""

import logging
from http import HTTPStatus

from runtime.api.conditional_writes import ChangedMeanwhileError
from runtime.api.errors.problems import ProblemError
from runtime.api.middleware.caller import Caller
from runtime.api.services import Services
from runtime.api.writes.limits import read_counter
from runtime.aws.function_call import ACTION, start
from runtime.delivery_config.model import DeliveryConfig
from runtime.delivery_state.delivery_tests import DeliveryTest
from runtime.errors import Hop, classify

logger = logging.getLogger("logrouter.api")


def queued_test(services: Services, caller: Caller, config: DeliveryConfig) -> DeliveryTest:
    """Return the test that has to enable a config.

    :raises ProblemError: 503: nothing here makes tests.
    """
    require_tester(services)
    asked = DeliveryTest(config.tenant_id, config.type, enables=True, requested_by=caller.arn or "")
    return services.tests.queued(asked)


def start_test(services: Services, caller: Caller, tenant_id: str, type_: str) -> DeliveryTest:
    """Start a test of a stored config; it counts as a write.

    :raises ProblemError: 429: the tenant has had its writes of this minute. 503: it can't be started.
    :raises ChangedMeanwhileError: another write of the tenant's was faster; nothing was started.
    """
    require_tester(services)
    counter = read_counter(services, tenant_id).increment()
    asked = DeliveryTest(tenant_id, type_, requested_by=caller.arn or "")
    test = services.tests.start(asked, counter)  # type: ignore[arg-type]  # a part of a transaction, of any kind
    if test is None:
        raise ChangedMeanwhileError
    if not invoke_tester(services, test):
        raise _unavailable()
    return test


def invoke_tester(services: Services, test: DeliveryTest) -> bool:
    """Have the function make a test that is in the table; false where it can't be called.

    The test has no answer then, and says so after its time.
    """
    function = services.settings.tester or ""
    try:
        start(services.clients, function, {"tenant_id": test.tenant_id, "type": test.type, "id": test.id})
    except Exception as error:  # noqa: BLE001 - what was written is written
        failed = classify(error, hop=Hop.EXECUTION, action=ACTION, resource=function)
        logger.error("a test can't be started", extra={"reason": failed.reason})  # noqa: TRY400 - no traceback
        return False
    return True


def require_tester(services: Services) -> None:
    """Check that something makes tests.

    :raises ProblemError: 503.
    """
    if services.settings.tester is None:
        raise _unavailable()


def _unavailable() -> ProblemError:
    return ProblemError(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "tester-unavailable",
        "test deliveries can't be started at the moment; try again",
        headers={"Retry-After": "5"},
    )
