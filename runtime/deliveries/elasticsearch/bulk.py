"""The bulk API's request and its answer (Elasticsearch and OpenSearch reference, "Bulk").

Each event is two lines: the action ``create`` with the event's id, and the document, in which no message can become a
line of its own. The index is in the path: no line names another. ``create`` with an id that exists already is answered
409: the event is there.
"""

import re
from binascii import b2a_base64
from collections.abc import Sequence
from typing import Final

import msgspec

from runtime.deliveries.documents import EventDocuments
from runtime.deliveries.event_request import Rejection, Verdicts
from runtime.errors import BlockedByCustomerError, RetryableError
from runtime.objects.batches import Batch

ANSWER_FILTER: Final = "filter_path=errors%2Citems.%2A.status%2Citems.%2A.error.type"
"""The answer has a status an event, and an error's type; never its text, which quotes the event. In the canonical form
of a signed query."""
ANSWER_BYTES_PER_EVENT: Final = 100
"""Of such an answer, at most: a status, and an error's type of 45 characters, as the longest ones that there are."""
DOCUMENT_REFUSED: Final = "document-refused"
REFUSES_EVERYTHING: Final = "refuses-everything"
_ACCEPTED = range(200, 300)
_BAD_REQUEST, _UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _CONFLICT = 400, 401, 403, 404, 409
_THERE_ALREADY = "version_conflict_engine_exception"
_PASSING_TYPES = frozenset(
    {"es_rejected_execution_exception", "rejected_execution_exception", "cluster_block_exception"}
)
_TYPE = re.compile(r"[a-z]+(?:_[a-z]+){1,6}")
_MAX_TYPE = 64
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


class _Error(msgspec.Struct):
    type: str = ""


class _Outcome(msgspec.Struct):
    status: int
    error: _Error | None = None


class _Item(msgspec.Struct):
    create: _Outcome


class _Answer(msgspec.Struct):
    errors: bool
    items: list[_Item]


_decode = msgspec.json.Decoder(_Answer).decode


def body_of(documents: EventDocuments, batch: Batch, ids: Sequence[bytes]) -> bytes:
    """Return the body that creates one document an event."""
    write = documents.write
    return b"".join(
        b'{"create":{"_id":"%b"}}\n%b\n'
        % (b2a_base64(id_, newline=False).translate(_URL_SAFE)[:22], write(time, literal))
        for time, literal, id_ in zip(batch.timestamps, batch.literals, ids, strict=True)
    )


def read_answer(content: bytes, events: int, *, accepted_before: bool) -> Verdicts:
    """Return what a whole answer with a status of success says of each event.

    :param accepted_before: an event of this delivery was taken: what is refused now is the event's own fault.
    :raises RetryableError: ``answer-incomplete``: it isn't the bulk API's, or not about these events.
    :raises BlockedByCustomerError: the customer has to allow or create the index, or to see why it takes no event.
    """
    try:
        answer = _decode(content)
    except msgspec.DecodeError as error:
        raise RetryableError("answer-incomplete", "the answer isn't the bulk API's") from error
    outcomes = [item.create for item in answer.items]
    failed = [position for position, outcome in enumerate(outcomes) if outcome.status not in _ACCEPTED]
    if len(outcomes) != events or answer.errors != bool(failed):
        raise RetryableError("answer-incomplete", f"the answer is about {len(outcomes)} of {events} events")
    return _verdicts(outcomes, failed, accepted_before=accepted_before)


def _verdicts(outcomes: Sequence[_Outcome], failed: Sequence[int], *, accepted_before: bool) -> Verdicts:
    retry: list[int] = []
    refused: dict[str, list[int]] = {}
    accepted = accepted_before or len(failed) < len(outcomes)
    for position in failed:
        status, type_ = outcomes[position].status, _type_of(outcomes[position])
        if status == _CONFLICT and type_ == _THERE_ALREADY:
            accepted = True
        elif status == _BAD_REQUEST and type_ not in _PASSING_TYPES:
            refused.setdefault(_reason(type_), []).append(position)
        elif status in {_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND} and type_ not in _PASSING_TYPES:
            raise _blocked(status)
        else:
            retry.append(position)
    if refused and not accepted:
        if not retry:
            raise BlockedByCustomerError(REFUSES_EVERYTHING, f"each event is refused: {', '.join(sorted(refused))}")
        retry, refused = sorted(failed), {}  # nothing is known yet of whose fault it is
    error = RetryableError(_reason(_type_of(outcomes[retry[0]]), "events-not-accepted"), "") if retry else None
    return Verdicts(retry, [Rejection(reason, positions) for reason, positions in refused.items()], error)


def _type_of(outcome: _Outcome) -> str:
    return outcome.error.type if outcome.error else ""


def _reason(type_: str, otherwise: str = DOCUMENT_REFUSED) -> str:
    """Return an error's type as a reason: ``mapper-parsing``. What has another form might be anything."""
    if len(type_) > _MAX_TYPE or not _TYPE.fullmatch(type_):
        return otherwise
    return type_.removesuffix("_exception").replace("_", "-")


def _blocked(status: int) -> BlockedByCustomerError:
    if status == _NOT_FOUND:
        return BlockedByCustomerError("index-not-found", "the index doesn't exist, and none is created by itself")
    return BlockedByCustomerError("index-forbidden", "the config's user must be allowed create_doc on the index")
