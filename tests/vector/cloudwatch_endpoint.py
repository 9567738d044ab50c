"""A CloudWatch Logs endpoint on loopback: just enough of the JSON protocol for Vector's sink, and a record of it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


class CloudWatchEndpoint(ThreadingHTTPServer):
    """``calls`` are (operation, body, authorization); ``failures`` are error codes to answer PutLogEvents with."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.calls: list[tuple[str, dict[str, Any], str]] = []
        self.failures: list[str] = []
        self.streams: set[tuple[str, str]] = set()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def puts(self) -> list[dict[str, Any]]:
        """The bodies of the PutLogEvents calls, refused ones too."""
        return [body for operation, body, _ in self.calls if operation == "PutLogEvents"]

    def answer(self, operation: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Do what CloudWatch would do."""
        stream = (body.get("logGroupName", ""), body.get("logStreamName") or body.get("logStreamNamePrefix", ""))
        if operation == "CreateLogStream":
            self.streams.add(stream)
        if operation == "DescribeLogStreams":
            if not any(group == stream[0] for group, _ in self.streams):
                return 400, {
                    "__type": "ResourceNotFoundException",
                    "message": "The specified log group does not exist.",
                }
            return 200, {"logStreams": [{"logStreamName": name} for _, name in self.streams if name == stream[1]]}
        if operation == "PutLogEvents" and self.failures:
            code = self.failures.pop(0)
            return 400, {"__type": code, "message": "as the test wants it"}
        return 200, {}


class _Handler(BaseHTTPRequestHandler):
    server: CloudWatchEndpoint

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        operation = self.headers["X-Amz-Target"].rpartition(".")[2]
        self.server.calls.append((operation, body, self.headers["Authorization"]))
        status, answer = self.server.answer(operation, body)
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def serving() -> Iterator[CloudWatchEndpoint]:
    """Serve until the block ends."""
    with CloudWatchEndpoint() as endpoint:
        thread = Thread(target=endpoint.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield endpoint
        finally:
            endpoint.shutdown()
            thread.join()
