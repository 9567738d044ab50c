"""Idle connections that wait for their peer's next request: a bounded stack for each peer, and a bound for all."""

import socket
from select import POLLIN, poll
from typing import NamedTuple
from weakref import finalize

from runtime import scheduling

IDLE_CONNECTIONS = 64  # that are kept to one host: object workers x deliveries x parts of a copy


class Peer(NamedTuple):
    """The other end of a connection. ``address``: an IP address that was checked."""

    url: str
    address: str | None


class ConnectionPool:
    """Shared by all threads.

    :param per_peer: idle connections kept for one peer. :param in_all: kept for all peers; beyond it, the peer that
        has waited longest loses one. ``None``: as many as there are peers.
    """

    def __init__(self, per_peer: int = IDLE_CONNECTIONS, in_all: int | None = None) -> None:
        self._per_peer = per_peer
        self._in_all = in_all
        self._lock = scheduling.lock()
        self._idle: dict[Peer, list[socket.socket]] = {}  # the peer that was used last comes last
        self._count = 0
        finalize(self, _close_all, self._idle)

    def __len__(self) -> int:
        return self._count

    def take(self, peer: Peer) -> socket.socket | None:
        """Return a connection that is open, if one is idle."""
        while True:
            with self._lock:
                stack = self._idle.get(peer)
                if not stack:
                    return None
                connection = self._pop(peer, stack)
            if _is_open(connection):
                return connection
            connection.close()

    def give_back(self, peer: Peer, connection: socket.socket) -> None:
        """Keep a connection whose last response was read to its end, or close it."""
        surplus = []
        with self._lock:
            stack = self._idle.pop(peer, [])
            self._idle[peer] = stack
            if len(stack) >= self._per_peer:
                surplus.append(connection)
            else:
                stack.append(connection)
                self._count += 1
            while self._in_all is not None and self._count > self._in_all:
                longest = next(iter(self._idle))
                surplus.append(self._pop(longest, self._idle[longest]))
        for each in surplus:
            each.close()

    def close(self) -> None:
        """Close all of them; the pool stays usable."""
        with self._lock:
            _close_all(self._idle)
            self._count = 0

    def _pop(self, peer: Peer, stack: list[socket.socket]) -> socket.socket:
        connection = stack.pop()
        self._count -= 1
        if not stack:
            del self._idle[peer]
        return connection


def _is_open(connection: socket.socket) -> bool:
    """Whether the peer hasn't closed it: then it would be readable, without a request."""
    waiting = poll()
    waiting.register(connection, POLLIN)
    return not waiting.poll(0)


def _close_all(idle: dict[Peer, list[socket.socket]]) -> None:
    while idle:
        _, stack = idle.popitem()
        for connection in stack:
            connection.close()
