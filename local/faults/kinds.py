"""The kinds of fault that a call can meet. What people and processes do: `customers.py`, `hosts.py`, `inputs.py`."""

from random import Random

from local.faults.injected import CutAnswer, Hang, LoseAnswer, Refuse, Reset, ShortSession, Slow
from local.faults.kind import Bound, Kind
from local.faults.plan import rule

PUT = "logs:PutLogEvents"
COPY = "s3:CopyObject"
READ = "s3:GetObject"
ASSUME = "sts:AssumeRole"
QUERY = "dynamodb:Query"
HAND_OVER = "sqs:SendMessage"
THROUGHPUT = "ProvisionedThroughputExceededException"
OUTAGE = 0.95
"""Nearly every call: an outage of one tenant's destination, beside which nothing may suffer."""


SHORT = rule(ASSUME, ShortSession(), 1.0, counted=False)
UNAVAILABLE = rule(PUT, Refuse(503, "ServiceUnavailableException"), 0.8, counted=False)
"""So that there is something to hand over."""


def _slow(lot: Random) -> Slow:
    return Slow(lot.uniform(0.2, 1.2))


CLOUDWATCH = (
    Kind("logs-throttled", (rule("logs:*", Refuse(400, "ThrottlingException")),)),
    Kind("logs-500", (rule("logs:*", Refuse(500, "InternalFailure")),)),
    Kind("logs-503", (rule("logs:*", Refuse(503, "ServiceUnavailableException")),)),
    Kind("logs-connection-reset", (rule("logs:*", Reset()),)),
    Kind("logs-answer-cut", (rule(PUT, CutAnswer(), 0.3),)),
    Kind("logs-answer-lost", (rule(PUT, LoseAnswer(), 0.3),)),
    Kind("logs-slow", (rule(PUT, _slow),)),
    Kind("logs-expired-credentials", (rule(PUT, Refuse(400, "ExpiredTokenException"), 0.4),)),
    Kind("logs-credentials-refused", (rule(PUT, Refuse(400, "UnrecognizedClientException"), 0.4),)),
    Kind("logs-denied-for-a-while", (rule("logs:*", Refuse(400, "AccessDeniedException"), OUTAGE),)),
    Kind("logs-outage", (rule("logs:*", Refuse(503, "ServiceUnavailableException"), OUTAGE),)),
    Kind("logs-clock-skew", (rule(PUT, Refuse(403, "RequestTimeTooSkewed"), 0.4),)),
    Kind("logs-wrong-parameter", (rule(PUT, Refuse(400, "InvalidParameterException"), 0.4),)),
)

S3 = (
    Kind("copy-slow-down", (rule(COPY, Refuse(503, "SlowDown")),), beside="logs"),
    Kind("copy-500", (rule(COPY, Refuse(500, "InternalError")),), beside="logs"),
    Kind("copy-connection-reset", (rule(COPY, Reset()),), beside="logs"),
    Kind("copy-answer-lost", (rule(COPY, LoseAnswer()),), beside="logs"),
    Kind("copy-answer-cut", (rule(COPY, CutAnswer()),), beside="logs"),
    Kind("copy-expired-credentials", (rule(COPY, Refuse(400, "ExpiredToken"), 0.4),), beside="logs"),
    Kind("copy-denied-for-a-while", (rule(COPY, Refuse(403, "AccessDenied"), OUTAGE),), beside="logs"),
    Kind("copy-no-such-bucket", (rule(COPY, Refuse(404, "NoSuchBucket"), OUTAGE),), beside="logs"),
    Kind("read-503", (rule(READ, Refuse(503, "ServiceUnavailable")),)),
    Kind("read-answer-cut", (rule(READ, CutAnswer()),)),
    Kind("read-denied-for-a-while", (rule(READ, Refuse(403, "AccessDenied")),)),
)

CENTRAL = (
    Kind("sts-throttled", (rule(ASSUME, Refuse(400, "Throttling")), SHORT), beside="quiet"),
    Kind("sts-500", (rule(ASSUME, Refuse(500, "InternalFailure")), SHORT), beside="quiet"),
    Kind("sts-down", (rule(ASSUME, Reset(), OUTAGE), SHORT), beside="quiet"),
    Kind("sts-answer-cut", (rule(ASSUME, CutAnswer()), SHORT), beside="quiet"),
    Kind("sts-denied-for-a-while", (rule(ASSUME, Refuse(403, "AccessDenied")), SHORT), beside="quiet"),
    Kind("dynamodb-throttled", (rule(QUERY, Refuse(400, THROUGHPUT), 0.4),), beside="quiet"),
    Kind("dynamodb-500", (rule(QUERY, Refuse(500, "InternalServerError"), 0.4),), beside="quiet"),
    Kind("dynamodb-connection-reset", (rule(QUERY, Reset(), 0.4),), beside="quiet"),
    Kind("delivery-queue-throttled", (rule(HAND_OVER, Refuse(400, "RequestThrottled"), 0.4), UNAVAILABLE)),
    Kind("delivery-queue-down", (rule(HAND_OVER, Reset(), 0.6), UNAVAILABLE)),
    Kind("delivery-queue-answer-lost", (rule(HAND_OVER, LoseAnswer(), 0.3), UNAVAILABLE)),
)
"""Where a table or a queue fails the message comes back, and SQS counts it: lower chances, or all is dead-lettered."""

HANGING = (
    Kind("one-of-two-configs-hangs", (rule(PUT, Hang(), 0.3),), target=30, alone=True, bound=Bound.CRASH),
    Kind("copy-hang", (rule(COPY, Hang(), 0.3),), target=30, alone=True, beside="logs", bound=Bound.CRASH),
    Kind("sts-hang", (rule(ASSUME, Hang(), 0.3), SHORT), target=30, alone=True, beside="quiet", bound=Bound.CRASH),
    Kind("dynamodb-hang", (rule(QUERY, Hang(), 0.1),), target=30, alone=True, beside="quiet", bound=Bound.CRASH),
)
"""A hang may last until the host's own timeout, which ends whatever else the invocation does: each runs alone."""
