"""The one HTTP transport: every call of AWS, by the hot path and by botocore's clients, goes through it.

It is strict where a response could be taken for more than it is: a head or body that was cut, or without framing, is a
closed connection; nothing is redirected; an attempt has a total deadline. Why not a library:
``docs/decisions/0058-one-http-transport-and-table-of-proofs.md``.
"""

import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from select import POLLIN, poll
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from urllib.parse import urlsplit
from weakref import finalize

from runtime import scheduling
from runtime.aws.http_response import HttpResponse
from runtime.aws.proxies import Proxies
from runtime.aws.request_head import request_head
from runtime.aws.response import ConnectionClosedError, Response

if TYPE_CHECKING:
    import ssl

HTTPS_PORT, HTTP_PORT = 443, 80
HTTP_OK = 200
TOGETHER_BYTES = 64 * 1024  # a small body leaves in one packet with its headers
IDLE_CONNECTIONS = 64  # that are kept to one host: object workers x deliveries x parts of a copy


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


class _Peer(NamedTuple):
    """Who is at the other end: idle connections are kept for each. ``address``: an IP address that was checked."""

    url: str
    address: str | None


class HttpTransport:
    """A stack of idle connections for each host. Shared by all threads.

    :param authorities: gives the TLS context that checks certificates and names; asked once.
    """

    def __init__(
        self, *, proxies: Proxies | None = None, authorities: "Callable[[], ssl.SSLContext] | None" = None
    ) -> None:
        self._proxies = proxies or Proxies()
        self._authorities = authorities or trusted_by_the_sdk
        self._tls: ssl.SSLContext | None = None
        self._lock = scheduling.lock()
        self._idle: dict[_Peer, list[socket.socket]] = {}
        finalize(self, _close_all, self._idle)

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
        peer = _Peer(url, address)
        exchange = _Exchange(limits, lambda connection: self._give_back(peer, connection))
        connection = self._take(peer)
        exchange.guarded(lambda: exchange.use(connection or self._connect(peer, exchange)))
        return exchange.ask(head, body, streams=streams, without_body=method == "HEAD")

    def forget(self) -> None:
        """Close idle connections: after a restore their peers are gone."""
        with self._lock:
            _close_all(self._idle)

    def _take(self, peer: _Peer) -> socket.socket | None:
        while True:
            with self._lock:
                stack = self._idle.get(peer)
                if not stack:
                    return None
                connection = stack.pop()
            if self._is_open(connection):
                return connection
            connection.close()

    def _is_open(self, connection: socket.socket) -> bool:
        """Whether the service hasn't closed it: then it would be readable, without a request."""
        waiting = poll()
        waiting.register(connection, POLLIN)
        return not waiting.poll(0)

    def _give_back(self, peer: _Peer, connection: socket.socket) -> None:
        with self._lock:
            stack = self._idle.setdefault(peer, [])
            if len(stack) < IDLE_CONNECTIONS:
                stack.append(connection)
                return
        connection.close()

    def _connect(self, peer: _Peer, exchange: "_Exchange") -> socket.socket:
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
        connection.settimeout(self._left(self._limits.read_seconds))
        if len(body) <= TOGETHER_BYTES:
            connection.sendall(head + body)
        else:
            connection.sendall(head)
            connection.sendall(body)
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


def _close_all(idle: dict[_Peer, list[socket.socket]]) -> None:
    while idle:
        _, stack = idle.popitem()
        for connection in stack:
            connection.close()


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
