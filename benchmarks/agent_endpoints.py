"""What a real agent needs around it, on loopback: of the Kubernetes API what it asks, and a bucket that counts."""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

KINDS = {"pods": "PodList", "namespaces": "NamespaceList", "nodes": "NodeList"}
CHUNK_BYTES = 1 << 20


class AgentEndpoints(ThreadingHTTPServer):
    """Serves lists of ``items``, by resource, and takes objects; ``refusals`` are statuses to answer first."""

    daemon_threads = True

    def __init__(self, items: dict[str, list[dict[str, Any]]], *, keep: bool, refusals: list[int]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.items, self.keep, self.refusals = items, keep, refusals
        self.objects: dict[str, bytes] = {}
        self.events = self.object_bytes = self.requests = 0
        self.ended, self.lock = Event(), Lock()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_: object) -> None:
        """Quiet: an agent that is killed leaves its calls."""

    def take(self, key: str, body: bytes) -> None:
        """Count an object's lines; keep it if wanted."""
        lines = gzip.decompress(body).count(b"\n")
        with self.lock:
            self.requests += 1
            self.events += lines
            self.object_bytes += len(body)
            self.objects[key] = body if self.keep else b""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: AgentEndpoints

    def do_GET(self) -> None:
        """List a resource, or watch it: nothing ever changes."""
        address = urlsplit(self.path)
        resource = address.path.rpartition("/")[2]
        if "watch" in parse_qs(address.query):
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.server.ended.wait()
            self.close_connection = True
            return
        document = {"apiVersion": "v1", "kind": KINDS[resource], "metadata": {"resourceVersion": "1"}}
        self._answer(200, json.dumps(document | {"items": self.server.items[resource]}).encode(), "application/json")

    def do_PUT(self) -> None:
        """Take an object, or refuse it."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.refusals:
            self._answer(self.server.refusals.pop(0), b"<Error><Code>AccessDenied</Code></Error>", "application/xml")
            return
        self.server.take(unquote(urlsplit(self.path).path), body)
        self._answer(200, b"", "application/xml")

    def _answer(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def serving(
    items: dict[str, list[dict[str, Any]]], *, keep: bool = False, refusals: list[int] | None = None
) -> Iterator[AgentEndpoints]:
    """Serve until the block ends."""
    with AgentEndpoints(items, keep=keep, refusals=refusals or []) as endpoints:
        thread = Thread(target=endpoints.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield endpoints
        finally:
            endpoints.ended.set()
            endpoints.shutdown()
            thread.join()
