"""The native engine: PutLogEvents with a request body made from bytes, past the client's own cost for each call."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from runtime.aws.clients import AwsClients
from runtime.aws.credentials import Credentials, use_credentials
from runtime.deliveries.cloudwatch.destination import LogDestination
from runtime.deliveries.cloudwatch.engine import BatchSender, CredentialsSource, Rejection
from runtime.deliveries.cloudwatch.error_mapping import failure
from runtime.deliveries.cloudwatch.native.log_group import create_log_stream
from runtime.deliveries.cloudwatch.native.rejected_events import rejections
from runtime.deliveries.cloudwatch.native.request_body import put_log_events_body
from runtime.errors import RetryableError
from runtime.objects.batches import Batch
from runtime.time_budget import TimeBudget

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

    from runtime.aws.direct_call import DirectCall


class NativeEngine:
    """Sends batches with PutLogEvents, one call a batch."""

    name: ClassVar[str] = "native"
    calls_in_flight: ClassVar[int] = 8  # at 40 ms a call 200 MiB/s a stream, and some 20 MiB of memory

    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients

    def open(self, destination: LogDestination, credentials: CredentialsSource, budget: TimeBudget) -> BatchSender:
        """Start sending to one log stream. Nothing is called before the first batch."""
        del budget  # the transport's limits bound each attempt
        call = self._clients.direct_call("logs", "PutLogEvents", destination.region)
        return _NativeSender(lambda: self._clients.client("logs", destination.region), call, destination, credentials)


class _NativeSender:
    def __init__(
        self,
        client: "Callable[[], CloudWatchLogsClient]",
        call: "DirectCall",
        destination: LogDestination,
        credentials: CredentialsSource,
    ) -> None:
        self._client = client
        self._call = call
        self._destination = destination
        self._credentials = credentials
        self.created_log_group = False

    def send(self, batch: Batch) -> Sequence[Rejection]:
        body = put_log_events_body(self._destination, batch)
        credentials = self._credentials()
        answer = self._put(body, credentials)
        if answer is None:
            # Known only from the answer: asking beforehand would cost a Describe for every object.
            with use_credentials(credentials):
                self.created_log_group |= create_log_stream(self._client(), self._destination)
            answer = self._put(body, credentials)
        if answer is None:
            raise RetryableError(
                "log-stream-not-yet-there",
                f"logs:PutLogEvents on {self._destination.log_group_name}: the stream was created and isn't seen yet",
            )
        return rejections(answer.get("rejectedLogEventsInfo") or {}, len(batch))

    def close(self) -> None:
        """Nothing is held."""

    def _put(self, body: bytes, credentials: Credentials) -> dict[str, Any] | None:
        """Make the call; ``None`` where the group or the stream is missing."""
        try:
            return self._call.members(credentials, body)
        except Exception as error:
            # A client's exceptions are made with it: their names are what is known without one.
            if type(error).__name__ == "ResourceNotFoundException":
                return None
            if type(error).__name__ == "DataAlreadyAcceptedException":
                return {}
            raise failure(error, "logs:PutLogEvents", self._destination) from error
