"""A config table for benchmarks: answers DynamoDB's calls with one item, at once, so that the API alone is measured."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CONFIGS = "configs"
"""The config table's name; every other one is empty."""

ITEM = {
    "tenant_id": {"S": "acme-corp"},
    "type": {"S": "s3"},
    "enabled": {"BOOL": True},
    "bucket_name": {"S": "acme-logs"},
    "groups": {"L": [{"S": "API"}]},
    "schema_version": {"N": "1"},
    "version": {"S": "0" * 32},
    "created_at": {"S": "2026-01-01T00:00:00.000000+00:00"},
    "updated_at": {"S": "2026-01-01T00:00:00.000000+00:00"},
}


class _Table(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else an answer's second segment waits 40 ms for the first one's acknowledgement
    wbufsize = -1  # headers and body in one segment, as a real server sends them

    def do_POST(self) -> None:
        """Answer GetItem and Query with the item, but for types that aren't its own; writes with nothing."""
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        operation = self.headers["X-Amz-Target"].partition(".")[2]
        answer: dict[str, Any] = {}
        if request["TableName"] != CONFIGS:
            answer = {"Items": [], "Count": 0} if operation == "Query" else {}
        elif operation == "GetItem" and request["Key"]["type"]["S"] == "s3":
            answer = {"Item": ITEM}
        elif operation == "Query" and "ExclusiveStartKey" not in request:
            answer = {"Items": [ITEM]}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


@contextmanager
def table() -> Iterator[str]:
    """Serve the table on a free loopback port; yield its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Table)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
