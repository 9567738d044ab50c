"""A light stand-in for the AWS services that a processor calls, on loopback, in threads of the measuring process.

It serves objects and queue messages and takes every batch, so that the processor is measured and not an emulator. It
checks nothing that the embedded cloud checks; what it does check is content: every event, by count and sum.
"""

import json
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any, ClassVar, Self, cast
from urllib.parse import unquote

import msgspec

from benchmarks.content import Content

SESSION = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<Credentials><AccessKeyId>ASIA{number:016d}</AccessKeyId><SecretAccessKey>{number:040d}</SecretAccessKey>
<SessionToken>{number:01000d}</SessionToken><Expiration>{expiration}</Expiration></Credentials>
<AssumedRoleUser><Arn>arn:aws:sts::111111111111:assumed-role/r/s</Arn><AssumedRoleId>A:s</AssumedRoleId></AssumedRoleUser>
</AssumeRoleResult></AssumeRoleResponse>"""
COPIED = b"""<CopyObjectResult><ETag>&quot;e&quot;</ETag><LastModified>2026-11-23T10:00:00.000Z</LastModified>
</CopyObjectResult>"""
ROLE = "arn:aws:iam::222222222222:role/CustomerLogDistributionRole/{}"
READ_BYTES = 1 << 18


class LogEvent(msgspec.Struct):
    """The fields of an event that are checked."""

    message: str
    timestamp: int


class PutLogEvents(msgspec.Struct):
    """The fields of a request that are checked."""

    logGroupName: str  # noqa: N815 - the API's own spelling
    logEvents: list[LogEvent]  # noqa: N815 - as above


def cloudwatch_config(tenant_id: str, number: int = 0) -> dict[str, Any]:
    """Make a tenant's item for one log group; 0 is the plain ``cloudwatch``."""
    return {
        "tenant_id": {"S": tenant_id},
        "type": {"S": f"cloudwatch:n{number}" if number else "cloudwatch"},
        "log_distribution_role_arn": {"S": ROLE.format(tenant_id)},
        "log_group_name": {"S": f"/logrouter/{tenant_id}/{number}"},
    }


def s3_config(tenant_id: str, number: int = 0) -> dict[str, Any]:
    """Make a tenant's item for one bucket."""
    return {
        "tenant_id": {"S": tenant_id},
        "type": {"S": f"s3:n{number}"},
        "bucket_name": {"S": f"customer-{tenant_id}-{number}"},
    }


@dataclass
class Received:
    """What arrived since the last ``start``."""

    calls: Counter[str] = field(default_factory=Counter)
    contents: dict[str, Content] = field(default_factory=dict)  # by log group
    first_batch_at: float = 0.0  # time.monotonic()
    last_batch_at: float = 0.0  # the same, when it was counted


class LightSink(ThreadingTCPServer):
    """A context manager: serves while it is open.

    :param configs: a tenant's items, as DynamoDB has them. :param objects: files by key.
    """

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        *,
        objects: Mapping[str, Path] | None = None,
        configs: Mapping[str, Sequence[dict[str, Any]]] | None = None,
        latency_seconds: float = 0.0,
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.objects = dict(objects or {})
        self.configs = dict(configs or {})
        self.latency_seconds = latency_seconds
        self._decode = msgspec.json.Decoder(PutLogEvents).decode
        self._changed = threading.Condition()
        self._messages: deque[tuple[int, str]] = deque()
        self._unsettled: set[int] = set()
        self._number = 0
        self.sessions = count(1)
        self._counting = 0
        self._received = Received()

    @property
    def url(self) -> str:
        """Where it serves."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return super().__enter__()

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    def start(self) -> None:
        """Forget what arrived."""
        with self._changed:
            self._received = Received()

    def enqueue(self, bodies: Sequence[str]) -> None:
        """Put messages into the queue."""
        with self._changed:
            for body in bodies:
                self._number += 1
                self._messages.append((self._number, body))
                self._unsettled.add(self._number)
            self._changed.notify_all()

    def wait_until_settled(self, seconds: float) -> bool:
        """Wait until every message is deleted; whether it was in time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._unsettled, seconds)

    def received(self) -> Received:
        """Return what arrived, once all of it is counted."""
        with self._changed:
            self._changed.wait_for(lambda: not self._counting)
            return self._received

    def receive(self, wanted: int, seconds: float) -> list[dict[str, str]]:
        """Answer ReceiveMessage; wait so long for a message."""
        with self._changed:
            self._changed.wait_for(lambda: self._messages, seconds)
            taken = [self._messages.popleft() for _ in range(min(wanted, len(self._messages)))]
        return [{"MessageId": str(number), "ReceiptHandle": str(number), "Body": body} for number, body in taken]

    def delete(self, handles: Sequence[str]) -> None:
        """Answer DeleteMessage(Batch)."""
        with self._changed:
            self._unsettled.difference_update(map(int, handles))
            self._changed.notify_all()

    def called(self, action: str) -> None:
        """Count a call."""
        with self._changed:
            self._received.calls[action] += 1
            self._counting += action == "PutLogEvents"
            if action == "PutLogEvents" and not self._received.first_batch_at:
                self._received.first_batch_at = time.monotonic()

    def count(self, body: bytes) -> None:
        """Count a PutLogEvents body's events."""
        request = self._decode(body)
        content = Content.of((event.timestamp, event.message.encode()) for event in request.logEvents)
        with self._changed:
            contents = self._received.contents
            contents[request.logGroupName] = contents.get(request.logGroupName, Content()) + content
            self._counting -= 1
            self._received.last_batch_at = time.monotonic()
            self._changed.notify_all()


