"""The processor's own log: one JSON object a line, never any of a tenant's content.

Modules log through the standard library under the name ``logrouter``; here is where their lines get their form.
"""

import json
import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

NAME = "logrouter"
_correlation: ContextVar[str | None] = ContextVar("logrouter_correlation", default=None)


@contextmanager
def correlated(correlation_id: str) -> Iterator[None]:
    """Put the id of the message or the object at work into every line logged inside the block."""
    token = _correlation.set(correlation_id)
    try:
        yield
    finally:
        _correlation.reset(token)


def correlation() -> dict[str, str]:
    """Give the field that tells what is at work, as every line has it; none outside of ``correlated``."""
    correlation_id = _correlation.get()
    return {} if correlation_id is None else {"correlation_id": correlation_id}


def configure(level: str) -> logging.Logger:
    """Make the processor's log lines JSON on standard output. Once a process, by its host."""
    logger = logging.getLogger(NAME)
    logger.setLevel(level)
    logger.addHandler(_FirstLine())
    return logger


class _FirstLine(logging.Handler):
    """Puts Powertools' handler in its own place when there is something to log: a start need not wait for it."""

    def emit(self, record: logging.LogRecord) -> None:
        """Called with the handler's lock held: one thread does this."""
        logger = logging.getLogger(NAME)
        if self in logger.handlers:
            logger.removeHandler(self)
            self._configure(logger)
        for handler in logger.handlers:
            handler.handle(record)

    def _configure(self, logger: logging.Logger) -> None:
        from aws_lambda_powertools import Logger  # noqa: PLC0415 - see the class

        Logger(
            service=NAME,
            level=logger.level,
            # ASCII: neither a line break nor a look-alike of one can get out of a key into the log.
            json_serializer=partial(json.dumps, separators=(",", ":"), default=str),
        )
        for handler in logger.handlers:
            handler.addFilter(_add_correlation)


def without_message(error: BaseException) -> dict[str, Any]:
    """Describe an unforeseen exception by type and place. Its message might quote what was being read."""
    frames = traceback.extract_tb(error.__traceback__)
    return {"error": type(error).__name__, "at": [f"{frame.name}:{frame.lineno}" for frame in frames[-8:]]}


def _add_correlation(record: logging.LogRecord) -> bool:
    record.__dict__.update(correlation())
    return True
