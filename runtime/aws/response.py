"""A service's response, and the errors for one that is incomplete or has no proof."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

_SUCCESS = range(200, 300)


class ConnectionClosedError(ConnectionError):
    """The connection failed, or ended before the response did."""


class ResponseTooLargeError(Exception):
    """The body is longer than the caller reads; the connection was closed."""


class AnswerIncompleteError(Exception):
    """A success without its proof (see ``proof.py``): it counts as no answer at all, and the call may be repeated.

    :param action: ``s3:PutObject``. :param missing: what the service always sends, and this response doesn't hold.
    """

    def __init__(self, action: str, missing: str) -> None:
        super().__init__(f"{action}: the answer has no proof of success: {missing}")
        self.action = action
        self.missing = missing


@dataclass(slots=True)
class Response:
    """One response. Read it to its end, or close it.

    :param headers: with lower-case names. :param read: returns up to that many bytes, all that is left for -1, empty at
        the end; raises ``ConnectionClosedError`` where the connection ends before the body. :param close: gives the
        connection up.
    """

    status: int
    headers: Mapping[str, str]
    read: Callable[[int], bytes]
    close: Callable[[], object]

    @property
    def ok(self) -> bool:
        """Whether the status says success."""
        return is_ok(self.status)


def is_ok(status: int) -> bool:
    """Whether a status says success."""
    return status in _SUCCESS
