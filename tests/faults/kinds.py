"""The kinds of fault that a call can meet. What people and processes do: `customers.py`, `hosts.py`, `inputs.py`."""

import time
from collections.abc import Callable
from random import Random

from tests.faults.hosts import incomplete
from tests.faults.injected import CutAnswer, Hang, LoseAnswer, Refuse, Reset, ShortSession, Slow, Stall
from tests.faults.inputs import five_too_old
from tests.faults.kind import Kind, Turn, in_waves, recover
from tests.faults.plan import Counts, rule
from tests.faults.scene import Scene

PUT = "logs:PutLogEvents"
CREATE = "logs:CreateLogStream"
SET_ASIDE = "s3:PutObject"
STATUS = "dynamodb:UpdateItem"
COPY = "s3:CopyObject"
READ = "s3:GetObject"
ASSUME = "sts:AssumeRole"
QUERY = "dynamodb:Query"
HAND_OVER = "sqs:SendMessage"
UNAVAILABLE = "ServiceUnavailableException"
THROUGHPUT = "ProvisionedThroughputExceededException"
OUTAGE = 0.95
"""Nearly every call: an outage of one tenant's destination, beside which nothing may suffer."""

SHORT = rule(ASSUME, ShortSession(), 1.0, counts=Counts.NONE)
DOWN = rule(PUT, Refuse(503, UNAVAILABLE), OUTAGE, counts=Counts.NONE)
"""So that there is something to hand over."""

WIDE = 7
"""Batches of an object: so many calls of one delivery meet a fault at once."""


def _slow(lot: Random) -> Slow:
    return Slow(lot.uniform(0.2, 1.2))


def outage(seconds: float) -> Callable[[Scene, Kind, int], None]:
    """Return a scenario: CloudWatch is down for that long while objects keep coming, until enough calls met it."""

    def scenario(scene: Scene, kind: Kind, target: int) -> None:
        while scene.injected < target and not scene.is_over():
            ends = time.monotonic() + seconds
            scene.begin(*kind.rules)
            try:
                while time.monotonic() < ends and not scene.is_over():
                    scene.send()
                    scene.pause_until(time.monotonic() + seconds / OBJECTS_AN_OUTAGE)
            finally:
                scene.end()
            recover(scene)

    return scenario


OBJECTS_AN_OUTAGE = 20
LONG_SECONDS, LONG_OBJECTS = 45.0, 12


def for_long(scene: Scene, kind: Kind, target: int) -> None:
    """Let something of ours be down for long, over several delays of what is put off meanwhile, and work again.

    A day's outage is the exploration's matter, where time can be turned; here it is that of real queues' delays.
    """
    ends = min(scene.deadline, time.monotonic() + LONG_SECONDS)
    scene.begin(*kind.rules)
    try:
        for _ in range(min(LONG_OBJECTS, target)):
            scene.send()
        scene.pause_until(ends)
    finally:
        scene.end()


def setting_aside(scene: Scene, kind: Kind, target: int) -> None:
    """Send objects with events that CloudWatch refuses, so that they are set aside."""
    scene.begin(*kind.rules)
    try:
        for number in range(100 * target):
            if scene.is_over() or scene.injected >= target:
                break
            scene.send(events=five_too_old(number))
        scene.wait_for_hits(target, AFTER_SECONDS)
    finally:
        scene.end()


AFTER_SECONDS = 5.0

