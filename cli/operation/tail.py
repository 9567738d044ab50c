"""A tenant's events in the order in which they are delivered: each object once, when the first destination has it."""

import gzip
import json
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from cli.operation.recent import DELIVERED
from cli.operation.sources import Sources
from runtime.objects.key import ObjectKey

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import GetObjectRequestTypeDef

POLL_SECONDS: Final = 2.0
OVERLAP_SECONDS: Final = 30.0
"""Ours: a record may be found so much later than it was written."""
REMEMBERED: Final = 10_000
"""Ours: objects of the last half-minute are many fewer for one tenant."""


@dataclass(frozen=True, slots=True)
class TailedEvent:
    """An event. ``time``: as its line has it, empty where it has none."""

    time: str
    key: ObjectKey
    message: str


@dataclass(slots=True)
class Tail:
    """Follows one tenant. It reads objects, which takes the right to read them: the S3 client's refusal is raised.

    :param application: only events of this application.
    """

    sources: Sources
    tenant_id: str
    application: str | None = None
    wait: Callable[[float], object] = time.sleep
    _seen: OrderedDict[tuple[str, str], None] = field(default_factory=OrderedDict)

    def follow(self, since: float, until: float | None = None) -> Iterator[TailedEvent]:
        """Yield events that were delivered since then (epoch s), and on; until then, or for ever."""
        begin = since
        while True:
            now = self.sources.clock()
            yield from self.between(begin, now)
            if until is not None and now >= until:
                return
            begin = max(since, now - OVERLAP_SECONDS)
            self.wait(POLL_SECONDS)

    def between(self, since: float, until: float) -> Iterator[TailedEvent]:
        """Yield the events of objects that weren't seen before and were delivered in this time."""
        wanted = {"message": "delivery", "Outcome": DELIVERED, "tenant_id": self.tenant_id}
        lines = sorted(self.sources.records.lines(since, until, **wanted), key=lambda each: each.at)
        for line in lines:
            which = (line.text("object"), line.text("version"))
            if which in self._seen:
                continue
            self._seen[which] = None
            if len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
            key = ObjectKey.parse(which[0])
            if self.application in (None, key.application):
                yield from self._events(key, which[1])

    def _events(self, key: ObjectKey, version: str) -> Iterator[TailedEvent]:
        """Read an object line by line; what isn't an event's line is its own message, as the processor has it."""
        request: GetObjectRequestTypeDef = {"Bucket": self.sources.bucket, "Key": key.key}
        if version:
            request["VersionId"] = version
        answer = self.sources.clients.client("s3").get_object(**request)
        with closing(answer["Body"]) as body, gzip.GzipFile(fileobj=body) as lines:
            for line in lines:
                if line.strip():
                    yield _event(line.rstrip(b"\r\n").decode(errors="replace"), key)


def _event(line: str, key: ObjectKey) -> TailedEvent:
    try:
        fields = json.loads(line)
    except ValueError:
        fields = None
    if not isinstance(fields, dict) or "message" not in fields:
        return TailedEvent("", key, line)
    message = fields["message"]
    text = message if isinstance(message, str) else json.dumps(message)
    return TailedEvent(str(fields.get("timestamp", "")), key, text)
