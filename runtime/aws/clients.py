"""botocore clients, one a service and Region, and whose credentials sign a call.

One client serves all tenants: ``acting_as`` puts a tenant's credentials into the context of the calls made inside
it, and a handler hands them to botocore's signer. A client per tenant would cost its own connection pool, its own
copy of the service model and some 50 ms each.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.session import Session

    from runtime.aws.direct_call import DirectCall

CONNECT_TIMEOUT_SECONDS = 5
READ_TIMEOUT_SECONDS = {"sqs": 30, "s3": 60}
"""SQS long polls wait 20 s. S3 sends a byte now and then during a long copy, not every second."""
DEFAULT_READ_TIMEOUT_SECONDS = 20
POOL_SIZE = 64  # connections a client and host: object workers x deliveries x parts of a copy

ATTEMPTS = {"sqs": 3, "dynamodb": 3}
"""Queues and tables have no retry of ours around them. Everything else is tried once: the delivery's own loop
retries inside its time budget, which botocore's retries know nothing of."""

UNVALIDATED = frozenset({"logs"})  # validation walks through every event of a batch, which is right by construction


@dataclass(frozen=True, slots=True)
class Credentials:
    """Temporary credentials of a role session. ``expires_at`` in epoch seconds."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(repr=False)
    expires_at: float


_signer: ContextVar[Credentials | None] = ContextVar("logrouter_signer", default=None)


@contextmanager
def acting_as(credentials: Credentials | None) -> Iterator[None]:
    """Sign every call that this thread makes inside the block with these credentials.

    ``None``: as the processor itself. Threads started inside the block don't inherit it: enter it again in each.
    """
    token = _signer.set(credentials)
    try:
        yield
    finally:
        _signer.reset(token)


def _sign_as_current(context: dict[str, Any], **_: Any) -> None:
    """Give botocore's signer the credentials of ``acting_as``, if any (handler of ``before-call``)."""
    credentials = _signer.get()
    if credentials is None:
        return
    from botocore.credentials import Credentials as Signing  # noqa: PLC0415 - loaded by then; see AwsClients

    signing = Signing(credentials.access_key, credentials.secret_key, credentials.token)
    # The resolved endpoint's signing name and Region may be in there already, in a dict that botocore shares.
    context["signing"] = {**context.get("signing", {}), "request_credentials": signing}


class AwsClients:
    """Lazily made botocore clients, shared by all threads. ``region`` is the processor's own."""

    def __init__(self, region: str) -> None:
        self.region = region
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._clients: dict[tuple[str, str], Any] = {}
        self._direct_calls: dict[tuple[str, str, str], DirectCall] = {}

    def client(self, service: str, region: str | None = None) -> Any:
        """Give the client of a service in a Region (default: the processor's own)."""
        key = (service, region or self.region)
        client = self._clients.get(key)
        if client is None:
            with self._lock:  # making clients isn't thread-safe in botocore; using them is
                client = self._clients.get(key) or self._clients.setdefault(key, self._make(*key))
        return client

    def direct_call(
        self, service: str, operation: str, region: str | None = None, *, method: str = "POST", streams: bool = False
    ) -> "DirectCall":
        """Give an operation of ``client`` without the client's own cost for each call."""
        key = (service, operation, region or self.region)
        call = self._direct_calls.get(key)
        if call is None:
            from runtime.aws.direct_call import DirectCall  # noqa: PLC0415 - it needs this module

            made = DirectCall(self.client(service, region), operation, method=method, streams=streams)
            call = self._direct_calls.setdefault(key, made)  # made twice by two threads: harmless
        return call

    def _make(self, service: str, region: str) -> Any:
        # botocore takes 0.1 s to import: not before the first client is wanted.
        from botocore.config import Config  # noqa: PLC0415
        from botocore.session import Session  # noqa: PLC0415

        if self._session is None:
            self._session = Session()
        config = Config(
            connect_timeout=CONNECT_TIMEOUT_SECONDS,
            read_timeout=READ_TIMEOUT_SECONDS.get(service, DEFAULT_READ_TIMEOUT_SECONDS),
            retries={"total_max_attempts": ATTEMPTS.get(service, 1), "mode": "standard"},
            max_pool_connections=POOL_SIZE,
            parameter_validation=service not in UNVALIDATED,
            tcp_keepalive=True,
            # gzip carries a checksum of its own; a second one over the whole body costs CPU on every object.
            response_checksum_validation="when_required",
        )
        client = self._session.create_client(service, region_name=region, config=config)
        client.meta.events.register("before-call", _sign_as_current)
        return client
