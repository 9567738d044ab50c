"""Role sessions, kept apart by tenant: execution role -> central role -> customer role (contract §4).

The central role is only ever assumed for one tenant, under a session policy and with the tenant's tag. Both hops
are cached until shortly before they expire; a thousand threads that want one session make one call.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from runtime import scheduling
from runtime.aws.clients import AwsClients
from runtime.aws.credentials import Credentials, use_credentials
from runtime.aws.expiring_cache import ExpiringCache
from runtime.deliveries.session_policy import CODES as POLICY_CODES
from runtime.deliveries.session_policy import compact, second_hop
from runtime.errors import EXPIRED, Hop, classify

if TYPE_CHECKING:
    from mypy_boto3_sts.type_defs import AssumeRoleRequestTypeDef

SESSION_SECONDS = 3600  # IAM user guide, role chaining: "limits your … role session to a maximum of one hour"
RENEW_BEFORE_SECONDS = 300
CAPACITY = 1024  # sessions of each hop; about 1.5 KB each
TENANT_TAG = "tenant_id"

MIN_SESSION_NAME, MAX_SESSION_NAME = 2, 64  # STS API reference, AssumeRole, RoleSessionName
_KEPT = 47  # 47 + "-" + 16 hex digits = 64


def session_name(tenant_id: str) -> str:
    """Name the tenant in the customer's CloudTrail: its id, or where that doesn't fit its start and a digest."""
    if MIN_SESSION_NAME <= len(tenant_id) <= MAX_SESSION_NAME:
        return tenant_id
    return f"{tenant_id[:_KEPT]}-{hashlib.sha256(tenant_id.encode()).hexdigest()[:16]}"


class RoleChain:
    """Assumes roles. Shared by all threads.

    :param central_role_arn: the central log distribution role; its account is the default ExternalId.
    :param clock: epoch seconds.
    """

    def __init__(
        self, clients: AwsClients, central_role_arn: str, *, clock: Callable[[], float] = scheduling.now
    ) -> None:
        self._clients = clients
        self._central_role_arn = central_role_arn
        self.partition = central_role_arn.split(":")[1]
        self.central_account_id = central_role_arn.split(":")[4]
        self._central: ExpiringCache[tuple[str, str], Credentials] = ExpiringCache(CAPACITY, clock)
        self._customer: ExpiringCache[tuple[str, str, str], Credentials] = ExpiringCache(CAPACITY, clock)

    def central(self, tenant_id: str, policy: Mapping[str, object]) -> Credentials:
        """Return a session of the central role for one tenant, that can do no more than the policy allows.

        :raises runtime.errors.DeliveryError: retryable; our own configuration or STS is at fault.
        """
        text = compact(policy)

        def load() -> tuple[Credentials, float]:
            with use_credentials(None):  # as the processor, whatever credentials are in use
                return assume_role(
                    self._clients,
                    Hop.CENTRAL,
                    {
                        "RoleArn": self._central_role_arn,
                        "RoleSessionName": session_name(tenant_id),
                        "DurationSeconds": SESSION_SECONDS,
                        "Policy": text,
                        "Tags": [{"Key": TENANT_TAG, "Value": tenant_id}],
                    },
                )

        return self._central.get((tenant_id, text), load)

    def customer(self, tenant_id: str, role_arn: str, external_id: str | None = None) -> Credentials:
        """Return a session of a customer's role, assumed by a central session that can do nothing else.

        :param external_id: the config's; ``None`` means the central account's id.
        :raises runtime.errors.DeliveryError: blocked by the customer where their role refuses.
        """
        wanted = external_id or self.central_account_id

        def load() -> tuple[Credentials, float]:
            central = self.central(tenant_id, second_hop(role_arn))
            try:
                with use_credentials(central):
                    return assume_role(
                        self._clients,
                        Hop.CUSTOMER,
                        {
                            "RoleArn": role_arn,
                            "RoleSessionName": session_name(tenant_id),
                            "DurationSeconds": SESSION_SECONDS,
                            "ExternalId": wanted,
                        },
                    )
            except Exception as error:
                if getattr(error, "reason", "") == EXPIRED:
                    self.invalidate(central)
                raise

        return self._customer.get((tenant_id, role_arn, wanted), load)

    def invalidate(self, credentials: Credentials) -> None:
        """Forget a session that AWS has called expired: the next call assumes the role again."""
        self._central.forget(lambda held: held == credentials)
        self._customer.forget(lambda held: held == credentials)


def assume_role(clients: AwsClients, hop: Hop, request: "AssumeRoleRequestTypeDef") -> tuple[Credentials, float]:
    """Assume a role with the credentials in use; return the session, and when it should be renewed (epoch s).

    :raises runtime.errors.DeliveryError: as the hop's refusals and STS' failures are classified.
    """
    try:
        answer = clients.call("sts", "AssumeRole", request)["Credentials"]
    except Exception as error:
        codes = POLICY_CODES if hop is Hop.CENTRAL else None
        raise classify(error, hop=hop, action="sts:AssumeRole", resource=request["RoleArn"], codes=codes) from error
    expires_at = answer["Expiration"].timestamp()
    credentials = Credentials(answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"], expires_at)
    return credentials, expires_at - RENEW_BEFORE_SECONDS
