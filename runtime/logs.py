"""The processor's own log: one JSON object a line, never any of a tenant's content.

Modules log through the standard library under the name ``logrouter``; here is where their lines get their form.
"""

import json
import logging
import os
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

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
    """Return the field that identifies the current work, as every line has it; none outside of ``correlated``."""
    correlation_id = _correlation.get()
    return {} if correlation_id is None else {"correlation_id": correlation_id}


def configure(level: str) -> logging.Logger:
    """Make the processor's log lines JSON on standard output. Once a process, by its host."""
    logger = logging.getLogger(NAME)
    logger.setLevel(level)
    logger.propagate = False  # the root logger has a handler of Lambda's own: each line would be there twice
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLine())
    logger.handlers = [handler]
    return logger


class JsonLine(logging.Formatter):
    """Formats a record as one line of JSON: level, place, message, time, service, correlation, and the extra fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line. ASCII: neither a line break nor a look-alike of one can get out of a key into the log."""
        milliseconds = f"{int(record.created * 1000) % 1000:03d}"
        fields = {
            "level": record.levelname,
            "location": f"{record.funcName}:{record.lineno}",
            "message": record.getMessage(),
            "timestamp": time.strftime(f"%Y-%m-%d %H:%M:%S,{milliseconds}%z", time.localtime(record.created)),
            "service": NAME,
            **correlation(),
            **{name: value for name, value in vars(record).items() if name not in _STANDARD},
        }
        if record.exc_info and record.exc_info[0]:
            fields |= {
                "exception": self.formatException(record.exc_info),
                "exception_name": record.exc_info[0].__name__,
            }
        trace = os.environ.get("_X_AMZN_TRACE_ID")  # X-Ray's, as Lambda sets it for each invocation
        if trace:
            fields["xray_trace_id"] = trace.split(";")[0].removeprefix("Root=")
        return json.dumps(fields, separators=(",", ":"), default=str)


_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
"""A record's own attributes; whatever else one has is an extra field."""


def without_message(error: BaseException) -> dict[str, object]:
    """Describe an unforeseen exception by type and place. Its message might quote what was being read."""
    frames = traceback.extract_tb(error.__traceback__)
    return {"error": type(error).__name__, "at": [f"{frame.name}:{frame.lineno}" for frame in frames[-8:]]}