class _Connection(StreamRequestHandler):
    disable_nagle_algorithm = True
    rbufsize = READ_BYTES
    modified: ClassVar[str] = format_datetime(datetime.now(UTC), usegmt=True)

    def handle(self) -> None:
        """Answer one request after another, as the services would on their best day."""
        self.sink = cast("LightSink", self.server)
        try:
            while request_line := self.rfile.readline():
                method, path, _ = request_line.decode("latin-1").split(" ")
                headers = dict(iter(self._header, ("", "")))
                body = self.rfile.read(int(headers.get("content-length", 0)))
                if method == "POST":
                    self._post(headers.get("x-amz-target", "").rpartition(".")[2] or "AssumeRole", body)
                else:
                    self._object(method, path)
        except (ConnectionError, ValueError):
            return

    def _header(self) -> tuple[str, str]:
        name, _, value = self.rfile.readline().decode("latin-1").partition(":")
        return name.strip().lower(), value.strip()

    def _object(self, method: str, path: str) -> None:
        self.sink.called("GetObject" if method == "GET" else "CopyObject")
        if method == "PUT":
            self._answer(COPIED, "application/xml")
            return
        key = unquote(path.partition("?")[0]).split("/", 2)[2]
        file = self.sink.objects[key]
        extra = f'Last-Modified: {self.modified}\r\nETag: "e"\r\n'
        self._answer(b"", "binary/octet-stream", length=file.stat().st_size, extra=extra)
        with file.open("rb") as data:
            self.connection.sendfile(data)

    def _post(self, action: str, body: bytes) -> None:
        self.sink.called(action)
        if action == "PutLogEvents":
            self._batch(body)
        elif action == "AssumeRole":
            expiration = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
            session = SESSION.format(expiration=expiration, number=next(self.sink.sessions))
            self._answer(session.encode(), "text/xml")
        else:
            self._answer(json.dumps(self._document(action, json.loads(body))).encode())

    def _batch(self, body: bytes) -> None:
        begin = time.monotonic()
        if not self.sink.latency_seconds:
            self._answer(b"{}")
            self.sink.count(body)
            return
        self.sink.count(body)
        time.sleep(max(0.0, self.sink.latency_seconds - (time.monotonic() - begin)))
        self._answer(b"{}")

    def _document(self, action: str, request: dict[str, Any]) -> dict[str, Any]:
        if action == "ReceiveMessage":
            return {
                "Messages": self.sink.receive(request.get("MaxNumberOfMessages", 1), request.get("WaitTimeSeconds", 0))
            }
        if action == "DeleteMessageBatch":
            self.sink.delete([entry["ReceiptHandle"] for entry in request["Entries"]])
        if action in ("DeleteMessageBatch", "ChangeMessageVisibilityBatch"):
            return {"Successful": [{"Id": entry["Id"]} for entry in request["Entries"]], "Failed": []}
        if action == "Query":
            items = self.sink.configs.get(request["ExpressionAttributeValues"][":tenant"]["S"], ())
            return {"Items": list(items), "Count": len(items), "ScannedCount": len(items)}
        return {}

    def _answer(
        self, body: bytes, kind: str = "application/x-amz-json-1.1", *, length: int | None = None, extra: str = ""
    ) -> None:
        head = (
            f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nx-amzn-RequestId: 1\r\n"
            f"Content-Length: {len(body) if length is None else length}\r\n{extra}\r\n"
        )
        self.wfile.write(head.encode() + body)
