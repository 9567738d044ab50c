"""A real OpenSearch node, plain HTTP on loopback, without the security plug-in (which isn't among the artifacts)."""

import json
import urllib.request
from pathlib import Path
from typing import Any, Self

from ministack_fidelity.server import free_port
from tests.destinations.servers.artifacts import artifacts
from tests.destinations.servers.java_server import JavaServer

HEAP_MB = 384
CALL_SECONDS = 30.0
SETTINGS = {
    "cluster.name": "logrouter-test",
    "node.name": "node",
    "discovery.type": "single-node",
    "transport.type": "netty4",
    "http.type": "netty4",
    "network.host": "127.0.0.1",
    "node.processors": "2",
    "cluster.routing.allocation.disk.threshold_enabled": "false",  # the tests' machine may have a full disk
}


class OpenSearchNode:
    """One node; its indexes are made when documents arrive, but those named ``strict-*``."""

    def __init__(self, home: Path) -> None:
        self.port = free_port()
        self._home = home
        self._server = JavaServer(
            artifacts("opensearch-server"), home, heap_mb=HEAP_MB, main="RunNode", ready="STARTED"
        )
        self.frozen = self._server.frozen

    @classmethod
    def started(cls, home: Path) -> Self:
        """Start one."""
        node = cls(home)
        node.start()
        return node

    def start(self) -> None:
        """Start it, or start it again with what it has stored."""
        own = {"http.port": str(self.port), "transport.port": str(free_port())}
        settings = {**SETTINGS, **own, "action.auto_create_index": "-strict-*,+*"}
        self._server.start(str(self._home), *(f"{name}={value}" for name, value in settings.items()))

    def kill(self) -> None:
        """End it as a crash would."""
        self._server.kill()

    def end(self) -> None:
        """End it."""
        self._server.end()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Send a request of the tests' own, and return the JSON of its answer. Raises on another status than 2xx."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"content-type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=CALL_SECONDS) as answer:
            return json.loads(answer.read() or b"null")

    def documents(self, index: str) -> dict[str, Any]:
        """Return an index's (or data stream's) documents by id; at most 10,000."""
        self.call("POST", f"/{index}/_refresh")
        found = self.call("POST", f"/{index}/_search", {"size": 10_000, "sort": ["_doc"]})["hits"]["hits"]
        return {hit["_id"]: hit["_source"] for hit in found}

    def count(self, index: str) -> int:
        """Return how many documents an index has."""
        self.call("POST", f"/{index}/_refresh")
        return int(self.call("GET", f"/{index}/_count")["count"])
