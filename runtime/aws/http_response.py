"""Reads one HTTP/1.1 response from a connection (RFC 9112): status, headers, and a body of either framing.

Stricter than the RFC allows: a body that ends with its connection is refused, because it looks like one that
was cut; so are both framings at once, and a header without a colon. The standard library's reader takes a status line
that was cut for a whole one, and parses headers as e-mail, which costs more than everything else of a small response.
"""

from collections.abc import Callable

from runtime.aws.response import ConnectionClosedError, ResponseTooLargeError

MAX_HEAD_BYTES = 64 * 1024
RECEIVE_BYTES = 64 * 1024
_END_OF_HEAD = b"\r\n\r\n"
_INTERIM = range(100, 200)
_WITHOUT_BODY = frozenset({204, 304})


class HttpResponse:
    """A response whose head is read when it is made; ``headers`` has lower-case names.

    :param receive: returns up to that many bytes of the connection, empty where it has ended.
    :param ended: is called once, when the body has come whole; true: the connection can be used again.
    :param without_body: the request's method has no body in its response (HEAD, CONNECT).
    :param max_body_bytes: more than that raises ``ResponseTooLargeError``.
    :raises ConnectionClosedError: what came isn't a whole head.
    """

    def __init__(
        self,
        receive: Callable[[int], bytes],
        ended: Callable[[bool], object],
        *,
        without_body: bool = False,
        max_body_bytes: int | None = None,
    ) -> None:
        self._receive = receive
        self._ended = ended
        self._room = max_body_bytes
        self._buffer = b""
        self._is_over = False
        self.status, version, self.headers = self._head()
        while self.status in _INTERIM:
            self.status, version, self.headers = self._head()
        self._keeps = version == "HTTP/1.1" and self.headers.get("connection", "").lower() != "close"
        self._chunked = False
        self._left = 0 if without_body or self.status in _WITHOUT_BODY else self._length()
        if self._left == 0 and not self._chunked:
            self._end()

    def read(self, size: int) -> bytes:
        """Return up to that many bytes, all that is left for -1; empty at the end.

        :raises ConnectionClosedError: the connection ended before the body did.
        :raises ResponseTooLargeError: the body is longer than ``max_body_bytes``.
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
        data = self._take(min(size, self._left))
        if not data:
            raise ConnectionClosedError("the connection ended before the response did")
        self._left -= len(data)
        self._count(len(data))
        if self._left == 0:
            if not self._chunked:
                self._end()
            elif self._line():
                raise ConnectionClosedError("a chunk is longer than its length")
        return data

    def _count(self, size: int) -> None:
        if self._room is not None:
            self._room -= size
            if self._room < 0:
                raise ResponseTooLargeError("the response's body is longer than what is read of it")

    def _length(self) -> int:
        """Return the body's length, 0 where it comes in chunks."""
        coding, text = self.headers.get("transfer-encoding"), self.headers.get("content-length")
        if coding is not None:
            if coding.lower() != "chunked" or text is not None:
                raise ConnectionClosedError("the response's framing is ambiguous")
            self._chunked = True
            return 0
        if text is None:
            raise ConnectionClosedError("the response has neither a length nor chunks: nothing shows its end")
        if not (text.isascii() and text.isdecimal()):
            raise ConnectionClosedError("the response's length is no number")
        return int(text)

    def _chunk_length(self) -> int:
        digits = self._line().partition(b";")[0].strip()
        if not digits or digits.strip(b"0123456789abcdefABCDEF"):
            raise ConnectionClosedError("the length of a chunk is no number")
        return int(digits, 16)

    def _head(self) -> tuple[int, str, dict[str, str]]:
        while (end := self._buffer.find(_END_OF_HEAD)) < 0:
            if len(self._buffer) > MAX_HEAD_BYTES:
                raise ConnectionClosedError("the response's head has no end")
            self._more()
        head = self._buffer[:end].decode("latin-1")
        self._buffer = self._buffer[end + len(_END_OF_HEAD) :]
        first, *lines = head.split("\r\n")
        version, _, rest = first.partition(" ")
        code = rest[:3]
        if not version.startswith("HTTP/1.") or not (code.isascii() and code.isdecimal()) or rest[3:4] not in ("", " "):
            raise ConnectionClosedError("what came is no HTTP response")
        headers: dict[str, str] = {}
        for line in lines:
            name, colon, value = line.partition(":")
            if not colon or not name or name != name.strip():
                raise ConnectionClosedError("a header of the response is malformed")
            name, value = name.lower(), value.strip()
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        return int(code), version, headers

    def _line(self) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            if len(self._buffer) > MAX_HEAD_BYTES:
                raise ConnectionClosedError("a line between chunks has no end")
            self._more()
        line, self._buffer = self._buffer[:end], self._buffer[end + 2 :]
        return line

    def _more(self) -> None:
        data = self._receive(RECEIVE_BYTES)
        if not data:
            raise ConnectionClosedError("the connection ended before the response did")
        self._buffer += data

    def _take(self, size: int) -> bytes:
        if self._buffer:
            data, self._buffer = self._buffer[:size], self._buffer[size:]
            return data
        return self._receive(size)

    def _end(self) -> None:
        self._is_over = True
        self._ended(self._keeps and not self._buffer)
