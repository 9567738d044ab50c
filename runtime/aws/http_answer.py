"""Reads one HTTP/1.1 answer from a connection (RFC 9112): status, headers, and a body of either framing.

The standard library's reader parses headers as e-mail, which costs more than everything else of a small answer.
"""

import socket
from collections.abc import Callable

from runtime.aws.answers import BrokenOffError

MAX_HEAD_BYTES = 64 * 1024
RECEIVE_BYTES = 64 * 1024
_END_OF_HEAD = b"\r\n\r\n"
_INTERIM = range(100, 200)
_WITHOUT_BODY = frozenset({204, 304})


class HttpAnswer:
    """An answer whose head is read when it is made; ``headers`` has lower-case names.

    :param ended: is called once, when the body has come whole; true: the connection can be used again.
    :raises BrokenOffError: what came isn't an answer.
    """

    def __init__(self, connection: socket.socket, ended: Callable[[bool], object]) -> None:
        self._connection = connection
        self._ended = ended
        self._buffer = b""
        self._is_over = False
        self.status, version, self.headers = self._head()
        while self.status in _INTERIM:
            self.status, version, self.headers = self._head()
        self._keeps = version == "HTTP/1.1" and self.headers.get("connection", "").lower() != "close"
        self._chunked = self.headers.get("transfer-encoding", "").lower() == "chunked"
        self._left = self._length()
        if self._left == 0 and not self._chunked:
            self._end()

    def read(self, size: int) -> bytes:
        """Give up to that many bytes, all that is left for -1; empty at the end.

        :raises BrokenOffError: the connection ended before the body did.
        """
        if size >= 0:
            return self._some(size)
        parts = []
        while part := self._some(RECEIVE_BYTES):
            parts.append(part)
        return b"".join(parts)

    def _some(self, size: int) -> bytes:
        if self._is_over:
            return b""
        if self._chunked and self._left == 0:
            self._left = self._chunk_length()
            if self._left == 0:
                while self._line():  # trailers, if any, up to an empty line
                    pass
                self._end()
                return b""
        data = self._take(size if self._left is None else min(size, self._left))
        if self._left is None:  # the body ends with the connection
            if not data:
                self._end()
            return data
        if not data:
            raise BrokenOffError("the connection ended before the answer did")
        self._left -= len(data)
        if self._left == 0:
            if self._chunked:
                self._line()
            else:
                self._end()
        return data

    def _length(self) -> int | None:
        """Give the body's length as far as it is known; ``None``: up to the connection's end."""
        if self._chunked or self.status in _WITHOUT_BODY:
            return 0
        text = self.headers.get("content-length")
        if text is None:
            self._keeps = False
            return None
        if not text.isdecimal():
            raise BrokenOffError("the answer's length is no number")
        return int(text)

    def _chunk_length(self) -> int:
        try:
            return int(self._line().partition(b";")[0], 16)
        except ValueError as error:
            raise BrokenOffError("the length of a chunk is no number") from error

    def _head(self) -> tuple[int, str, dict[str, str]]:
        while (end := self._buffer.find(_END_OF_HEAD)) < 0:
            if len(self._buffer) > MAX_HEAD_BYTES:
                raise BrokenOffError("the answer's head has no end")
            self._more()
        head = self._buffer[:end].decode("latin-1")
        self._buffer = self._buffer[end + len(_END_OF_HEAD) :]
        first, *lines = head.split("\r\n")
        version, _, rest = first.partition(" ")
        if not version.startswith("HTTP/1.") or not rest[:3].isdecimal():
            raise BrokenOffError("what came is no HTTP answer")
        headers: dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(":")
            name, value = name.lower(), value.strip()
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        return int(rest[:3]), version, headers

    def _line(self) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            if len(self._buffer) > MAX_HEAD_BYTES:
                raise BrokenOffError("a line between chunks has no end")
            self._more()
        line, self._buffer = self._buffer[:end], self._buffer[end + 2 :]
        return line

    def _more(self) -> None:
        data = self._connection.recv(RECEIVE_BYTES)
        if not data:
            raise BrokenOffError("the connection ended before the answer did")
        self._buffer += data

    def _take(self, size: int) -> bytes:
        if self._buffer:
            data, self._buffer = self._buffer[:size], self._buffer[size:]
            return data
        return self._connection.recv(size)

    def _end(self) -> None:
        self._is_over = True
        self._ended(self._keeps and not self._buffer)
