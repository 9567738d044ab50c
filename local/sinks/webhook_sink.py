"""A customer's webhook: it proves that it has the secret, believes only what is signed with it, keeps what it gets."""

import base64
import hashlib
import hmac
import json
import secrets
import threading
from typing import Final

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from local.accounting.events import SentEvent, milliseconds
from local.sinks.https_server import Posted, Reply

PATH: Final = "/in"
_VERIFY: Final = "endpoint.verify"
_TEST: Final = "logrouter-test"
"""The application that a test delivery's event names: it is none of the tenant's."""


class WebhookSink:
    """Written as a customer would, with the specification's own library: nothing of the sender's code is in it."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self.secret = f"whsec_{base64.b64encode(self._key).decode()}"
        self._taken: list[SentEvent] = []
        self._lock = threading.Lock()

    def take(self, posted: Posted) -> Reply:
        """Take a request's events, all of them, or answer its challenge."""
        if posted.target != PATH:
            return Reply(404)
        try:
            Webhook(self.secret).verify(posted.body, dict(posted.headers), json_parse=False)
        except WebhookVerificationError:
            return Reply(401)
        if posted.headers["content-type"] == "application/json":
            asked = json.loads(posted.body)
            return self._prove(asked["challenge"]) if asked["type"] == _VERIFY else Reply(400)
        documents = [json.loads(line) for line in posted.body.splitlines()]
        events = [_event(document) for document in documents if document["application"] != _TEST]
        with self._lock:
            self._taken += events
        return Reply(202)

    def events(self) -> list[SentEvent]:
        """Return everything that was taken, as often as it came: an object's events in their order."""
        with self._lock:
            return sorted(self._taken, key=lambda event: event.stream)  # stable

    def _prove(self, challenge: str) -> Reply:
        proof = hmac.digest(self._key, challenge.encode(), hashlib.sha256).hex()
        return Reply(200, json.dumps({"challenge": proof}).encode())


def _event(document: dict[str, str]) -> SentEvent:
    return SentEvent(stream(document), milliseconds(document["timestamp"]), document["message"])


def stream(document: dict[str, str]) -> str:
    """Return the stream that a document's origin names, as CloudWatch's is named."""
    return "/".join(document[name] for name in ("cluster_id", "application", "pod_name"))
