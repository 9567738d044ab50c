"""Decides what a pass opens: its tenant's session, or the customer's role that its delivery config names.

Nothing of what is asked is believed but the pass: the role and the ExternalId are the config's own, read here.
"""

from collections.abc import Mapping
from typing import Final, Literal

from runtime.aws.clients import AwsClients
from runtime.aws.credentials import Credentials, use_credentials
from runtime.deliveries.issued_sessions import CUSTOMER, PASS_REFUSED, TENANT
from runtime.deliveries.passes import Pass, PassKey
from runtime.deliveries.role_chain import SESSION_SECONDS, RoleChain, assume_role, session_name
from runtime.delivery_config.grants import TENANT_TAG
from runtime.delivery_config.model import DeliveryConfig, is_delivery_type, is_tenant_id
from runtime.delivery_config.repository import DeliveryConfigRepository
from runtime.delivery_config.tenant_rules import held_back
from runtime.environment import Environment
from runtime.errors import BlockedByCustomerError, DeliveryError, Hop, RetryableError, classify

_FIELDS: Final = ("tenant_id", "type", "bucket", "key", "version_id", "mac")
CONFIG_CHANGED: Final = "config-changed"
"""The reason where the role that is asked for isn't the config's any more: the next attempt reads it again."""


class SessionIssuerSettings(Environment):
    """The variables that the stack sets."""

    aws_region: str
    tenant_config_table: str
    tenants_table: str | None = None
    central_log_distribution_role_arn: str
    outside_reader_role_arn: str
    pass_key_id: str
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"


class SessionIssuer:
    """Answers one request; shared by all threads.

    :param reader_role_arn: the role ``outside-reader``.
    """

    def __init__(
        self,
        clients: AwsClients,
        passes: PassKey,
        reader_role_arn: str,
        role_chain: RoleChain,
        configs: DeliveryConfigRepository,
    ) -> None:
        self._clients = clients
        self._passes = passes
        self._reader_role_arn = reader_role_arn
        self._role_chain = role_chain
        self._configs = configs

    def issue(self, request: Mapping[str, object]) -> Credentials:
        """Return the session that is asked for.

        :raises DeliveryError: ``pass-refused``, or what AWS refused or failed on the way.
        """
        shown = self._checked(request.get("pass"))
        match request.get("session"):
            case str(what) if what == TENANT:
                return self._tenant(shown.tenant_id)
            case str(what) if what == CUSTOMER:
                return self._customer(shown, str(request.get("role_arn")), str(request.get("external_id")))
            case _:
                raise RetryableError(PASS_REFUSED, "it asks for no session that there is")

    def _checked(self, shown: object) -> Pass:
        fields = shown if isinstance(shown, dict) else {}
        values = {name: fields.get(name) for name in _FIELDS}
        if not all(isinstance(value, str) for value in values.values()):
            raise RetryableError(PASS_REFUSED, "it shows no pass")
        found = Pass(**values)  # type: ignore[arg-type]  # checked above
        if not is_tenant_id(found.tenant_id) or not is_delivery_type(found.type) or not found.mac:
            raise RetryableError(PASS_REFUSED, "its pass names no delivery")
        try:
            valid = self._passes.is_genuine(found)
        except Exception as error:
            raise classify(error, hop=Hop.EXECUTION, action="kms:VerifyMac", resource=self._passes.key_id) from error
        if not valid:
            raise RetryableError(PASS_REFUSED, "its pass isn't ours, or too old")
        return found

    def _tenant(self, tenant_id: str) -> Credentials:
        """Assume the reader's role for each request: who asks keeps the session for as long as it is good."""
        with use_credentials(None):
            credentials, _ = assume_role(
                self._clients,
                Hop.CENTRAL,
                {
                    "RoleArn": self._reader_role_arn,
                    "RoleSessionName": session_name(tenant_id),
                    "DurationSeconds": SESSION_SECONDS,
                    "Tags": [{"Key": TENANT_TAG, "Value": tenant_id}],
                },
            )
        return credentials

    def _customer(self, shown: Pass, role_arn: str, external_id: str) -> Credentials:
        try:
            tenant = self._configs.fetch_tenant(shown.tenant_id, refresh=True)
        except Exception as error:
            raise classify(error, hop=Hop.EXECUTION, action="dynamodb:Query") from error
        config = tenant.of_type(shown.type)
        named = getattr(config, "log_distribution_role_arn", None)
        own = config.external_id or self._role_chain.central_account_id if isinstance(config, DeliveryConfig) else ""
        if not named or (role_arn, external_id) != (named, own):
            raise RetryableError(CONFIG_CHANGED, "the delivery config names another role, or none")
        regions = config.allowed_regions if isinstance(config, DeliveryConfig) else ()
        if isinstance(config, DeliveryConfig) and (why := held_back(tenant, config)):
            raise why
        return self._role_chain.customer(shown.tenant_id, named, own, regions)


def written(error: DeliveryError) -> dict[str, object]:
    """Return a failure as the outside reads it; its texts are ours and AWS', never a tenant's content."""
    call = error.call
    return {
        "reason": error.reason,
        "detail": error.detail,
        "blocked": isinstance(error, BlockedByCustomerError),
        "call": {"hop": call.hop, "action": call.action, "resource": call.resource, "next_step": call.next_step},
    }
