"""The native engine: PutLogEvents, its request body made from bytes; what it says is missing is created."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, cast

import msgspec

from runtime.aws.clients import AwsClients
from runtime.aws.credentials import Credentials, use_credentials
from runtime.deliveries.cloudwatch.destination import LogDestination
from runtime.deliveries.cloudwatch.engine import BatchSender, CredentialsSource
from runtime.deliveries.cloudwatch.filtering import EXPIRED, TOO_NEW, TOO_OLD
from runtime.deliveries.event_request import Rejection
from runtime.errors import BlockedByCustomerError, DeliveryError, Hop, RefusedError, RetryableError, Rule, classify
from runtime.objects.batches import Batch
from runtime.time_budget import TimeBudget

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import RejectedLogEventsInfoTypeDef

    from runtime.aws.direct_call import DirectCall

_CODES: dict[str, Rule] = {
    "InvalidParameterException": (RefusedError, "request-refused"),  # a bug of ours or a new rule: kept, not dropped
    "SerializationException": (RefusedError, "request-refused"),
    "InvalidSequenceTokenException": (RetryableError, "sequence-token"),  # of the time before 2023; emulators know it
    "OperationAbortedException": (RetryableError, "conflict"),
    "LimitExceededException": (BlockedByCustomerError, "customer-limit"),
    "InvalidOperationException": (BlockedByCustomerError, "log-group-refused"),
    "ResourceNotFoundException": (RetryableError, "log-group-missing"),
}
"""What CloudWatch Logs' own error codes mean for a delivery; the general ones are in ``runtime/errors.py``."""

RESTORE_LOG_GROUP = "create the log group again, as it was, or let the role create it"
_DERIVED = "put-log-events"  # under this name siblings of a batch find its encoded events
_encode = msgspec.json.Encoder().encode


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
        info = cast("RejectedLogEventsInfoTypeDef", answer.get("rejectedLogEventsInfo") or {})
        return rejections(info, len(batch))

    def close(self) -> None:
        """Nothing is held."""

    def _put(self, body: bytes, credentials: Credentials) -> Mapping[str, object] | None:
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


def create_log_stream(client: "CloudWatchLogsClient", destination: LogDestination) -> bool:
    """Create the log stream, and the log group if that is missing, too; return whether the group was created.

    A group that comes back in this way has none of what its owner gave it: no retention, class, key or tags.

    :raises runtime.errors.DeliveryError: blocked by the customer where their role may not create it.
    """
    group, stream = destination.log_group_name, destination.log_stream_name

    def create_stream() -> object:
        return client.create_log_stream(logGroupName=group, logStreamName=stream)

    if _create(create_stream, client, destination, "CreateLogStream") is not None:
        return False
    created = _create(lambda: client.create_log_group(logGroupName=group), client, destination, "CreateLogGroup")
    _create(create_stream, client, destination, "CreateLogStream")
    return bool(created)


def _create(
    call: Callable[[], object], client: "CloudWatchLogsClient", destination: LogDestination, action: str
) -> bool | None:
    """Return whether it was created; false where it exists, ``None`` where its group doesn't exist."""
    try:
        call()
    except client.exceptions.ResourceAlreadyExistsException:
        return False
    except client.exceptions.ResourceNotFoundException:
        return None
    except Exception as error:
        failed = failure(error, f"logs:{action}", destination)
        if action == "CreateLogGroup" and isinstance(failed, BlockedByCustomerError):
            gone = BlockedByCustomerError("log-group-missing", f"{failed.detail}; or {RESTORE_LOG_GROUP}")
            gone.call = replace(failed.call, next_step=RESTORE_LOG_GROUP)
            raise gone from error
        raise failed from error
    return True


def put_log_events_body(destination: LogDestination, batch: Batch) -> bytes:
    """Encode one call's request body: JSON as the service's protocol has it (awsJson 1.1), the messages verbatim.

    From bytes: no dict for an event, no message decoded to be encoded again.
    """
    events = batch.derived.get(_DERIVED)
    if events is None:
        events = batch.derived[_DERIVED] = _log_events(batch)
    group, stream = _encode(destination.log_group_name), _encode(destination.log_stream_name)
    return b"".join((b'{"logGroupName":', group, b',"logStreamName":', stream, b',"logEvents":[', events, b"]}"))


def _log_events(batch: Batch) -> bytes:
    if not len(batch):
        return b""
    # All times become text in one step, as a JSON array that is taken apart at its commas.
    times = _encode(batch.timestamps)[1:-1].split(b",")
    parts = [b',"message":'] * (4 * len(times))
    parts[0::4] = [b'},{"timestamp":'] * len(times)
    parts[0] = b'{"timestamp":'
    parts[1::4] = times
    parts[3::4] = batch.literals
    parts.append(b"}")
    return b"".join(parts)


def rejections(info: "RejectedLogEventsInfoTypeDef", sent: int) -> list[Rejection]:
    """Return which of the ``sent`` events ``rejectedLogEventsInfo`` names, each once.

    ``tooOldLogEventEndIndex`` and ``expiredLogEventEndIndex`` are the first index that is *not* refused;
    ``tooNewLogEventStartIndex`` is the first one that is. Events are in chronological order, and the group's
    retention may be longer or shorter than 14 days: what both ends cover counts as too old.
    """
    too_old = min(info.get("tooOldLogEventEndIndex", 0), sent)
    expired = min(info.get("expiredLogEventEndIndex", 0), sent)
    old = max(too_old, expired)
    too_new = max(min(info.get("tooNewLogEventStartIndex", sent), sent), old)
    parts = ((TOO_OLD, range(too_old)), (EXPIRED, range(too_old, old)), (TOO_NEW, range(too_new, sent)))
    return [Rejection(reason, positions) for reason, positions in parts if positions]


def failure(error: Exception, action: str, destination: LogDestination) -> DeliveryError:
    """Classify the error of a call to the customer's log group."""
    resource = f"log group {destination.log_group_name} in {destination.region}"
    return classify(error, hop=Hop.DESTINATION, action=action, resource=resource, codes=_CODES)
