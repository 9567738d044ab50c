"""What a destination should hold: the sent objects' events, as multisets that can be compared."""

import gzip
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from local.loader.objects import LogObject
from runtime.objects.key import ObjectKey

MAX_EVENT_BYTES = 1_048_576 - 26
"""CloudWatch's limit for one event: PutLogEvents API reference."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, order=True)
class SentEvent:
    """One event where it belongs: its stream, its time in epoch ms (cut, not rounded), its text."""

    stream: str
    timestamp_ms: int
    message: str

    @property
    def application(self) -> str:
        """The application its stream is named after."""
        return self.stream.split("/")[1]


def text_of(body: bytes) -> bytes:
    """Return an object's lines as they are."""
    return gzip.decompress(body)


def stream_of(key: str) -> str:
    """Return the log stream of an object's events (contract §4)."""
    found = ObjectKey.parse(key)
    return f"{found.cluster_id}/{found.application}/{found.pod_name}"


def events_of(object_: LogObject) -> list[SentEvent]:
    """Return an object's events, the empty ones too, in its order."""
    stream = stream_of(object_.key)
    parsed = [json.loads(line) for line in text_of(object_.body).splitlines()]
    return [SentEvent(stream, milliseconds(line["timestamp"]), line["message"]) for line in parsed]


def milliseconds(stamp: str) -> int:
    """Return an RFC 3339 time in UTC, with up to nanoseconds, as epoch milliseconds. What is finer is cut off."""
    seconds, _, fraction = stamp.removesuffix("Z").partition(".")
    whole = int((datetime.fromisoformat(seconds).replace(tzinfo=UTC) - EPOCH).total_seconds())
    return whole * 1000 + int(f"{fraction[:3]:0<3}")


def without_empty(events: Iterable[SentEvent]) -> list[SentEvent]:
    """Leave out what CloudWatch refuses."""
    return [event for event in events if event.message]


def rejoin_split(delivered: list[SentEvent], sent: Iterable[SentEvent]) -> list[SentEvent]:
    """Put events that were too big for one back together: neighbours of one stream and time that add up to one sent.

    :param delivered: in the order in which each stream holds them.
    """
    big = Counter(event for event in sent if len(event.message.encode()) > MAX_EVENT_BYTES)
    joined: list[SentEvent] = []
    position = 0
    while position < len(delivered):
        count = next((found for whole in big if (found := _pieces(delivered, position, whole))), 1)
        text = "".join(event.message for event in delivered[position : position + count])
        first = delivered[position]
        joined.append(SentEvent(first.stream, first.timestamp_ms, text))
        position += count
    return joined


def _pieces(delivered: list[SentEvent], start: int, whole: SentEvent) -> int:
    """Return how many events from ``start`` on add up to ``whole``; 0 if they don't."""
    text, origin = whole.message, (whole.stream, whole.timestamp_ms)
    for position in range(start, len(delivered)):
        event = delivered[position]
        if (event.stream, event.timestamp_ms) != origin or not event.message or not text.startswith(event.message):
            return 0
        text = text[len(event.message) :]
        if not text:
            return position - start + 1
    return 0