CLOUDWATCH = (
    Kind("logs-throttled", (rule("logs:*", Refuse(400, "ThrottlingException"), 0.5),), batches=WIDE),
    Kind("logs-500", (rule("logs:*", Refuse(500, "InternalFailure"), 0.5),), batches=WIDE),
    Kind("logs-503", (rule("logs:*", Refuse(503, UNAVAILABLE), 0.5),), batches=WIDE),
    Kind("logs-connection-reset", (rule("logs:*", Reset(), 0.5),), batches=WIDE),
    Kind("logs-answer-cut", (rule(PUT, CutAnswer(), 0.3),), batches=WIDE),
    Kind("logs-answer-lost", (rule(PUT, LoseAnswer(), 0.3),), batches=WIDE),
    Kind("logs-slow", (rule(PUT, _slow),), batches=WIDE),
    Kind("logs-incomplete", (rule(PUT, incomplete, 0.5),), batches=WIDE),
    Kind("stream-creation-fails", (rule(CREATE, incomplete, 0.4), rule(CREATE, Refuse(500, "InternalFailure"), 0.4))),
    Kind("logs-expired-credentials", (rule(PUT, Refuse(400, "ExpiredTokenException"), 0.3),), batches=WIDE),
    Kind("logs-credentials-refused", (rule(PUT, Refuse(400, "UnrecognizedClientException"), 0.3),), batches=WIDE),
    Kind("logs-clock-skew", (rule(PUT, Refuse(403, "RequestTimeTooSkewed"), 0.3),), batches=WIDE),
    Kind("logs-wrong-parameter", (rule(PUT, Refuse(400, "InvalidParameterException"), 0.2),), in_waves, batches=WIDE),
    Kind(
        "logs-denied-for-a-while",
        (rule("logs:*", Refuse(400, "AccessDeniedException"), OUTAGE),),
        in_waves,
        batches=WIDE,
    ),
    Kind("logs-outage-of-10-s", (rule("logs:*", Refuse(503, UNAVAILABLE), 1.0),), outage(10), batches=WIDE),
    Kind("logs-outage-of-120-s", (rule("logs:*", Refuse(503, UNAVAILABLE), 1.0),), outage(120), batches=WIDE),
)

S3 = (
    Kind("copy-slow-down", (rule(COPY, Refuse(503, "SlowDown")),), beside="logs"),
    Kind("copy-500", (rule(COPY, Refuse(500, "InternalError")),), beside="logs"),
    Kind("copy-connection-reset", (rule(COPY, Reset()),), beside="logs"),
    Kind("copy-answer-lost", (rule(COPY, LoseAnswer()),), beside="logs"),
    Kind("copy-answer-cut", (rule(COPY, CutAnswer()),), beside="logs"),
    Kind("copy-incomplete", (rule(COPY, incomplete, 0.5),), beside="logs"),
    Kind("copy-slow", (rule(COPY, _slow),), beside="logs"),
    Kind("copy-expired-credentials", (rule(COPY, Refuse(400, "ExpiredToken"), 0.5),), beside="logs"),
    Kind("copy-denied-for-a-while", (rule(COPY, Refuse(403, "AccessDenied"), OUTAGE),), in_waves, beside="logs"),
    Kind("copy-no-such-bucket", (rule(COPY, Refuse(404, "NoSuchBucket"), OUTAGE),), in_waves, beside="logs"),
    Kind("read-503", (rule(READ, Refuse(503, "ServiceUnavailable")),)),
    Kind("read-answer-cut", (rule(READ, CutAnswer()),)),
    Kind("read-incomplete", (rule(READ, incomplete),)),
    Kind("read-slow", (rule(READ, _slow),)),
    Kind("read-denied-for-a-while", (rule(READ, Refuse(403, "AccessDenied"), OUTAGE),), in_waves),
    Kind("set-aside-503", (rule(SET_ASIDE, Refuse(503, "SlowDown")),), setting_aside),
    Kind("set-aside-answer-lost", (rule(SET_ASIDE, LoseAnswer()),), setting_aside),
    Kind("set-aside-incomplete", (rule(SET_ASIDE, incomplete),), setting_aside),
    Kind("set-aside-denied-for-a-while", (rule(SET_ASIDE, Refuse(403, "AccessDenied")),), setting_aside),
)

