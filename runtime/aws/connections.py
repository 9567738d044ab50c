"""Connections to services that are kept open, for calls that go past the SDK's client.

The SDK's own pool costs 0.1 s of CPU to load and as much for each call as everything else of a small object. What it
does beside, proxies and settings of a profile, is no matter here: see ``endpoints.is_plain``.
"""

import socket
import threading
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from select import POLLIN, poll
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from runtime.aws.answers import Answer, BrokenOffError
from runtime.aws.http_answer import HttpAnswer

if TYPE_CHECKING:
    import ssl

HTTPS_PORT, HTTP_PORT = 443, 80
TOGETHER_BYTES = 64 * 1024  # a small body leaves in one packet with its headers


class Connections:
    """A stack of idle connections for each service and address. Shared by all threads.

    :param connect_seconds, read_seconds: how long to wait for a connection, and for the next byte of an answer.
    :param idle: how many unused connections to one address are kept.
    """

    def __init__(self, *, connect_seconds: float, read_seconds: float, idle: int) -> None:
        self._connect_seconds = connect_seconds
        self._read_seconds = read_seconds
        self._most_idle = idle
        self._lock = threading.Lock()
        self._idle: dict[str, list[socket.socket]] = {}

    def send(self, method: str, url: str, target: str, headers: Mapping[str, str], body: bytes, **_: object) -> Answer:
        """Make one request.

        :param url: scheme and host. :param target: path and query, percent-encoded.
        :raises TimeoutError: no connection, or no answer, in time.
        :raises BrokenOffError: no answer.
        """
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        head = "\r\n".join(lines).encode("latin-1")
        try:
            connection = self._take(url) or self._connect(url)
        except TimeoutError:
            raise
        except OSError as error:
            raise BrokenOffError(f"{type(error).__name__} at {url}") from error
        exchange = _Exchange(connection, lambda: self._give_back(url, connection))
        return exchange.ask(head, body)

    def forget(self) -> None:
        """Close what is idle: after a restore nobody is at its other end any more."""
        with self._lock:
            stacks, self._idle = self._idle, {}
        for connection in (one for stack in stacks.values() for one in stack):
            connection.close()

    def _take(self, url: str) -> socket.socket | None:
        while True:
            with self._lock:
                stack = self._idle.get(url)
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

    def _give_back(self, url: str, connection: socket.socket) -> None:
        with self._lock:
            stack = self._idle.setdefault(url, [])
            if len(stack) < self._most_idle:
                stack.append(connection)
                return
        connection.close()

    def _connect(self, url: str) -> socket.socket:
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        host, port = parts.hostname or "", parts.port or (HTTPS_PORT if secure else HTTP_PORT)
        address: Any = (host.encode(), port)  # bytes: no rules for other alphabets need be loaded
        connection = socket.create_connection(address, self._connect_seconds)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if secure:
            connection = _tls().wrap_socket(connection, server_hostname=host)
        connection.settimeout(self._read_seconds)
        return connection


class _Exchange:
    """One request and its answer; at its end the connection is given back, or closed."""

    def __init__(self, connection: socket.socket, give_back: Callable[[], object]) -> None:
        self._connection = connection
        self._give_back = give_back
        self._is_over = False

    def ask(self, head: bytes, body: bytes) -> Answer:
        """Send, and read the answer's head."""
        answer = self._guarded(lambda: self._sent(head, body))
        return Answer(answer.status, answer.headers, lambda size: self._guarded(lambda: answer.read(size)), self.close)

    def close(self) -> None:
        """Give the connection up, unless the answer has come whole."""
        if not self._is_over:
            self._is_over = True
            self._connection.close()

    def _sent(self, head: bytes, body: bytes) -> HttpAnswer:
        if len(body) <= TOGETHER_BYTES:
            self._connection.sendall(head + body)
        else:
            self._connection.sendall(head)
            self._connection.sendall(body)
        return HttpAnswer(self._connection, self._ended)

    def _ended(self, keeps: bool) -> None:  # noqa: FBT001 - a callback of one value
        self._is_over = True
        if keeps:
            self._give_back()
        else:
            self._connection.close()

    def _guarded[Result](self, work: Callable[[], Result]) -> Result:
        try:
            return work()
        except TimeoutError:
            self.close()
            raise
        except OSError as error:
            self.close()
            raise BrokenOffError(f"{type(error).__name__}: {error}") from error


_lock = threading.Lock()
_context: "ssl.SSLContext | None" = None


def _tls() -> "ssl.SSLContext":
    """Trust whom the SDK trusts: the list of authorities that comes with it. Loading it takes some 20 ms, once."""
    global _context  # noqa: PLW0603 - one a process
    with _lock:
        if _context is None:
            import ssl  # noqa: PLC0415 - an emulator needs none

            found = find_spec("botocore")
            assert found is not None
            assert found.origin is not None
            _context = ssl.create_default_context(cafile=str(Path(found.origin).with_name("cacert.pem")))
        return _context
