"""The records of the last minutes: read backwards, for a few seconds at most, so that an answer comes at any load.

The rates are over the time that was read, which is shown with them.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from runtime.record_log.lines import RecordLine, RecordLog

STEPS_SECONDS: Final = (30, 30, 60, 120, 240, 420)
"""Each begins where the one before began: a quarter of an hour, if there is time for all of it."""
READING_SECONDS: Final = 4.0
DELIVERED: Final = "delivered"


@dataclass(frozen=True, slots=True)
class Recent:
    """The delivery records of ``seconds`` before ``until`` (epoch s).

    :param complete: whether it is all that was asked for.
    """

    until: float
    seconds: float
    lines: tuple[RecordLine, ...]
    complete: bool


def recent(
    log: RecordLog,
    now: float,
    *,
    tenant_id: str | None = None,
    steps: Iterable[float] = STEPS_SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> Recent:
    """Read what there is time for. A step that isn't read to its end counts for nothing, but the first one in part."""
    deadline = clock() + READING_SECONDS
    wanted = {"message": "delivery", **({"tenant_id": tenant_id} if tenant_id else {})}
    found: list[RecordLine] = []
    begin = now
    for step in steps:
        part: list[RecordLine] = []
        for line in log.lines(begin - step, begin, **wanted):
            part.append(line)
            if clock() > deadline:
                return _cut(now, begin, found, part)
        found += part
        begin -= step
        if clock() > deadline:
            break
    else:
        return Recent(now, now - begin, tuple(found), complete=True)
    return Recent(now, now - begin, tuple(found), complete=False)


def _cut(now: float, begin: float, found: list[RecordLine], part: list[RecordLine]) -> Recent:
    if found:
        return Recent(now, now - begin, tuple(found), complete=False)
    times = [line.at for line in part]
    return Recent(max(times), max(1.0, max(times) - min(times)), tuple(part), complete=False)