CENTRAL = (
    Kind("sts-throttled", (rule(ASSUME, Refuse(400, "Throttling")), SHORT), beside="quiet"),
    Kind("sts-500", (rule(ASSUME, Refuse(500, "InternalFailure")), SHORT), beside="quiet"),
    Kind("sts-answer-cut", (rule(ASSUME, CutAnswer()), SHORT), beside="quiet"),
    Kind(
        "sts-denied-for-a-while", (rule(ASSUME, Refuse(403, "AccessDenied"), OUTAGE), SHORT), in_waves, beside="quiet"
    ),
    Kind("sts-down-for-a-while", (rule(ASSUME, Reset(), OUTAGE), SHORT), in_waves, beside="quiet"),
    Kind("sts-incomplete", (rule(ASSUME, incomplete), SHORT), beside="quiet"),
    Kind("sts-slow", (rule(ASSUME, Slow(0.5)), SHORT), beside="quiet"),
    Kind("dynamodb-incomplete", (rule(QUERY, incomplete, 0.6),), beside="quiet"),
    Kind("dynamodb-answer-cut", (rule(QUERY, CutAnswer(), 0.6),), beside="quiet"),
    Kind("dynamodb-slow", (rule(QUERY, Slow(0.5), 0.6),), beside="quiet"),
    Kind("dynamodb-down-for-long", (rule(QUERY, Refuse(503, "ServiceUnavailable"), 1.0),), for_long, beside="quiet"),
    Kind("status-conflict", (rule(STATUS, Refuse(400, "TransactionConflictException")),)),
    Kind("status-5xx", (rule(STATUS, Refuse(500, "InternalServerError")),)),
    Kind("status-incomplete", (rule(STATUS, incomplete),)),
    Kind("dynamodb-throttled", (rule(QUERY, Refuse(400, THROUGHPUT), 0.6),), beside="quiet"),
    Kind("dynamodb-500", (rule(QUERY, Refuse(500, "InternalServerError"), 0.6),), beside="quiet"),
    Kind("dynamodb-down-for-a-while", (rule(QUERY, Reset(), OUTAGE),), in_waves, beside="quiet"),
    Kind("delivery-queue-throttled", (rule(HAND_OVER, Refuse(400, "RequestThrottled"), 0.5), DOWN), in_waves),
    Kind("delivery-queue-down-for-a-while", (rule(HAND_OVER, Reset(), OUTAGE), DOWN), in_waves),
    Kind("delivery-queue-incomplete", (rule(HAND_OVER, incomplete, 0.5), DOWN), in_waves),
    Kind("delivery-queue-slow", (rule(HAND_OVER, Slow(0.5), 0.5), DOWN), in_waves),
    Kind("delivery-queue-answer-lost", (rule(HAND_OVER, LoseAnswer(), 0.3), DOWN), in_waves),
)
"""Where a table or a queue fails the message comes back, and SQS counts it: the fifth time it is dead-lettered."""

HANGING = (
    Kind("logs-hanging", (rule(PUT, Hang(), 0.3),), target=30, turn=Turn.ALONE),
    Kind("copy-hanging", (rule(COPY, Hang(), 0.3),), target=30, turn=Turn.ALONE, beside="logs"),
    Kind("copy-half-open", (rule(COPY, Stall(), 0.3),), target=30, turn=Turn.ALONE, beside="logs"),
    Kind("read-hanging", (rule(READ, Hang(), 0.3),), target=30, turn=Turn.ALONE),
    Kind("read-half-open", (rule(READ, Stall(), 0.3),), target=30, turn=Turn.ALONE),
    Kind("sts-hanging", (rule(ASSUME, Hang(), 0.8), SHORT), target=30, turn=Turn.ALONE, beside="quiet"),
    Kind("dynamodb-hanging", (rule(QUERY, Hang(), 0.25),), target=30, turn=Turn.ALONE, beside="quiet"),
    Kind("delivery-queue-hanging", (rule(HAND_OVER, Hang(), 0.3), DOWN), target=30, turn=Turn.ALONE),
)
"""A hang may last until the host's own timeout, which ends whatever else the invocation does: each runs alone."""
