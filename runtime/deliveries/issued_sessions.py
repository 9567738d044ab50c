"""Sessions that the outside processor is given: it may assume no role, and asks the session issuer (contract §15).

A tenant's session is asked for with the pass of the message at hand, and signs everything that is done for that
message: the pipeline enters ``acting_for``. Queues and the issuer are called as the process itself.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict
from typing import Final

from runtime import scheduling
from runtime.aws.clients import AwsClients
from runtime.aws.credentials import Credentials, use_credentials
from runtime.aws.expiring_cache import ExpiringCache
from runtime.aws.function_call import ACTION, FunctionFailedError, invoke
from runtime.bounded_map import TENANTS_REMEMBERED
from runtime.deliveries.passes import Pass
from runtime.errors import BlockedByCustomerError, DeliveryError, FailedCall, Hop, RetryableError, classify

RENEW_BEFORE_SECONDS: Final = 1200.0
"""Longer than a function may run: a session that begins a message is good until its end."""
PASS_REFUSED: Final = "pass-refused"  # noqa: S105 - a word
"""The reason of a message that the issuer gives nothing for: the code isn't ours, or is over something else."""
TENANT, CUSTOMER = "tenant", "customer"

_holder: ContextVar[Pass | None] = ContextVar("logrouter_pass", default=None)


class IssuedSessions:
    """Asks the session issuer. Shared by all threads.

    :param issuer: the function's name. :param central_role_arn: names partition and account, and is never assumed.
    :param tenants: of how many the sessions are kept. :param clock: epoch seconds.
    """

    def __init__(
        self,
        clients: AwsClients,
        issuer: str,
        central_role_arn: str,
        *,
        tenants: int = TENANTS_REMEMBERED,
        clock: Callable[[], float] = scheduling.now,
    ) -> None:
        self._clients = clients
        self._issuer = issuer
        self.partition = central_role_arn.split(":")[1]
        self.central_account_id = central_role_arn.split(":")[4]
        self._tenants: ExpiringCache[str, Credentials] = ExpiringCache(tenants, clock)
        self._customers: ExpiringCache[tuple[str, str, str], Credentials] = ExpiringCache(tenants, clock)

    @contextmanager
    def acting_for(self, shown: Pass) -> Iterator[None]:
        """Sign what this thread does inside the block as the pass's tenant.

        Threads that are started inside it act so in a copy of its context.

        :raises DeliveryError: retryable; with the reason ``pass-refused`` asking again is in vain.
        """
        token = _holder.set(shown)
        try:
            with use_credentials(self._tenant(shown.tenant_id)):
                yield
        finally:
            _holder.reset(token)

    def central(self, tenant_id: str, policy: Mapping[str, object]) -> Credentials:  # noqa: ARG002 - as the protocol
        """Return the tenant's session, which can do less than any policy that it is asked for under.

        :raises DeliveryError: as ``acting_for``.
        """
        return self._tenant(tenant_id)

    def customer(
        self,
        tenant_id: str,
        role_arn: str,
        external_id: str | None = None,
        regions: tuple[str, ...] = (),  # noqa: ARG002 - the issuer reads the tenant's record itself
    ) -> Credentials:
        """Return a finished session of the role of the delivery config at hand; the issuer gives no other.

        :raises DeliveryError: as the role chain's, at the inside.
        """
        wanted = external_id or self.central_account_id
        key = (tenant_id, role_arn, wanted)
        return self._customers.get(key, lambda: self._ask(tenant_id, CUSTOMER, role_arn=role_arn, external_id=wanted))

    def invalidate(self, credentials: Credentials) -> None:
        """Forget a session that AWS has called expired: the issuer is asked again."""
        self._tenants.forget(lambda held: held == credentials)
        self._customers.forget(lambda held: held == credentials)

    def _tenant(self, tenant_id: str) -> Credentials:
        return self._tenants.get(tenant_id, lambda: self._ask(tenant_id, TENANT))

    def _ask(self, tenant_id: str, what: str, **more: str) -> tuple[Credentials, float]:
        shown = _holder.get()
        if shown is None or shown.tenant_id != tenant_id:
            raise self._failure(PASS_REFUSED, "no message of this tenant is at hand")
        answer = self._invoke({"session": what, "pass": asdict(shown), **more})
        if "error" in answer:
            raise _raised(answer["error"], self._issuer)
        given = answer.get("credentials")
        try:
            values = dict(given) if isinstance(given, dict) else {}
            credentials = Credentials(
                str(values["access_key"]), str(values["secret_key"]), str(values["token"]), float(values["expires_at"])
            )
        except (LookupError, TypeError, ValueError) as error:
            raise self._failure("answer-incomplete", "it holds no session") from error
        return credentials, credentials.expires_at - RENEW_BEFORE_SECONDS

    def _invoke(self, request: Mapping[str, object]) -> dict[str, object]:
        try:
            return invoke(self._clients, self._issuer, request)
        except FunctionFailedError as error:
            raise self._failure("unavailable", "the session issuer failed") from error
        except Exception as error:
            raise classify(error, hop=Hop.CENTRAL, action=ACTION, resource=self._issuer) from error

    def _failure(self, reason: str, detail: str) -> RetryableError:
        failure = RetryableError(reason, f"{ACTION} on {self._issuer}: {detail}")
        failure.call = FailedCall(Hop.CENTRAL.name, ACTION, self._issuer)
        return failure


def _raised(error: object, issuer: str) -> DeliveryError:
    """Return the issuer's failure as it met it, one hop further."""
    told = error if isinstance(error, dict) else {}
    kind = BlockedByCustomerError if told.get("blocked") is True else RetryableError
    failure = kind(str(told.get("reason") or "unexpected"), str(told.get("detail") or ""))
    call = told.get("call")
    named = call if isinstance(call, dict) else {"hop": Hop.CENTRAL.name, "action": ACTION, "resource": issuer}
    failure.call = FailedCall(**{name: str(named.get(name, "")) for name in ("hop", "action", "resource", "next_step")})
    return failure
