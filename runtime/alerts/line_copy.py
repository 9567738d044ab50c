"""The copy of a marked line as it comes from the agent's lane: read strictly, because a cluster may send anything."""

from dataclasses import dataclass
from typing import Final, Literal

import msgspec
from msgspec import Raw

from runtime.delivery_config.model import is_tenant_id
from runtime.objects import timestamps
from runtime.objects.key import MAX_SEGMENT_BYTES

Level = Literal["trace", "debug", "info", "notice", "warning", "error", "critical", "fatal"]
LEVELS: Final[tuple[Level, ...]] = ("trace", "debug", "info", "notice", "warning", "error", "critical", "fatal")
"""As the agent writes them (``vector_config/base/programs/level.vrl``), from the least to the gravest."""
MAX_MESSAGE: Final = 32_768
"""Characters of a line that a copy has; ours, below what SQS takes (API reference, SendMessage: 1 MiB)."""
ID_HEX_DIGITS: Final = 16


class MalformedCopyError(ValueError):
    """The body isn't one that an agent makes."""


class _Body(msgspec.Struct):
    id: str
    tenant_id: str
    cluster_id: str
    application: str
    pod_name: str
    timestamp: Raw
    message: str
    level: str = ""


_decode = msgspec.json.Decoder(_Body).decode


@dataclass(frozen=True, slots=True)
class LineCopy:
    """A marked line. ``time_ms``: the line's own time, epoch ms; ``id`` the same however often the line is sent."""

    id: str
    tenant_id: str
    cluster_id: str
    application: str
    pod_name: str
    time_ms: int
    level: str
    message: str

    @classmethod
    def parse(cls, body: str) -> "LineCopy":
        """Read a message's body. Raises ``MalformedCopyError``, which quotes none of it."""
        try:
            found = _decode(body.encode("utf-8", "surrogatepass"))
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeError) as error:
            raise MalformedCopyError("the body isn't a copy of a line") from error
        time_ms = timestamps.parse(bytes(found.timestamp))
        names = (found.cluster_id, found.application, found.pod_name)
        if not is_tenant_id(found.tenant_id) or not all(_is_segment(name) for name in names):
            raise MalformedCopyError("it names what can't be a segment of an object's key")
        if time_ms is None or not _is_id(found.id):
            raise MalformedCopyError("its id or time isn't of the agent's form")
        return cls(
            id=found.id,
            tenant_id=found.tenant_id,
            cluster_id=found.cluster_id,
            application=found.application,
            pod_name=found.pod_name,
            time_ms=time_ms,
            level=found.level,
            message=found.message[:MAX_MESSAGE],
        )

    def is_at_least(self, least: Level) -> bool:
        """Whether its level is known and not below another."""
        return self.level in LEVELS and LEVELS.index(self.level) >= LEVELS.index(least)


def _is_id(text: str) -> bool:
    return len(text) == ID_HEX_DIGITS and set(text) <= set("0123456789abcdef")


def _is_segment(name: str) -> bool:
    return (
        0 < len(name.encode("utf-8", "surrogatepass")) <= MAX_SEGMENT_BYTES and "/" not in name and name.isprintable()
    )
