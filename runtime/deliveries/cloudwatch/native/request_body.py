"""PutLogEvents' request body, from bytes: no dict for an event, no message decoded to be encoded again."""

import msgspec

from runtime.deliveries.cloudwatch.destination import LogDestination
from runtime.objects.batches import Batch

_DERIVED = "put-log-events"  # under this name siblings of a batch find its encoded events
_encode = msgspec.json.Encoder().encode


def put_log_events_body(destination: LogDestination, batch: Batch) -> bytes:
    """Encode one call's request body: JSON as the service's protocol has it (awsJson 1.1), the messages verbatim."""
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
