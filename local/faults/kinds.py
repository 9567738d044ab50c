"""The kinds of fault that a call can meet. What people and processes do: `customers.py`, `hosts.py`, `inputs.py`."""

import time
from collections.abc import Callable
from random import Random

from local.faults.injected import CutAnswer, Hang, LoseAnswer, Refuse, Reset, ShortSession, Slow
from local.faults.kind import Bound, Kind, in_waves, recover
from local.faults.plan import Counts, rule
from local.faults.scene import Scene

PUT = "logs:PutLogEvents"
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
    """Give a scenario: CloudWatch is down for that long while objects keep coming, until enough calls met it."""

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

CLOUDWATCH = (
    Kind("logs-throttled", (rule("logs:*", Refuse(400, "ThrottlingException"), 0.5),), batches=WIDE),
    Kind("logs-500", (rule("logs:*", Refuse(500, "InternalFailure"), 0.5),), batches=WIDE),
    Kind("logs-503", (rule("logs:*", Refuse(503, UNAVAILABLE), 0.5),), batches=WIDE),
    Kind("logs-connection-reset", (rule("logs:*", Reset(), 0.5),), batches=WIDE),
    Kind("logs-answer-cut", (rule(PUT, CutAnswer(), 0.3),), batches=WIDE),
    Kind("logs-answer-lost", (rule(PUT, LoseAnswer(), 0.3),), batches=WIDE),
    Kind("logs-slow", (rule(PUT, _slow),), batches=WIDE),
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
    Kind("copy-expired-credentials", (rule(COPY, Refuse(400, "ExpiredToken"), 0.5),), beside="logs"),
    Kind("copy-denied-for-a-while", (rule(COPY, Refuse(403, "AccessDenied"), OUTAGE),), in_waves, beside="logs"),
    Kind("copy-no-such-bucket", (rule(COPY, Refuse(404, "NoSuchBucket"), OUTAGE),), in_waves, beside="logs"),
    Kind("read-503", (rule(READ, Refuse(503, "ServiceUnavailable")),)),
    Kind("read-answer-cut", (rule(READ, CutAnswer()),)),
    Kind("read-denied-for-a-while", (rule(READ, Refuse(403, "AccessDenied"), OUTAGE),), in_waves),
)

CENTRAL = (
    Kind("sts-throttled", (rule(ASSUME, Refuse(400, "Throttling")), SHORT), beside="quiet"),
    Kind("sts-500", (rule(ASSUME, Refuse(500, "InternalFailure")), SHORT), beside="quiet"),
    Kind("sts-answer-cut", (rule(ASSUME, CutAnswer()), SHORT), beside="quiet"),
    Kind(
        "sts-denied-for-a-while", (rule(ASSUME, Refuse(403, "AccessDenied"), OUTAGE), SHORT), in_waves, beside="quiet"
    ),
    Kind("sts-down-for-a-while", (rule(ASSUME, Reset(), OUTAGE), SHORT), in_waves, beside="quiet"),
    Kind("dynamodb-throttled", (rule(QUERY, Refuse(400, THROUGHPUT), 0.6),), beside="quiet"),
    Kind("dynamodb-500", (rule(QUERY, Refuse(500, "InternalServerError"), 0.6),), beside="quiet"),
    Kind("dynamodb-down-for-a-while", (rule(QUERY, Reset(), OUTAGE),), in_waves, beside="quiet"),
    Kind("delivery-queue-throttled", (rule(HAND_OVER, Refuse(400, "RequestThrottled"), 0.5), DOWN), in_waves),
    Kind("delivery-queue-down-for-a-while", (rule(HAND_OVER, Reset(), OUTAGE), DOWN), in_waves),
    Kind("delivery-queue-answer-lost", (rule(HAND_OVER, LoseAnswer(), 0.3), DOWN), in_waves),
)
"""Where a table or a queue fails the message comes back, and SQS counts it: the fifth time it is dead-lettered."""

HANGING = (
    Kind("one-of-two-configs-hangs", (rule(PUT, Hang(), 0.3),), target=30, alone=True, bound=Bound.CRASH),
    Kind("copy-hang", (rule(COPY, Hang(), 0.3),), target=30, alone=True, beside="logs", bound=Bound.CRASH),
    Kind("sts-hang", (rule(ASSUME, Hang(), 0.8), SHORT), target=30, alone=True, beside="quiet", bound=Bound.CRASH),
    Kind("dynamodb-hang", (rule(QUERY, Hang(), 0.25),), target=30, alone=True, beside="quiet", bound=Bound.CRASH),
)
"""A hang may last until the host's own timeout, which ends whatever else the invocation does: each runs alone."""
