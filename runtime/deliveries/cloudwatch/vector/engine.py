"""The Vector engine (``CLOUDWATCH_ENGINE=vector``): a Vector subprocess a delivery carries the batches.

One process, one log stream, one POST a planned batch. Its 200 comes only when CloudWatch has taken the events
(end-to-end acknowledgement), so the checkpoint is exact. The customer role's credentials reach it by its environment,
nowhere else. What Vector would drop silently is found out beforehand (``limits.py``).
"""

import time
from collections.abc import Callable, Sequence
from http import HTTPStatus
from threading import BoundedSemaphore
from typing import ClassVar, Self

from runtime.aws.clients import AwsClients
from runtime.aws.credentials import Credentials
from runtime.deliveries.cloudwatch.destination import LogDestination
from runtime.deliveries.cloudwatch.engine import BatchSender, CredentialsSource, Engine
from runtime.deliveries.cloudwatch.vector import limits
from runtime.deliveries.cloudwatch.vector.limits import retention_ms
from runtime.deliveries.cloudwatch.vector.process import VectorConnectionError, VectorProcess, VectorStartError
from runtime.deliveries.event_request import Rejection
from runtime.errors import BlockedByCustomerError, OutOfTimeError, RetryableError
from runtime.objects.batches import Batch
from runtime.time_budget import TimeBudget

POST_SECONDS = 60.0  # above what the configuration's own timeouts and retries add up to (about 50 s)
MAX_PROCESSES = 2  # each was seen to take up to 236 MB
DENIED = frozenset({"AccessDenied", "AccessDeniedException", "KMSAccessDeniedException"})
# Characters that Vector's configuration would not take literally: quotes, variables, secrets, templates, time formats.
NOT_LITERAL = frozenset("'$%{}[]")

EndpointOf = Callable[[str], str]
"""Returns the CloudWatch Logs endpoint of a Region, as the SDK resolves it."""
RetentionOf = Callable[[LogDestination, Credentials], int | None]
"""Returns a log group's retention in milliseconds, None where it keeps for ever or doesn't exist yet."""


class VectorEngine:
    """Starts a Vector for every delivery, ``max_processes`` at once.

    :param binary: name or path of the program (``VECTOR_BINARY``).
    :param fallback: sends to the few log streams whose name can't be written in Vector's configuration
        (``NOT_LITERAL``): a pod of Kubernetes never has such a name, a hand-made object key may.
    """

    name: ClassVar[str] = "vector"
    calls_in_flight: ClassVar[int] = 1  # one process, one POST: its 200 has to be this batch's

    def __init__(
        self,
        *,
        binary: str,
        endpoint_of: EndpointOf,
        retention_of: RetentionOf,
        fallback: Engine,
        max_processes: int = MAX_PROCESSES,
    ) -> None:
        self._binary = binary
        self._endpoint_of = endpoint_of
        self._retention_of = retention_of
        self._fallback = fallback
        self._slots = BoundedSemaphore(max_processes)

    @classmethod
    def using(cls, clients: AwsClients, *, binary: str, fallback: Engine) -> Self:
        """Make a processor's engine: endpoints as botocore resolves them, retentions asked for with its clients."""
        return cls(
            binary=binary,
            endpoint_of=lambda region: str(clients.client("logs", region).meta.endpoint_url),
            retention_of=lambda destination, credentials: retention_ms(clients, destination, credentials),
            fallback=fallback,
        )

    def open(self, destination: LogDestination, credentials: CredentialsSource, budget: TimeBudget) -> BatchSender:
        """Wait for a slot and return the sender; its process starts with the first batch.

        :raises OutOfTimeError: the budget ended before a slot was free.
        """
        if not is_literal(destination.log_group_name) or not is_literal(destination.log_stream_name):
            return self._fallback.open(destination, credentials, budget)
        if not self._slots.acquire(timeout=budget.remaining()):
            raise OutOfTimeError("vector-busy", "all Vector processes are in use")
        variables = {
            "AWS_EC2_METADATA_DISABLED": "true",  # outside EC2 the SDK would wait for it; inside it isn't ours to use
            "LOGROUTER_REGION": destination.region,
            "LOGROUTER_ENDPOINT": self._endpoint_of(destination.region),
            "LOGROUTER_GROUP": destination.log_group_name,
            "LOGROUTER_STREAM": destination.log_stream_name,
        }
        return VectorSender(
            binary=self._binary,
            variables=variables,
            credentials=credentials,
            budget=budget,
            retention=lambda current: self._retention_of(destination, current),
            on_close=self._slots.release,
        )


