"""How AWS is called: botocore clients, one a service and Region, and the calls that go past them.

One client serves all tenants: ``acting_as`` puts a tenant's credentials into the context of the calls made inside
it, and a handler hands them to botocore's signer. A client per tenant would cost its own connection pool, its own
copy of the service model and some 50 ms each.
"""

import os
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from runtime.aws.answers import BrokenOffError
from runtime.aws.connections import Connections
from runtime.aws.credentials import Credentials, acting, of_environment
from runtime.aws.direct_call import DirectCall, Wire
from runtime.aws.endpoints import is_plain
from runtime.aws.requests import PROTOCOLS, UnreadableAnswerError
from runtime.aws.wires import PlainWire, SdkWire

if TYPE_CHECKING:
    from botocore.session import Session

CONNECT_TIMEOUT_SECONDS = 5
READ_TIMEOUT_SECONDS = {"sqs": 30, "s3": 60, "lambda": 905}
"""SQS long polls wait 20 s. An operator waits for a function as long as Lambda lets it run.
S3 sends a byte now and then during a long copy, not every second."""
DEFAULT_READ_TIMEOUT_SECONDS = 20
POOL_SIZE = 64  # connections a client and host: object workers x deliveries x parts of a copy

ATTEMPTS = {"sqs": 3, "dynamodb": 3}
"""Queues and tables have no retry of ours around them. Everything else is tried once: the delivery's own loop
retries inside its time budget, which botocore's retries know nothing of."""

UNVALIDATED = frozenset({"logs"})  # validation walks through every event of a batch, which is right by construction


def _sign_as_current(context: dict[str, Any], **_: Any) -> None:
    """Give botocore's signer the credentials of ``acting_as``, if any (handler of ``before-call``)."""
    credentials = acting()
    if credentials is None:
        return
    from botocore.credentials import Credentials as Signing  # noqa: PLC0415 - loaded by then; see AwsClients

    signing = Signing(credentials.access_key, credentials.secret_key, credentials.token)
    # The resolved endpoint's signing name and Region may be in there already, in a dict that botocore shares.
    context["signing"] = {**context.get("signing", {}), "request_credentials": signing}


class AwsClients:
    """Shared by all threads; everything is made when it is first wanted. ``region`` is the processor's own.

    :param plain: whether calls may go past the SDK altogether; ``None``: the environment says so.
    """

    def __init__(self, region: str, *, plain: bool | None = None) -> None:
        self.region = region
        self._plain = is_plain() if plain is None else plain
        self._endpoint_url = os.environ.get("AWS_ENDPOINT_URL")
        self._own = of_environment()
        self._lock = threading.RLock()
        self._connections: dict[str, Connections] = {}
        self.forget()

    def forget(self) -> None:
        """Begin anew without any connection, client or session: after a restore they are of another life."""
        with self._lock:
            for connections in self._connections.values():
                connections.forget()
            self._session: Session | None = None
            self._clients: dict[tuple[str, str], Any] = {}
            self._direct_calls: dict[tuple[str, str, str, str], DirectCall] = {}
            self._connections.clear()

    def client(self, service: str, region: str | None = None) -> Any:
        """Give the client of a service in a Region (default: the processor's own)."""
        key = (service, region or self.region)
        client = self._clients.get(key)
        if client is None:
            with self._lock:  # making clients isn't thread-safe in botocore; using them is
                client = self._clients.get(key) or self._clients.setdefault(key, self._make(*key))
        return client

    def call(self, service: str, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Make a call of the services that are asked again and again, as whoever acts; give the answer's members.

        Past the client where it can be; what isn't answered well is asked again through the client, which repeats it
        where that may help and raises what the answer means. So only calls that may be made twice are made like this.
        """
        if self._plain:
            answer = self._past_the_client(service, operation, request)
            if answer is not None:
                return answer
        from botocore import xform_name  # noqa: PLC0415 - loaded with the client

        answered: dict[str, Any] = getattr(self.client(service), xform_name(operation))(**request)
        return answered

    def _past_the_client(self, service: str, operation: str, request: Mapping[str, Any]) -> dict[str, Any] | None:
        protocol = PROTOCOLS[service]
        try:
            answer = self.direct_call(service, operation)(
                acting() or self.own_credentials(), protocol.headers(operation), protocol.write(operation, request)
            )
            content = answer.read(-1)
            return protocol.read(operation, content) if answer.is_good else None
        except UnreadableAnswerError:
            return None
        except (BrokenOffError, TimeoutError):
            if service in ATTEMPTS:
                return None
            raise

    def own_credentials(self) -> Credentials:
        """Give the processor's own credentials.

        :raises botocore.exceptions.BotoCoreError: there are none, or they can't be renewed.
        """
        if self._own is not None:
            return self._own
        with self._lock:
            found = self._sdk_session().get_credentials()
        if found is None:
            from botocore.exceptions import NoCredentialsError  # noqa: PLC0415 - loaded with the session

            raise NoCredentialsError
        frozen = found.get_frozen_credentials()
        return Credentials(frozen.access_key or "", frozen.secret_key or "", frozen.token or "", 0.0)

    def direct_call(
        self,
        service: str,
        operation: str,
        region: str | None = None,
        *,
        method: str = "POST",
        streams: bool = False,
        bucket: str = "",
    ) -> DirectCall:
        """Give an operation of ``client`` without the client's own cost for each call. ``bucket``: which it is for."""
        region = region or self.region
        key = (service, operation, region, bucket)
        call = self._direct_calls.get(key)
        if call is None:
            wire = self._wire(service, operation, region, bucket)
            made = DirectCall(
                wire,
                lambda: self.client(service, region),
                operation,
                method=method,
                streams=streams,
                bucket=bucket,
            )
            call = self._direct_calls.setdefault(key, made)  # made twice by two threads: harmless
        return call

    def _wire(self, service: str, operation: str, region: str, bucket: str) -> Wire:
        if self._plain:
            with self._lock:
                connections = self._connections.get(service) or self._connections.setdefault(
                    service,
                    Connections(
                        connect_seconds=CONNECT_TIMEOUT_SECONDS,
                        read_seconds=READ_TIMEOUT_SECONDS.get(service, DEFAULT_READ_TIMEOUT_SECONDS),
                        idle=POOL_SIZE,
                    ),
                )
            wire = PlainWire(service, region, connections, self._endpoint_url)
            if wire.knows(bucket):
                return wire
        return SdkWire(self.client(service, region), operation)

    def _make(self, service: str, region: str) -> Any:
        # botocore takes 0.1 s to import: not before the first client is wanted.
        from botocore.config import Config  # noqa: PLC0415

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
        client = self._sdk_session().create_client(service, region_name=region, config=config)
        client.meta.events.register("before-call", _sign_as_current)
        return client

    def _sdk_session(self) -> "Session":
        from botocore.session import Session  # noqa: PLC0415 - as above

        if self._session is None:
            self._session = Session()
        return self._session
