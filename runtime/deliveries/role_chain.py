"""Role sessions, kept apart by tenant: execution role -> central role -> customer role (contract §4).

The central role is only ever assumed for one tenant, under a session policy and with the tenant's tag. Sessions are
cached until shortly before they expire; a thousand threads that want one session make one call. A session that only
makes the second hop isn't needed again before the customer's session ends: few are kept, for a hop that failed.
"""

import hashlib
import zlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from runtime import scheduling
from runtime.aws.clients import AwsClients
from runtime.aws.credentials import Credentials, use_credentials
from runtime.aws.expiring_cache import ExpiringCache
from runtime.bounded_map import TENANTS_REMEMBERED
from runtime.deliveries.session_policy import CODES as POLICY_CODES
from runtime.deliveries.session_policy import compact, second_hop, within
from runtime.delivery_config.grants import TENANT_TAG
from runtime.errors import EXPIRED, Hop, classify

if TYPE_CHECKING:
    from mypy_boto3_sts.type_defs import AssumeRoleRequestTypeDef

SESSION_SECONDS = 3600  # IAM user guide, role chaining: "limits your … role session to a maximum of one hour"
RENEW_BEFORE_SECONDS = 300
RENEW_SPREAD_SECONDS = 600
"""Sessions are renewed so much earlier at most, each by its own share: those of a start together don't end together."""
SESSIONS_A_TENANT = 2  # kept for each hop: of an object's reader and a copy, or of two roles; about 1.5 KB each
SECOND_HOPS = 256

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
    :param tenants: of how many the sessions are kept. :param clock: epoch seconds.
    """

    def __init__(
        self,
        clients: AwsClients,
        central_role_arn: str,
        *,
        tenants: int = TENANTS_REMEMBERED,
        clock: Callable[[], float] = scheduling.now,
    ) -> None:
        self._clients = clients
        self._central_role_arn = central_role_arn
        self.partition = central_role_arn.split(":")[1]
        self.central_account_id = central_role_arn.split(":")[4]
        capacity = SESSIONS_A_TENANT * tenants
        self._central: ExpiringCache[tuple[str, str], Credentials] = ExpiringCache(capacity, clock)
        self._second_hops: ExpiringCache[tuple[str, str], Credentials] = ExpiringCache(SECOND_HOPS, clock)
        self._customer: ExpiringCache[tuple[str, str, str, tuple[str, ...]], Credentials] = ExpiringCache(
            capacity, clock
        )

    def central(self, tenant_id: str, policy: Mapping[str, object]) -> Credentials:
        """Return a session of the central role for one tenant, that can do no more than the policy allows.

        :raises runtime.errors.DeliveryError: retryable; our own configuration or STS is at fault.
        """
        return self._first_hop(self._central, tenant_id, compact(policy))

    def customer(
        self, tenant_id: str, role_arn: str, external_id: str | None = None, regions: tuple[str, ...] = ()
    ) -> Credentials:
        """Return a session of a customer's role, assumed by a central session that can do nothing else.

        :param external_id: the config's; ``None`` means the central account's id.
        :param regions: those that the tenant's record allows: the session can do nothing elsewhere; none: wherever the
            role may.
        :raises runtime.errors.DeliveryError: blocked by the customer where their role refuses.
        """
        wanted = external_id or self.central_account_id
        request: AssumeRoleRequestTypeDef = {
            "RoleArn": role_arn,
            "RoleSessionName": session_name(tenant_id),
            "DurationSeconds": SESSION_SECONDS,
            "ExternalId": wanted,
        }
        if regions:
            request["Policy"] = compact(within(regions))

        def load() -> tuple[Credentials, float]:
            central = self._first_hop(self._second_hops, tenant_id, compact(second_hop(role_arn)))
            try:
                with use_credentials(central):
                    return assume_role(self._clients, Hop.CUSTOMER, request)
            except Exception as error:
                if getattr(error, "reason", "") == EXPIRED:
                    self.invalidate(central)
                raise

        return self._customer.get((tenant_id, role_arn, wanted, regions), load)

    def invalidate(self, credentials: Credentials) -> None:
        """Forget a session that AWS has called expired: the next call assumes the role again."""
        for cache in (self._central, self._second_hops, self._customer):
            cache.forget(lambda held: held == credentials)

    def _first_hop(
        self, cache: ExpiringCache[tuple[str, str], Credentials], tenant_id: str, policy: str
    ) -> Credentials:
        def load() -> tuple[Credentials, float]:
            with use_credentials(None):  # as the processor, whatever credentials are in use
                return assume_role(
                    self._clients,
                    Hop.CENTRAL,
                    {
                        "RoleArn": self._central_role_arn,
                        "RoleSessionName": session_name(tenant_id),
                        "DurationSeconds": SESSION_SECONDS,
                        "Policy": policy,
                        "Tags": [{"Key": TENANT_TAG, "Value": tenant_id}],
                    },
                )

        return cache.get((tenant_id, hashlib.sha256(policy.encode()).hexdigest()), load)


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
    key = answer["AccessKeyId"]
    early = RENEW_BEFORE_SECONDS + zlib.crc32(key.encode()) % RENEW_SPREAD_SECONDS
    return Credentials(key, answer["SecretAccessKey"], answer["SessionToken"], expires_at), expires_at - early
