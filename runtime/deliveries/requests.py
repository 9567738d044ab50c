"""A planned batch becomes requests: cut by the method's limits, repeated in part, halved where one is refused.

The planned batch stays what the checkpoint counts: it is acknowledged when each of its events is delivered or refused.
Where a request fails for good, what is settled by then is known, and the next attempt sends the rest only.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate

from runtime.deliveries.event_request import EVENT_TOO_LARGE, EventRequest, FilteredBatch, Rejection, Verdicts
from runtime.deliveries.method import Delivery
from runtime.delivery_config.facts import MethodFacts, Order, RequestLimits
from runtime.errors import (
    BlockedByCustomerError,
    FailedCall,
    Hop,
    OutOfRequestsError,
    RequestRefusedError,
    RequestTooLargeError,
    RetryableError,
)
from runtime.objects.batches import Batch

MAX_EXTRA_REQUESTS = 64
"""Contract §11: of one batch in one attempt, to find what is refused or too large; the rest is handed over."""
OUT_OF_REQUESTS = "extra-requests-used-up"
REFUSES_EVERYTHING = "refuses-everything"
_ENOUGH_TO_BLAME_THE_DESTINATION = 2
_LOOKS_ELSEWHERE = 8
"""Ours: with the halvings that lead to a first event, and to a second one, within ``MAX_EXTRA_REQUESTS``."""

Attempt = Callable[[Callable[[], None]], None]
"""Makes a call, and makes it again as long as that may help and there is time."""


def cut(batch: Batch, limits: RequestLimits | None) -> Iterator[range]:
    """Yield the positions of each request, in order: as few requests as there is room for.

    Each event fits alone (``without_too_large``). It follows from the batch and the limits, so each attempt cuts alike.
    """
    if limits is None:
        yield range(len(batch))
        return
    ends = list(accumulate(len(literal) + limits.overhead_bytes for literal in batch.literals))
    begin = used = 0
    while begin < len(ends):
        end = min(bisect_right(ends, used + limits.bytes, begin), begin + limits.events)
        yield range(begin, end)
        begin, used = end, ends[end - 1]


def without_too_large(batch: Batch, limits: RequestLimits | None) -> FilteredBatch:
    """Return the batch without the events that no request has room for."""
    everything = range(len(batch))
    if limits is None or max(map(len, batch.literals), default=0) + limits.overhead_bytes <= limits.event_bytes:
        return FilteredBatch(batch, (), 0, everything)
    largest = limits.event_bytes - limits.overhead_bytes
    kept = [position for position in everything if len(batch.literals[position]) <= largest]
    left = [position for position in everything if len(batch.literals[position]) > largest]
    return FilteredBatch(batch.select(kept), [Rejection(EVENT_TOO_LARGE, left)], 0, kept)


@dataclass(slots=True)
class _Piece:
    """Events that are to be sent in one request: those that are left of it."""

    positions: Sequence[int]


class BatchRequests:
    """Sends one planned batch. Used by one thread, once.

    :param send: sends one request, once. :param attempt: calls what it is given, with the retries of a delivery.
    :param left: positions that are still to be sent, where earlier attempts have settled the others; ``None``: all.
    :param accepted: an earlier attempt knows that the destination takes events of this batch.
    :param pieces: positions of each request; ``None``: cut by the method's limits.
    """

    def __init__(
        self,
        delivery: Delivery,
        facts: MethodFacts,
        batch: Batch,
        send: Callable[[EventRequest], Verdicts],
        attempt: Attempt,
        *,
        left: Collection[int] | None = None,
        accepted: bool = False,
        pieces: Iterable[Sequence[int]] | None = None,
    ) -> None:
        self._delivery = delivery
        self._order = facts.order
        self._batch = batch
        self._send = send
        self._attempt = attempt
        # As ever: what wasn't sent yet has the same requests, by the same ids.
        pieces = pieces or cut(batch, facts.limits)
        asked = pieces if left is None else ([each for each in piece if each in left] for piece in pieces)
        self._pending = [_Piece(positions) for positions in asked if positions]  # in order
        self._current: _Piece | None = None
        self._rejections: list[Rejection] = []
        self._doubtful: list[tuple[int, RequestRefusedError]] = []  # refused alone, and nothing was accepted yet
        self.accepted = accepted
        self._extra_requests = self._looks_elsewhere = 0

    def run(self) -> None:
        """Send everything.

        :raises runtime.errors.DeliveryError: a request failed for good; ``left`` says what isn't settled.
        """
        while self._pending:
            piece = self._current = self._next()
            try:
                self._attempt(partial(self._send_once, piece))
            except RequestTooLargeError:
                self._too_large(piece)
            except RequestRefusedError as error:
                self._refused(piece, error)
            self._current = None
        if self._doubtful and not self.accepted:
            raise self._doubtful[0][1]

    def rejections(self) -> list[Rejection]:
        """Return what the destination refuses for good, by positions in the batch."""
        doubtful = self._doubtful if self.accepted else ()
        return [*self._rejections, *(Rejection(error.reason, [position]) for position, error in doubtful)]

    def left(self) -> list[int]:
        """Return the positions of what is neither delivered nor refused."""
        pieces = [*self._pending, *([self._current] if self._current else ())]
        doubtful = () if self.accepted else (position for position, _ in self._doubtful)
        return sorted({*doubtful, *(position for piece in pieces for position in piece.positions)})

    def _next(self) -> _Piece:
        """Take the next piece; where one event was refused and none accepted yet, rather one that may be accepted."""
        unsure = self._doubtful and not self.accepted and self._order is Order.NONE
        return self._pending.pop(self._elsewhere() if unsure else 0)

    def _elsewhere(self) -> int:
        """Return the place of a piece whose acceptance would show that the destination takes events at all.

        By turns the largest and the smallest one of several events: bad ones lie together, or are spread evenly.
        """
        sizes = [len(piece.positions) for piece in self._pending]
        several = [at for at, size in enumerate(sizes) if size > 1]
        self._looks_elsewhere += 1
        if not several or self._looks_elsewhere > _LOOKS_ELSEWHERE:
            return 0
        choose = max if self._looks_elsewhere % 2 else min
        return choose(several, key=sizes.__getitem__)

    def _send_once(self, piece: _Piece) -> None:
        """Send what is left of a piece, and take note of what is settled of it.

        :raises RetryableError: some events have to be sent again.
        """
        sent = piece.positions
        verdicts = self._send(self._request(sent))
        self._rejections += [
            Rejection(one.reason, [sent[each] for each in one.positions], one.among) for one in verdicts.refused
        ]
        self.accepted |= len(verdicts.retry) + sum(one.count for one in verdicts.refused) < len(sent)
        if verdicts.retry:
            piece.positions = [sent[each] for each in verdicts.retry]
            raise verdicts.error or RetryableError("events-not-accepted", "the destination asks for some events again")

    def _request(self, positions: Sequence[int]) -> EventRequest:
        if len(positions) == len(self._batch):
            return EventRequest(self._delivery, self._batch)
        whole = positions[-1] - positions[0] + 1 == len(positions)
        return EventRequest(self._delivery, self._batch.select(positions), whole=whole)

    def _too_large(self, piece: _Piece) -> None:
        if len(piece.positions) > 1:
            self._halve(piece)
        else:
            self._rejections.append(Rejection(EVENT_TOO_LARGE, piece.positions))

    def _refused(self, piece: _Piece, error: RequestRefusedError) -> None:
        if len(piece.positions) > 1:
            self._halve(piece)
            return
        self._doubtful.append((piece.positions[0], error))
        if not self.accepted and len(self._doubtful) >= _ENOUGH_TO_BLAME_THE_DESTINATION:
            blocked = BlockedByCustomerError(
                REFUSES_EVERYTHING, f"each event is refused: {error.detail or error.reason}"
            )
            blocked.call = error.call if error.call.hop else FailedCall(Hop.DESTINATION.name)
            raise blocked from error

    def _halve(self, piece: _Piece) -> None:
        self._extra_requests += 2
        if self._extra_requests > MAX_EXTRA_REQUESTS:
            raise OutOfRequestsError(OUT_OF_REQUESTS, f"{MAX_EXTRA_REQUESTS} requests were made to find refused events")
        middle = len(piece.positions) // 2
        at = bisect_left(self._pending, piece.positions[0], key=lambda other: other.positions[0])
        self._pending[at:at] = [_Piece(piece.positions[:middle]), _Piece(piece.positions[middle:])]
