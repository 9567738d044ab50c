"""The one HTTP transport: every call of AWS, by the hot path and by botocore's clients, goes through it.

It is strict where a response could be taken for more than it is: a head or body that was cut, or without framing, is a
closed connection; nothing is redirected; an attempt has a total deadline. Why not a library:
``docs/decisions/0058-one-http-transport-and-table-of-proofs.md``.
"""

import socket
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from runtime import scheduling
from runtime.aws.connection_pool import ConnectionPool, Peer
from runtime.aws.http_response import HttpResponse
from runtime.aws.proxies import Proxies
from runtime.aws.request_head import request_head
from runtime.aws.response import ConnectionClosedError, Response

if TYPE_CHECKING:
    import ssl

HTTPS_PORT, HTTP_PORT = 443, 80
HTTP_OK = 200
PIECE_BYTES = 16 * 1024  # a TLS record: one that a peer takes bit by bit is the longest that isn't timed


@dataclass(frozen=True, slots=True)
class CallLimits:
    """What one attempt may take, in seconds and bytes.

    :param read_seconds: until the next bytes. :param total_seconds: from the first byte of the request to the last of
        the response, however it drips; of a streamed response, to the end of its head. ``max_body_bytes``: see
        ``HttpResponse``.
    """

    connect_seconds: float
    read_seconds: float
    total_seconds: float
    max_body_bytes: int | None = None


class Transport(Protocol):
    """Sends one request and returns its response, whatever its status."""

    def send(
        self,
        method: str,
        url: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        limits: CallLimits,
        streams: bool = False,
    ) -> Response:
        """See ``HttpTransport``."""

    def forget(self) -> None:
        """Close what is idle."""


class HttpTransport:
    """Keeps its connections. Shared by all threads.

    :param authorities: gives the TLS context that checks certificates and names; asked once.
    :param pool: where idle connections wait; ``None``: one of its own.
    """

    def __init__(
        self,
        *,
        proxies: Proxies | None = None,
        authorities: "Callable[[], ssl.SSLContext] | None" = None,
        pool: ConnectionPool | None = None,
    ) -> None:
        self._proxies = proxies or Proxies()
        self._authorities = authorities or trusted_by_the_sdk
        self._tls: ssl.SSLContext | None = None
        self._lock = scheduling.lock()
        self._pool = pool if pool is not None else ConnectionPool()

    def send(
        self,
        method: str,
        url: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        limits: CallLimits,
        streams: bool = False,
        address: str | None = None,
    ) -> Response:
        """Make one request.

        :param url: scheme and host. :param target: path and query, percent-encoded.
        :param streams: the caller reads the body bit by bit.
        :param address: the IP address to connect to, past any proxy, instead of what the host's name says; the
            certificate still has to be the host's.
        :raises TimeoutError: no connection, or no response, in time.
        :raises ConnectionClosedError: no whole response.
        :raises runtime.aws.request_head.UnsafeRequestError: nothing was sent.
        """
        head = request_head(method, target, headers)
        peer = Peer(url, address)
        exchange = _Exchange(limits, lambda connection: self._pool.give_back(peer, connection))
        connection = self._pool.take(peer)
        exchange.guarded(lambda: exchange.use(connection or self._connect(peer, exchange)))
        return exchange.ask(head, body, streams=streams, without_body=method == "HEAD")

    def forget(self) -> None:
        """Close idle connections: after a restore their peers are gone."""
        self._pool.close()

    def _connect(self, peer: Peer, exchange: "_Exchange") -> socket.socket:
        parts = urlsplit(peer.url)
        secure = parts.scheme == "https"
        host, port = parts.hostname or "", parts.port or (HTTPS_PORT if secure else HTTP_PORT)
        proxy = self._proxies.of(host) if secure and not peer.address else None
        there: Any = (proxy.host, proxy.port) if proxy else (peer.address or host.encode(), port)
        # The host as bytes: no rules for other alphabets need be loaded.
        connection = socket.create_connection(there, exchange.connect_seconds())
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if proxy:
                exchange.use(connection)
                exchange.tunnel(f"{host}:{port}", proxy.headers)
            if secure:
                connection.settimeout(exchange.connect_seconds())
                connection = self._context().wrap_socket(connection, server_hostname=host)
        except BaseException:
            connection.close()
            raise
        return connection

    def _context(self) -> "ssl.SSLContext":
        with self._lock:
            if self._tls is None:
                self._tls = self._authorities()
            return self._tls


