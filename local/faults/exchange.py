"""One request that is being relayed, as a fault sees it: it may be answered, forwarded, delayed, cut, or left alone."""

import select
import socket
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Protocol

import psutil

from local.faults.call import Call

HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})
UPSTREAM_SECONDS = 60.0


class Connection(Protocol):
    """The client's side of a relayed request."""

    def reply(self, answer: "Answer") -> None:
        """Write a whole answer."""

    def reply_cut(self, answer: "Answer") -> None:
        """Write the head and half of the body."""

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
        return 200 <= self.status < 300  # noqa: PLR2004 - HTTP's own classes


class ClientGoneError(ConnectionError):
    """The client has closed its side: it timed out, or its process has ended."""


@dataclass(slots=True)
class Exchange:
    """A request, its client, and what has happened so far. ``answered``: the client was sent the whole answer."""

    call: Call
    request: Request
    connection: Connection
    upstream: tuple[str, int]
    took_effect: bool = False
    answered: bool = False

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
        self.connection.reply(answer)
        self.answered = True

    def cut(self, answer: Answer) -> None:
        """Give the client half of an answer, then reset the connection."""
        self.connection.reply_cut(answer)
        self.reset()

    def reset(self) -> None:
        """Reset the connection (RST): the client sees an error at once."""
        client = self.connection.socket
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()
        raise ClientGoneError

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
