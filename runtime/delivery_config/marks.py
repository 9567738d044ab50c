"""What the service itself notes in a stored delivery config: that its endpoint is the tenant's, or is gone.

A note is written on the condition that the config is still the one that was read.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

from runtime.aws.clients import AwsClients
from runtime.delivery_config.attribute_values import AttributeValue, typed
from runtime.delivery_config.model import DeliveryConfig
from runtime.errors import Hop, RetryableError, classify

CHANGED: Final = "config-changed"
ENABLE_AFTER_TEST: Final = "enable_after_test"
"""The attribute of a config that is to be enabled once a test has passed: the test's id."""
_ACTION: Final = "dynamodb:UpdateItem"
_CONDITION_FAILED: Final = "ConditionalCheckFailedException"
logger = logging.getLogger("logrouter.delivery_config")


@dataclass(frozen=True, slots=True)
class ConfigMarks:
    """Writes to the config table with the current credentials. Shared by all threads."""

    clients: AwsClients
    table: str

    def verified(self, config: DeliveryConfig, host: str) -> None:
        """Note the host that has proven to be the tenant's.

        :raises DeliveryError: ``config-changed``, or what the table answers.
        """
        self._update(config, "SET verified_host = :mark, version = :new REMOVE disabled_reason", typed(host))

    def switch_off(self, config: DeliveryConfig, reason: str) -> None:
        """Disable a config, and say why; where that can't be written, the next attempt does it."""
        try:
            change = "SET enabled = :off, disabled_reason = :mark, version = :new"
            self._update(config, change, typed(reason), {":off": typed(False)})
        except RetryableError as error:
            logger.warning("a config couldn't be switched off", extra=_named(config) | {"reason": error.reason})
        else:
            logger.warning("a config was switched off by its endpoint", extra=_named(config) | {"reason": reason})

    def enable_after(self, config: DeliveryConfig, test_id: str) -> None:
        """Enable a config that waits for this test; a write since then has taken the note away.

        :raises DeliveryError: ``config-changed``, or what the table answers.
        """
        values = {":on": typed(True), ":test": typed(test_id), ":new": typed(uuid4().hex)}
        change = f"SET enabled = :on, version = :new REMOVE {ENABLE_AFTER_TEST}, disabled_reason"
        # The latter: an answer was lost, and the call is repeated.
        self._write(config, change, f"{ENABLE_AFTER_TEST} = :test OR version = :new", values)

    def _update(
        self,
        config: DeliveryConfig,
        change: str,
        mark: AttributeValue,
        more: Mapping[str, AttributeValue] | None = None,
    ) -> None:
        values = {":mark": mark, ":new": typed(uuid4().hex), **(more or {})}
        condition = "attribute_exists(tenant_id) AND attribute_not_exists(version)"
        if config.version is not None:
            condition = "version = :read OR version = :new"  # the latter: an answer was lost, the call is repeated
            values[":read"] = typed(config.version)
        self._write(config, change, condition, values)

    def _write(self, config: DeliveryConfig, change: str, condition: str, values: Mapping[str, AttributeValue]) -> None:
        try:
            self.clients.client("dynamodb").update_item(
                TableName=self.table,
                Key={"tenant_id": typed(config.tenant_id), "type": typed(config.type)},
                UpdateExpression=change,
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
            )
        except Exception as error:
            codes = {_CONDITION_FAILED: (RetryableError, CHANGED)}
            raise classify(error, hop=Hop.EXECUTION, action=_ACTION, resource=self.table, codes=codes) from error


def _named(config: DeliveryConfig) -> dict[str, str]:
    return {"tenant_id": config.tenant_id, "type": config.type}
