"""A change that meets another one decides again on what is there by then; with If-Match it is refused instead."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from runtime.api.conditional_writes import ChangedMeanwhileError
from runtime.api.errors.problems import ProblemError
from runtime.api.writes.preconditions import Preconditions, changed
from runtime.backoff import Backoff

ATTEMPTS: Final = 30
"""Retry limit for optimistic-lock conflicts: of the writers that race one succeeds each time, so 20 at once do."""
PAUSES: Final = Backoff(0.02, 0.02)


def repeated[T](attempt: Callable[[], T], wanted: Preconditions) -> T:
    """Return what an attempt returns that met no other change.

    :raises ProblemError: 412: it was changed, and the caller has said what it must be; 503: by ever others.
    """
    unconditional = wanted.if_match is None or wanted.if_match.strip() == "*"
    try:
        return PAUSES.repeat(attempt, ATTEMPTS, lambda one: unconditional and isinstance(one, ChangedMeanwhileError))
    except ChangedMeanwhileError:
        if not unconditional:
            raise changed("it was changed since you read it; read it again and repeat the change") from None
        raise ProblemError(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "too-many-writers",
            "it is being changed by others; nothing was written, try again",
            headers={"Retry-After": "1"},
        ) from None
