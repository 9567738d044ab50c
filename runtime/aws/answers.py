"""What a service answered, whoever carried the call: a status, headers, and a body to be read or streamed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

_GOOD = range(200, 300)


class BrokenOffError(ConnectionError):
    """The connection failed, or ended before the answer did."""


@dataclass(slots=True)
class Answer:
    """One answer. Read it to its end, or close it.

    :param headers: asked by lower-case names. :param read: up to that many bytes, all that is left for -1, empty at the
        end; it raises where the connection ends before the body. :param close: gives the connection up.
    """

    status: int
    headers: Mapping[str, str]
    read: Callable[[int], bytes]
    close: Callable[[], object]

    @property
    def is_good(self) -> bool:
        """Whether the call was done."""
        return self.status in _GOOD
