"""A light stand-in for the AWS services that the processor calls: ``python -m benchmarks.light_sink FILE``.

It serves one object on loopback and takes every batch, so that the processor is measured and not an emulator. It checks
nothing that the embedded cloud checks; what it does check is content: the messages it was sent, in order, by count and
digest.
"""

import hashlib
import json
import sys
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import msgspec

SESSION = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<Credentials><AccessKeyId>ASIAEXAMPLE</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>
<SessionToken>token</SessionToken><Expiration>{expiration}</Expiration></Credentials>
<AssumedRoleUser><Arn>arn:aws:sts::111111111111:assumed-role/r/s</Arn><AssumedRoleId>A:s</AssumedRoleId></AssumedRoleUser>
</AssumeRoleResult></AssumeRoleResponse>"""

CONFIG = {
    "tenant_id": {"S": "acme-corp"},
    "type": {"S": "cloudwatch"},
    "log_distribution_role_arn": {"S": "arn:aws:iam::222222222222:role/CustomerLogDistributionRole/acme"},
    "log_group_name": {"S": "/logrouter/acme-corp"},
}


class LogEvent(msgspec.Struct):
    """What is looked at of an event."""

    message: str
    timestamp: int


class PutLogEvents(msgspec.Struct):
    """What is looked at of a request."""

    logStreamName: str  # noqa: N815 - the API's own spelling
    logEvents: list[LogEvent]  # noqa: N815


class Received:
    """What arrived so far: events, calls by action, and a digest of all messages in order of arrival."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._decoder = msgspec.json.Decoder(PutLogEvents)
        self._digest = hashlib.sha256()
        self.calls: Counter[str] = Counter()
        self.events = 0

    def take(self, body: bytes) -> None:
        """Count a PutLogEvents body."""
        request = self._decoder.decode(body)
        with self._lock:
            self.events += len(request.logEvents)
            for event in request.logEvents:
                self._digest.update(event.message.encode() + b"\n")

    def report(self) -> dict[str, object]:
        """Give the figures as JSON takes them."""
        return {"events": self.events, "sha256": self._digest.hexdigest(), "calls": dict(self.calls)}


class Handler(BaseHTTPRequestHandler):
    """Answers as the services would on their best day."""

    protocol_version = "HTTP/1.1"
    received: ClassVar[Received] = Received()
    object_file: ClassVar[Path]
    modified: ClassVar[str] = format_datetime(datetime.now(UTC), usegmt=True)

    def log_message(self, *_: object) -> None:
        """Stay silent: a line a call would be the measurement."""

    def do_GET(self) -> None:
        """Serve the object, or ``/report``."""
        if self.path == "/report":
            self._answer(json.dumps(self.received.report()).encode())
            return
        self.received.calls["GetObject"] += 1
        self.send_response(200)
        self.send_header("Content-Length", str(self.object_file.stat().st_size))
        self.send_header("Last-Modified", self.modified)
        self.send_header("ETag", '"e"')
        self.end_headers()
        with self.object_file.open("rb") as body:
            while chunk := body.read(1 << 18):
                self.wfile.write(chunk)

    def do_POST(self) -> None:
        """Take a call of the services that are called by POST."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        action = self.headers.get("X-Amz-Target", "").rpartition(".")[2] or "AssumeRole"
        self.received.calls[action] += 1
        if action == "PutLogEvents":
            self.received.take(body)
            self._answer(b"{}")
        elif action == "Query":
            self._answer(json.dumps({"Items": [CONFIG], "Count": 1, "ScannedCount": 1}).encode())
        elif action == "AssumeRole":
            expiration = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
            self._answer(SESSION.format(expiration=expiration).encode(), "text/xml")
        else:
            self._answer(b"{}")

    def _answer(self, body: bytes, content_type: str = "application/x-amz-json-1.1") -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main(object_file: str) -> None:
    """Serve until standard input ends: whoever started it can't leave it behind."""
    Handler.object_file = Path(object_file)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)
    sys.stdin.read()
    server.shutdown()


if __name__ == "__main__":
    main(sys.argv[1])
