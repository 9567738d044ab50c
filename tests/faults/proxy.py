"""The reverse proxy between the deployed processor and the embedded cloud, on loopback."""

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar, cast, override
from urllib.parse import urlsplit

from tests.faults.call import Call
from tests.faults.exchange import Answer, Exchange, Request

type Relay = Callable[[Exchange], None]
"""Does with an exchange what is to be done, at the least ``exchange.reply(exchange.forward())``."""

type Read = Callable[[str, str, Mapping[str, str], bytes], Call]
"""Reads what a request asks for, of its method, path, headers and body."""


class _Handler(BaseHTTPRequestHandler):
    """Reads a request, hands it to the relay, writes what that gives. One thread a connection."""

    protocol_version = "HTTP/1.1"
    timeout = 120
    disable_nagle_algorithm = True
    upstream: ClassVar[tuple[str, int]]
    relay: ClassVar[Relay]
    host: ClassVar[str]
    read: ClassVar[Read]

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = dict(self.headers.items())
        headers.pop("Connection", None)
        request = Request(self.command, self.path, headers, body)
        of_any_case = cast("Mapping[str, str]", self.headers)
        call = type(self).read(self.command, self.path, of_any_case, body)
        call = replace(call, host=self.host)
        try:
            type(self).relay(Exchange(call, request, self, self.upstream))
        except (OSError, ValueError):  # the client is gone, or its connection was cut on purpose
            self.close_connection = True

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _serve  # noqa: N815 - http.server's names

    def reply(self, answer: Answer) -> None:
        """Write a whole answer."""
        self._write_head(answer)
        if self.command != "HEAD":
            self.wfile.write(answer.body)
        self.wfile.flush()

    def reply_in_part(self, answer: Answer, share: float) -> None:
        """Write the head and that share of the body."""
        self._write_head(answer)
        self.wfile.write(answer.body[: int(len(answer.body) * share)])
        self.wfile.flush()

    def write(self, raw: bytes) -> None:
        """Write bytes as they are."""
        self.wfile.write(raw)
        self.wfile.flush()

    @property
    def socket(self) -> socket.socket:
        """The client's."""
        return cast("socket.socket", self.connection)

    def _write_head(self, answer: Answer) -> None:
        self.send_response_only(answer.status)
        for name, value in {"Content-Length": str(len(answer.body)), **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()

    @override
    def log_message(self, *_: object) -> None:
        """Log nothing: the ledger counts."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    @override
    def handle_error(self, *_: object) -> None:
        """A client that was cut off, or killed, is what this is for."""


@contextmanager
def proxy(endpoint_url: str, relay: Relay, host: str = "", read: Read = Call.of, port: int = 0) -> Iterator[str]:
    """Run a proxy in front of an endpoint, for one host of the runtime; gives its own URL.

    :param port: to listen on; 0: any.
    """
    target = urlsplit(endpoint_url)
    assert target.hostname is not None
    assert target.port is not None
    fields: dict[str, object] = {"upstream": (target.hostname, target.port), "host": host}
    fields |= {"relay": staticmethod(relay), "read": staticmethod(read)}
    server = _Server(("127.0.0.1", port), type("_Bound", (_Handler,), fields))
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        with suppress(OSError):
            server.server_close()
        thread.join(10)
