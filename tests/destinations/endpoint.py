"""A customer's HTTPS endpoint on loopback that can be told to fail: it counts what it took, whatever it answered."""

import json
import socket
import struct
from dataclasses import dataclass

from local.sinks.https_server import HOST, Posted, serving
from local.sinks.webhook_sink import PATH, WebhookSink
from tests.destinations.relay import Answer, Relay

EXPORT = "/v1/logs"


@dataclass
class Fault:
    """What becomes of a request. ``takes``: the events count as received all the same.

    :param status: answered in place of the right one. :param answer: what becomes of the answer.
    :param waits: nothing is answered. :param resets: the connection is reset.
    """

    status: int = 0
    answer: Answer = Answer.WHOLE
    takes: bool = False
    waits: bool = False
    resets: bool = False
    head: bytes = b""


@dataclass
class Limits:
    """What the endpoint refuses of itself: bodies over so many bytes (413), and events with this text in them (400)."""

    body_bytes: int = 10**9
    refused: str = ""


class Endpoint(Relay):
    """Takes NDJSON by its webhook, and OTLP. ``faults``: of the requests to come, one each."""

    def __init__(self, identity):
        super().__init__(0)
        self.webhook, self.exported = WebhookSink(), []
        self.faults, self.limits = [], Limits()
        self._server.socket = serving(identity).wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self._fault = Fault()
        self.url = f"https://{HOST}:{self._server.server_address[1]}"

    def messages(self):
        """Return what was taken, as often as it was."""
        return [event.message for event in self.webhook.events()] + self.exported

    def ask(self, path, headers, body):
        """Take a request's events, unless it fails; return the status and the content of the answer."""
        self._fault = self.faults.pop(0) if self.faults else Fault(takes=True)
        self.answer = self._fault.answer
        if not self._fault.takes:
            return self._fault.status, b""
        if len(body) > self.limits.body_bytes:
            return 413, b""
        if self.limits.refused and self.limits.refused.encode() in body:
            return 400, b""
        if path == EXPORT:
            self.exported += _bodies(json.loads(body))
            return 200, b'{"partialSuccess":{}}'
        reply = self.webhook.take(Posted(path, {name.lower(): value for name, value in headers.items()}, body))
        return reply.status, reply.body or b'{"accepted":true}'

    def give(self, connection, answer, content):
        """Answer, or don't."""
        status, body = content
        if self._fault.resets:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif self._fault.waits:
            self.stopped.wait(30)
        elif answer is Answer.WHOLE:
            connection.sendall(
                b"HTTP/1.1 %d -\r\ncontent-length: %d\r\n%b\r\n" % (status, len(body), self._fault.head) + body
            )
        else:
            super().give(connection, answer, body or b'{"accepted":true}')


def _bodies(export):
    return [
        record["body"]["stringValue"]
        for resource in export["resourceLogs"]
        for scope in resource["scopeLogs"]
        for record in scope["logRecords"]
    ]


__all__ = ["EXPORT", "PATH", "Answer", "Endpoint", "Fault", "Limits"]
