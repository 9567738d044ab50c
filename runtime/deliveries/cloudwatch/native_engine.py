"""The native engine: PutLogEvents through botocore's client, its request body replaced by one made from bytes.

Endpoint, signing, connections and error parsing stay the SDK's own.
"""

from collections.abc import Sequence
from contextvars import ContextVar
from threading import Lock
from typing import Any, ClassVar

from runtime.aws.clients import AwsClients, acting_as
from runtime.deliveries.cloudwatch.engine import BatchSender, CredentialsSource, LogDestination, Rejection
from runtime.deliveries.cloudwatch.log_group import create_log_stream
from runtime.deliveries.cloudwatch.refusals import failure
from runtime.deliveries.cloudwatch.rejected_events import rejections
from runtime.deliveries.cloudwatch.request_body import put_log_events_body
from runtime.deliveries.errors import RetryableError
from runtime.objects.batches import Batch
from runtime.processor.time_budget import TimeBudget

_body: ContextVar[bytes | None] = ContextVar("logrouter_put_log_events_body", default=None)


def _replace_body(params: dict[str, Any], **_: Any) -> None:
    """Put the prepared bytes in the place of what botocore serialized (handler of ``before-call``)."""
    body = _body.get()
    if body is not None:
        params["body"] = body


class NativeEngine:
    """Sends batches with PutLogEvents, one call a batch."""

    name: ClassVar[str] = "native"
    calls_in_flight: ClassVar[int] = 8  # at 40 ms a call 200 MiB/s a stream, and some 20 MiB of memory

    def __init__(self, clients: AwsClients) -> None:
        self._clients = clients
        self._lock = Lock()
        self._prepared: set[str] = set()

    def open(self, destination: LogDestination, credentials: CredentialsSource, budget: TimeBudget) -> BatchSender:
        """Start sending to one log stream. Nothing is called before the first batch."""
        del budget  # the SDK's time-outs bound each wait
        return _NativeSender(self._client(destination.region), destination, credentials)

    def _client(self, region: str) -> Any:
        client = self._clients.client("logs", region)
        with self._lock:
            if region not in self._prepared:
                client.meta.events.register("before-call.cloudwatch-logs.PutLogEvents", _replace_body)
                self._prepared.add(region)
        return client


class _NativeSender:
    def __init__(self, client: Any, destination: LogDestination, credentials: CredentialsSource) -> None:
        self._client = client
        self._destination = destination
        self._credentials = credentials

    def send(self, batch: Batch) -> Sequence[Rejection]:
        body = put_log_events_body(self._destination, batch)
        with acting_as(self._credentials()):
            answer = self._put(body)
            if answer is None:
                # Known only from the answer: asking beforehand would cost a Describe for every object.
                create_log_stream(self._client, self._destination)
                answer = self._put(body)
        if answer is None:
            raise RetryableError(
                "log-stream-not-yet-there",
                f"logs:PutLogEvents on {self._destination.log_group_name}: the stream was created and isn't seen yet",
            )
        return rejections(answer.get("rejectedLogEventsInfo") or {}, len(batch))

    def close(self) -> None:
        """Nothing is held."""

    def _put(self, body: bytes) -> dict[str, Any] | None:
        """Make the call; ``None`` where the group or the stream is missing."""
        names = {
            "logGroupName": self._destination.log_group_name,
            "logStreamName": self._destination.log_stream_name,
        }
        token = _body.set(body)
        try:
            answer: dict[str, Any] = self._client.put_log_events(**names, logEvents=[])  # the body has them
        except self._client.exceptions.ResourceNotFoundException:
            return None
        except self._client.exceptions.DataAlreadyAcceptedException:
            return {}
        except Exception as error:
            raise failure(error, "logs:PutLogEvents", self._destination) from error
        finally:
            _body.reset(token)
        return answer
