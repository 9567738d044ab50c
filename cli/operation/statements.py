"""What a customer changes after a delivery has failed: the same words and statements as a test delivery shows."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from runtime.api.schemas.deliveries import Failure
from runtime.deliveries.probe import ProbeStep, StepOutcome
from runtime.delivery_config.grants import Provider
from runtime.delivery_config.methods import find_config_models
from runtime.delivery_test.fixes import Fix, fixes
from runtime.errors import FailedCall


def fixes_of(failure: Failure, fields: Mapping[str, Any], region: str, central_role_arn: str) -> list[Fix]:
    """Return what would let the failed call pass, the likeliest first; none for a config that can't be read.

    :param fields: the delivery config's. :param region: the processor's own, where the config names none.
    :param central_role_arn: whom the customer trusts.
    """
    model = find_config_models().get(str(fields.get("type", "")).partition(":")[0])
    try:
        config = None if model is None else model.model_validate(dict(fields)).in_region(region)
    except ValidationError:
        return []
    call = FailedCall(failure.hop, failure.action, failure.resource, failure.next_step)
    step = ProbeStep("delivery", StepOutcome.FAILED, failure.reason, failure.detail, call)
    return [] if config is None else fixes(config, step, Provider(central_role_arn))
