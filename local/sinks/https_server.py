"""An HTTPS server on loopback, or a plain one, whose answers are another class' matter."""

import ssl
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Protocol, Self

from local.sinks.certificates import KeyPair

HOST = "localhost"
"""The name in the certificate; what it resolves to is loopback on every machine (RFC 6761, 6.3)."""
READ_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Posted:
    """A request. ``headers`` have lower-case names."""

    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered: JSON, or nothing."""

    status: int
    body: bytes = b""


class Sink(Protocol):
    """Takes requests, of several threads."""

    def take(self, posted: Posted) -> Reply:
        """Return the answer to one request."""


def serving(identity: KeyPair) -> ssl.SSLContext:
    """Return the context of a server with this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:  # the library loads keys from files alone
        file = Path(folder) / "identity.pem"
        file.write_text(identity.key + identity.certificate)
        context.load_cert_chain(file)
    return context


class SinkServer(ThreadingHTTPServer):
    """Serves one sink until its context ends. ``url`` is where.

    :param identity: of the server; ``None``: it speaks plain HTTP, behind a proxy that looks into what passes.
    """

    daemon_threads = True

    def __init__(self, sink: Sink, identity: KeyPair | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.sink = sink
        self.url = f"{'http' if identity is None else 'https'}://{HOST}:{self.server_port}"
        if identity is not None:
            # Hands are shaken in a request's own thread: a client that never ends it holds no other one up.
            self.socket = serving(identity).wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Print nothing of a connection that was cut: that is for the one who cut it to say."""


class _Handler(BaseHTTPRequestHandler):
    server: SinkServer
    protocol_version = "HTTP/1.1"
    timeout: ClassVar[float] = READ_SECONDS

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        posted = Posted(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        reply = self.server.sink.take(posted)
        self.send_response(reply.status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, *_: object) -> None:
        """Print nothing: the requests are counted elsewhere."""
