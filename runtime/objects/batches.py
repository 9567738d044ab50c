"""Events become batches: what one PutLogEvents call takes (contract §4).

The plan depends on the object's events and on ``PLAN_VERSION`` alone, never on the clock or on a destination's
answer: a resumed delivery meets the same batches and continues exactly after the last acknowledged one. What can't
be sent is taken out of its batch when it is sent (``deliveries/cloudwatch/sendable.py``), not here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

PLAN_VERSION = 1  # raise it whenever the same object would give other batches


@dataclass(frozen=True, slots=True)
class Batch:
    """The events of one PutLogEvents call, in chronological order (stable), as three columns of equal length.

    ``index`` is the batch's number in the plan, from 0; it stays when events are taken out.
    ``timestamps`` are epoch milliseconds. ``literals`` are the messages as JSON string literals, quotes included,
    valid UTF-8, to be copied into JSON as they are. ``sizes`` are the UTF-8 bytes of the unescaped messages,
    without CloudWatch's 26 bytes an event. A batch is shared by threads: nobody changes its columns.
    """

    index: int
    timestamps: Sequence[int]
    literals: Sequence[bytes]
    sizes: Sequence[int]

    def __len__(self) -> int:
        return len(self.timestamps)
