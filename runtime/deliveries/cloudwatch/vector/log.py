"""The last lines of Vector's own log, for diagnostics, without credentials or a tenant's content."""

import json
import re
from collections import deque
from collections.abc import Iterable
from threading import Condition
from typing import IO

MAX_LINES = 20
MAX_LINE_CHARACTERS = 300
SHOWN = frozenset({"WARN", "ERROR"})
CODE_WAIT_SECONDS = 0.5  # the answer to a request may overtake the log line that explains it
# Codes that decide what happens next or show an operator where to look. A closed list: the rest of an SDK's error may
# quote what was sent.
ERROR_CODES = (
    "AccessDenied",
    "AccessDeniedException",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InternalFailure",
    "InvalidClientTokenId",
    "InvalidParameterException",
    "InvalidSignatureException",
    "KMSAccessDeniedException",
    "LimitExceededException",
    "OperationAbortedException",
    "RequestExpired",
    "ResourceNotFoundException",
    "ServiceUnavailableException",
    "ThrottlingException",
    "UnrecognizedClientException",
)
_CODE = re.compile(rf"\b(?:{'|'.join(ERROR_CODES)})\b")


class LogTail:
    """Reads what the process prints to its end (in a thread of the caller's) and keeps what may be shown.

    Before ``mark_serving``, no event has reached the process, and warnings and errors are kept whole: they say what is
    wrong with the configuration. Afterwards only level, Vector's own fixed message and AWS error codes are kept.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = [secret for secret in secrets if secret]
        self._lines: deque[str] = deque(maxlen=MAX_LINES)
        self._codes: set[str] = set()
        self._changed = Condition()
        self._serving = False

    def mark_serving(self) -> None:
        """Discard the output of the start; from now on the process may print what it was sent."""
        with self._changed:
            self._serving = True
            self._lines.clear()

    def read(self, stream: IO[bytes]) -> None:
        """Follow the stream until it ends."""
        for line in stream:
            self._take(line.decode("utf-8", "replace").strip())

    def take_codes(self) -> set[str]:
        """Return the AWS error codes seen since the last call, waiting a moment for the first, and forget them."""
        with self._changed:
            self._changed.wait_for(lambda: self._codes, CODE_WAIT_SECONDS)
            codes, self._codes = self._codes, set()
        return codes

    def text(self) -> str:
        """Return the kept lines as one, newest last."""
        with self._changed:
            return " | ".join(self._lines)

    def _take(self, line: str) -> None:
        codes = set(_CODE.findall(line))
        shown = _fixed_part(line, codes) if self._serving else _whole(line)
        for secret in self._secrets:
            shown = shown.replace(secret, "***")
        with self._changed:
            self._codes |= codes
            if shown:
                self._lines.append(shown[:MAX_LINE_CHARACTERS])
            self._changed.notify_all()


def _whole(line: str) -> str:
    """A line of the start, without the chatter."""
    record = _record(line)
    return "" if record and record["level"] == "INFO" else " ".join(map(str, record.values())) if record else line


def _fixed_part(line: str, codes: set[str]) -> str:
    """Level, message and error codes of a warning or an error; nothing of a line of another form."""
    record = _record(line)
    return " ".join([record["level"], record["message"], *sorted(codes)]) if record.get("level") in SHOWN else ""


def _record(line: str) -> dict[str, str]:
    """Level, message and error of one JSON log line; empty where it isn't one."""
    try:
        # The first of two equal keys: an event of Vector's own may carry a field that is called "level" as well.
        pairs = json.loads(line, object_pairs_hook=lambda pairs: dict(reversed(pairs)))
        return {name: str(pairs[name]) for name in ("level", "message", "error") if name in pairs and "level" in pairs}
    except (ValueError, TypeError):
        return {}
