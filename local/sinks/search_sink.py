"""A customer's search cluster, as far as deliveries need one: the bulk API with ``create``, and a verdict an item.

(Elasticsearch and OpenSearch reference, "Bulk".) The real ones are in `make test-destinations`.
"""

import gzip
import json
import re
import secrets
import threading
from itertools import batched
from typing import Any, Final
from urllib.parse import urlsplit

from local.accounting.events import SentEvent, milliseconds
from local.sinks.https_server import Posted, Reply
from local.sinks.webhook_sink import stream

_BULK: Final = re.compile(r"/(?P<index>[a-z0-9][a-z0-9_.-]*)/_bulk")
_CREATED: Final = {"create": {"status": 201}}
_THERE_ALREADY: Final = {"create": {"status": 409, "error": {"type": "version_conflict_engine_exception"}}}


class SearchSink:
    """Indexes whose documents are created once: an ``_id`` that exists is a conflict."""

    def __init__(self) -> None:
        self.api_key = secrets.token_urlsafe(32)
        self._documents: dict[tuple[str, str], dict[str, str]] = {}
        self._lock = threading.Lock()

    def take(self, posted: Posted) -> Reply:
        """Create a request's documents."""
        if posted.headers.get("authorization") != f"ApiKey {self.api_key}":
            return Reply(401)
        found = _BULK.fullmatch(urlsplit(posted.target).path)
        if found is None:
            return Reply(404)
        lines = [json.loads(line) for line in gzip.decompress(posted.body).splitlines()]
        with self._lock:
            items = [
                self._create(found["index"], action, document) for action, document in batched(lines, 2, strict=True)
            ]
        errors = any(item is not _CREATED for item in items)
        return Reply(200, json.dumps({"errors": errors, "items": items}).encode())

    def events(self) -> list[SentEvent]:
        """Return the documents as events, in the order in which they were created in their streams."""
        with self._lock:
            documents = list(self._documents.values())
        events = (SentEvent(stream(each), milliseconds(each["@timestamp"]), each["message"]) for each in documents)
        return sorted(events, key=lambda event: event.stream)  # stable

    def _create(self, index: str, action: dict[str, dict[str, str]], document: dict[str, str]) -> dict[str, Any]:
        key = (index, action["create"]["_id"])
        if key in self._documents:
            return _THERE_ALREADY
        self._documents[key] = document
        return _CREATED
