"""What Vector's CloudWatch sink drops without a word, found out beforehand, so that nothing is lost in it.

The sink answers such an event like a delivered one. Its limits are narrower than CloudWatch's own (Vector 0.58,
``src/sinks/aws_cloudwatch_logs/``): a time window that ends five minutes earlier, a message of at most
1,048,499 bytes. And it doesn't look at ``rejectedLogEventsInfo``, so the group's retention is checked here.
"""

import json
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from botocore.exceptions import BotoCoreError, ClientError

from runtime.aws.clients import AwsClients
from runtime.aws.credentials import Credentials, use_credentials
from runtime.deliveries.cloudwatch.destination import LogDestination
from runtime.deliveries.event_request import Rejection
from runtime.errors import BlockedByCustomerError, DeliveryError, RetryableError
from runtime.objects.batches import Batch

MINUTE_MS = 60_000
DAY_MS = 86_400_000
MAX_AGE_MS = 14 * DAY_MS - 10 * MINUTE_MS  # the sink's is 14 days less 5 minutes; 5 more for the way to it
MAX_AHEAD_MS = 120 * MINUTE_MS - MINUTE_MS  # the sink's is 2 hours; a minute for a clock that is set back
RETENTION_MARGIN_MS = 10 * MINUTE_MS  # CloudWatch compares when the call arrives, after Vector's retries
SHORTEST_RETENTION_MS = DAY_MS  # PutRetentionPolicy: 1 day is the least
CONTINUATION = range(0x80, 0xC0)  # UTF-8: every byte of a character but its first
MAX_MESSAGE_BYTES = 1_048_499  # the sink refuses 1 MiB - 50 - 26 and more
DENIED = frozenset({"AccessDenied", "AccessDeniedException"})


def refused(batch: Batch, now_ms: int, retention_ms: int | None) -> tuple[range, list[Rejection]]:
    """Return which events of a batch may be posted, and which the sink or the group's retention would drop.

    :param now_ms: epoch milliseconds. :param retention_ms: the log group's, None where it keeps for ever.
    :return: the positions to post, and the rejections, which don't overlap with it or with each other.
    """
    too_old = bisect_left(batch.timestamps, now_ms - MAX_AGE_MS)
    expired = too_old
    if retention_ms is not None:
        expired = max(too_old, bisect_left(batch.timestamps, now_ms - retention_ms + RETENTION_MARGIN_MS))
    too_new = max(expired, bisect_left(batch.timestamps, now_ms + MAX_AHEAD_MS))
    parts = [("too-old", range(too_old)), ("expired", range(too_old, expired)), ("too-new", range(too_new, len(batch)))]
    return range(expired, too_new), [Rejection(reason, positions) for reason, positions in parts if positions]


def needs_retention(batch: Batch, now_ms: int) -> bool:
    """Whether a retention could matter at all: the common batch is younger than the shortest there is."""
    return bool(batch) and batch.timestamps[0] < now_ms - SHORTEST_RETENTION_MS + RETENTION_MARGIN_MS


def body(batch: Batch, positions: range) -> bytes:
    """Write those events as the source expects them: one JSON object a line, the message's literal as it is."""
    return b"".join(
        b'{"timestamp":%d,"message":%b}\n' % (batch.timestamps[position], piece)
        for position in positions
        for piece in _pieces(batch.literals[position], batch.sizes[position])
    )


def _pieces(literal: bytes, size: int) -> Sequence[bytes]:
    """One literal, or two and more where the message is longer than the sink takes; no byte is lost."""
    if size <= MAX_MESSAGE_BYTES:
        return (literal,)
    return [json.dumps(piece, ensure_ascii=False).encode() for piece in _cut(json.loads(literal).encode())]


def _cut(text: bytes) -> Iterator[str]:
    while len(text) > MAX_MESSAGE_BYTES:
        end = MAX_MESSAGE_BYTES
        while text[end] in CONTINUATION:  # inside a character
            end -= 1
        yield text[:end].decode()
        text = text[end:]
    yield text.decode()


def retention_ms(clients: AwsClients, destination: LogDestination, credentials: Credentials) -> int | None:
    """Return the log group's retention in milliseconds; None where it keeps for ever or doesn't exist yet.

    Asked only for a batch that may be older (``needs_retention``): a backfill or a long outage, never the common
    delivery.

    :raises DeliveryError: it can't be known now, so no event of that age may be handed to Vector.
    """
    name = destination.log_group_name
    try:
        with use_credentials(credentials):
            # A prefix's matches come in alphabetical order: the group of exactly that name is the first.
            answer = clients.client("logs", destination.region).describe_log_groups(logGroupNamePrefix=name, limit=1)
    except (ClientError, BotoCoreError) as error:
        raise _classified(error, destination) from error
    groups = answer["logGroups"]
    days = next((group.get("retentionInDays") for group in groups if group["logGroupName"] == name), None)
    return None if days is None else days * DAY_MS


def _classified(error: ClientError | BotoCoreError, destination: LogDestination) -> DeliveryError:
    where = f"DescribeLogGroups for {destination.log_group_name} in {destination.region}"
    if isinstance(error, ClientError) and error.response["Error"]["Code"] in DENIED:
        return BlockedByCustomerError(
            "access-denied",
            f"{where} was refused, which the Vector engine needs for events older than a day. Allow the customer's "
            "role logs:DescribeLogGroups, or deliver with the native engine (CLOUDWATCH_ENGINE=native)",
        )
    return RetryableError("retention-unknown", f"{where} failed: {type(error).__name__}")
