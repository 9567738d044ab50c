"""An event as a JSON object: its time, its message, and where it comes from."""

from datetime import UTC, datetime

import msgspec

from runtime.objects.key import SEGMENT_NAMES, ObjectKey

_encode = msgspec.json.Encoder().encode


class EventDocuments:
    """Writes the events of one object. Used by one thread. :param time: the name of the time's field.

    The message goes in as the one JSON string that it is: nothing in it can become a field, or a line of its own.
    """

    def __init__(self, key: ObjectKey, *, time: str = "@timestamp") -> None:
        self._time = time.encode()
        self._origin = b"," + _encode({name: getattr(key, name) for name in SEGMENT_NAMES})[1:]
        self._second: int | None = None
        self._text = b""

    def write(self, timestamp: int, literal: bytes) -> bytes:
        """Return one document. :param timestamp: epoch ms. :param literal: the message, a JSON string literal."""
        second, milliseconds = divmod(timestamp, 1000)
        if second != self._second:
            self._second, self._text = second, datetime.fromtimestamp(second, UTC).isoformat()[:19].encode()
        return b'{"%b":"%b.%03dZ","message":%b%b' % (self._time, self._text, milliseconds, literal, self._origin)