class _Exchange:
    """One request and its response; at its end the connection returns to the pool, or is closed."""

    def __init__(self, limits: CallLimits, give_back: Callable[[socket.socket], object]) -> None:
        self._limits = limits
        self._deadline = scheduling.monotonic() + limits.total_seconds
        self._give_back = give_back
        self._connection: socket.socket | None = None

    def connect_seconds(self) -> float:
        return self._left(self._limits.connect_seconds)

    def use(self, connection: socket.socket) -> None:
        self._connection = connection

    def tunnel(self, authority: str, headers: Mapping[str, str]) -> None:
        """Have the proxy connect to the host."""
        assert self._connection is not None
        self._connection.sendall(request_head("CONNECT", authority, {"host": authority, **headers}))
        reusable: list[bool] = []
        response = HttpResponse(self._receive, reusable.append, without_body=True)
        if response.status != HTTP_OK or reusable != [True]:
            raise ConnectionClosedError(f"the proxy refused the connection: {response.status}")

    def ask(self, head: bytes, body: bytes, *, streams: bool, without_body: bool) -> Response:
        """Send, and read the response's head."""
        response = self.guarded(lambda: self._sent(head, body, without_body=without_body))
        if streams:
            self._deadline = float("inf")
        return Response(
            response.status, response.headers, lambda size: self.guarded(lambda: response.read(size)), self.close
        )

    def close(self) -> None:
        """Close the connection, unless the response is complete."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _sent(self, head: bytes, body: bytes, *, without_body: bool) -> HttpResponse:
        connection = self._connection
        assert connection is not None
        for piece in _pieces(head, body):
            connection.settimeout(self._left(self._limits.read_seconds))
            connection.sendall(piece)
        return HttpResponse(
            self._receive, self._ended, without_body=without_body, max_body_bytes=self._limits.max_body_bytes
        )

    def _receive(self, size: int) -> bytes:
        connection = self._connection
        assert connection is not None
        connection.settimeout(self._left(self._limits.read_seconds))
        return connection.recv(size)

    def _left(self, seconds: float) -> float:
        left = min(seconds, self._deadline - scheduling.monotonic())
        if left <= 0:
            raise TimeoutError("the attempt took as long as it may in all")
        return left

    def _ended(self, keeps: bool) -> None:  # noqa: FBT001 - a callback of one value
        connection, self._connection = self._connection, None
        if connection is None:
            return
        if keeps:
            self._give_back(connection)
        else:
            connection.close()

    def guarded[Result](self, work: Callable[[], Result]) -> Result:
        """Do a part of it; where that fails, the connection isn't used again."""
        try:
            return work()
        except TimeoutError:
            self.close()
            raise
        except OSError as error:
            self.close()
            if isinstance(error, ConnectionClosedError):
                raise
            raise ConnectionClosedError(f"{type(error).__name__}: {error}") from error
        except BaseException:
            self.close()
            raise


def _pieces(head: bytes, body: bytes) -> Iterator[bytes | memoryview]:
    """Yield what is sent, in parts that each have a time limit: TLS has one for each record, not for the whole.

    A small body leaves in one packet with its headers.
    """
    first = max(0, PIECE_BYTES - len(head))
    yield head + body[:first]
    rest = memoryview(body)
    for start in range(first, len(body), PIECE_BYTES):
        yield rest[start : start + PIECE_BYTES]


def trusted_by_the_sdk(bundle: str | None = None) -> "ssl.SSLContext":
    """Return a context that trusts whom the SDK trusts: the authorities that come with it, or those of a file.

    Loading them takes some 20 ms.
    """
    import ssl  # noqa: PLC0415 - an emulator needs none

    if bundle is None:
        found = find_spec("botocore")
        assert found is not None
        assert found.origin is not None
        bundle = str(Path(found.origin).with_name("cacert.pem"))
    return ssl.create_default_context(cafile=bundle)