def is_literal(name: str) -> bool:
    """Whether Vector's configuration can name it as it is."""
    return name.isprintable() and NOT_LITERAL.isdisjoint(name)


class VectorSender:
    """The batches of one delivery through one Vector process, restarted when it ends or its credentials expire."""

    def __init__(
        self,
        *,
        binary: str,
        variables: dict[str, str],
        credentials: CredentialsSource,
        budget: TimeBudget,
        retention: Callable[[Credentials], int | None],
        on_close: Callable[[], None],
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self._binary = binary
        self._variables = variables
        self._credentials = credentials
        self._budget = budget
        self._retention = retention
        self._on_close = on_close
        self._now_ms = now_ms
        self._process: VectorProcess | None = None
        self._signed_by: Credentials | None = None

    def send(self, batch: Batch) -> Sequence[Rejection]:
        """Post one batch and wait for Vector's 200; return what it would have dropped. Errors as in ``BatchSender``."""
        current = self._credentials()
        now_ms = self._now_ms()
        retention_ms = self._retention(current) if limits.needs_retention(batch, now_ms) else None
        positions, rejections = limits.refused(batch, now_ms, retention_ms)
        if positions:
            self._post(self._serving(current), limits.body(batch, positions))
        return rejections

    def close(self) -> None:
        """End the process and release its slot."""
        try:
            self._stop()
        finally:
            self._on_close()

    def _serving(self, current: Credentials) -> VectorProcess:
        """The process, with the credentials of now: a role chain that renewed them gets a new process."""
        if self._process is not None and self._process.running and self._signed_by == current:
            return self._process
        self._stop()
        self._require_time()
        process = VectorProcess(
            self._binary,
            self._variables | _environment_of(current),
            hidden=(current.access_key, current.secret_key, current.token),
        )
        try:
            process.start(self._budget)
        except VectorStartError as error:
            # For the provider to fix, not the customer: the delivery waits (handed over, then parked).
            raise RetryableError("vector-not-started", str(error)) from error
        self._process, self._signed_by = process, current
        return process

    def _post(self, process: VectorProcess, body: bytes) -> None:
        self._require_time()
        try:
            status = process.post(body, min(POST_SECONDS, self._budget.remaining()))
        except VectorConnectionError as error:
            # It may still be sending: end it, so that the repetition doesn't run beside it.
            self._stop()
            raise RetryableError("vector-unreachable", f"{error}; Vector's last words: {process.log.text()}") from error
        if status != HTTPStatus.OK:
            self._refuse(process, status)

    def _refuse(self, process: VectorProcess, status: int) -> None:
        codes = process.log.take_codes()
        where = f"log group {self._variables['LOGROUTER_GROUP']} in {self._variables['LOGROUTER_REGION']}"
        detail = f"Vector answered {status} for {where}; its last words: {process.log.text()}"
        if codes & DENIED:
            raise BlockedByCustomerError(
                "access-denied",
                f"{detail}. Allow the customer's role logs:CreateLogGroup, logs:CreateLogStream, "
                "logs:DescribeLogStreams and logs:PutLogEvents there, and CloudWatch Logs the use of the KMS key",
            )
        raise RetryableError("vector-refused", detail)

    def _require_time(self) -> None:
        if not self._budget.remaining():
            raise OutOfTimeError("out-of-time")

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.stop()


def _environment_of(credentials: Credentials) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": credentials.access_key,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
        "AWS_SESSION_TOKEN": credentials.token,
    }
