"""One request that is being relayed, as a fault sees it: it may be answered, forwarded, delayed, cut, or left alone."""

import select
import socket
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Protocol

import psutil

from tests.faults.call import Call

HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})
UPSTREAM_SECONDS = 60.0


class Connection(Protocol):
    """The client's side of a relayed request."""

    def reply(self, answer: "Answer") -> None:
        """Write a whole answer."""

    def reply_in_part(self, answer: "Answer", share: float) -> None:
        """Write the head and that share of the body (0-1)."""

    def write(self, raw: bytes) -> None:
        """Write bytes as they are."""

    @property
    def socket(self) -> socket.socket:
        """What it is written to."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer; ``headers`` without those that belong to one connection."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def succeeded(self) -> bool:
        """Whether the call took effect."""
        return 200 <= self.status < 300


class ClientGoneError(ConnectionError):
    """The client has closed its side: it timed out, or its process has ended."""


@dataclass(slots=True)
class Exchange:
    """A request, its client, and what has happened so far.

    :param answered: the client was sent a whole answer. :param met: the client has got to feel the fault.
    :param noted: is called when it does. :param crashed: the calling process has been killed, or will be soon.
    """

    call: Call
    request: Request
    connection: Connection
    upstream: tuple[str, int]
    took_effect: bool = False
    answered: bool = False
    met: bool = False
    noted: Callable[[], None] = lambda: None
    crashed: bool = False

    def forward(self) -> Answer:
        """Let the embedded cloud do what was asked; its answer isn't given to the client yet."""
        upstream = HTTPConnection(*self.upstream, timeout=UPSTREAM_SECONDS)
        try:
            upstream.request(self.request.method, self.request.path, self.request.body, dict(self.request.headers))
            response = upstream.getresponse()
            body = response.read()
        finally:
            upstream.close()
        headers = {name: value for name, value in response.getheaders() if name.lower() not in HOP_BY_HOP}
        if self.request.method == "HEAD":
            headers["Content-Length"] = response.getheader("Content-Length", "0")
        answer = Answer(response.status, headers, body)
        self.took_effect = answer.succeeded
        return answer

    def reply(self, answer: Answer) -> None:
        """Give the client an answer."""
        self.check_client()
        self.connection.reply(answer)
        self.answered = True

    def meet(self) -> None:
        """Note that the client meets the fault now.

        :raises ClientGoneError: it has gone before, and meets nothing.
        """
        self.check_client()
        self.note()

    def note(self) -> None:
        """Note that the client meets the fault."""
        self.met = True
        self.noted()

    def check_client(self) -> None:
        """Check that the client still waits: it sends nothing before it has its answer, so what can be read is an end.

        :raises ClientGoneError: it has closed its side.
        """
        readable, _, _ = select.select([self.connection.socket], [], [], 0)
        if readable and not self.connection.socket.recv(1, socket.MSG_PEEK):
            raise ClientGoneError

    def reset(self) -> None:
        """Reset the connection (RST): the client sees an error at once."""
        client = self.connection.socket
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()

    def close(self) -> None:
        """Close the connection as one that is done (FIN)."""
        self.connection.socket.shutdown(socket.SHUT_WR)

    def wait(self, seconds: float) -> None:
        """Keep the client waiting.

        :raises ClientGoneError: it didn't wait that long.
        """
        client, deadline = self.connection.socket, time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            readable, _, _ = select.select([client], [], [], left)
            if readable and not client.recv(1, socket.MSG_PEEK):
                raise ClientGoneError

    def caller(self) -> psutil.Process | None:
        """Find the process at the other end of the connection; ``None`` if it is gone."""
        client, ours = self.connection.socket.getpeername(), self.connection.socket.getsockname()
        for found in psutil.net_connections("tcp4"):
            # Both ends: a port alone may be another connection's, too, even one of this process.
            if found.pid and (tuple(found.laddr), tuple(found.raddr)) == (client, ours):
                return psutil.Process(found.pid)
        return None
