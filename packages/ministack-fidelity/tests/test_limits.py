"""CloudWatch Logs and SQS refuse what they refuse in AWS."""

import time

import pytest
from botocore.exceptions import ClientError

from ministack_fidelity.identities import UNCHECKED, assume, make_role, statement, unique

pytestmark = pytest.mark.embedded

CUSTOMER = "222222222222"

HOUR = 3_600_000
DAY = 24 * HOUR


@pytest.fixture
def put(accounts):
    """Put events given as (milliseconds from now, text) into a new stream; gives the answer."""
    logs = accounts.client("logs", CUSTOMER, config=UNCHECKED)
    stream = {"logGroupName": unique("group"), "logStreamName": "stream"}
    logs.create_log_group(logGroupName=stream["logGroupName"])
    logs.create_log_stream(**stream)
    now = int(time.time() * 1000)

    def put_events(*events, retention_days=None):
        if retention_days:
            logs.put_retention_policy(logGroupName=stream["logGroupName"], retentionInDays=retention_days)
        made = [{"timestamp": now + offset, "message": text} for offset, text in events]
        return logs.put_log_events(**stream, logEvents=made)

    put_events.stored = lambda: [event["message"] for event in logs.get_log_events(**stream)["events"]]
    return put_events


@pytest.mark.parametrize(
    ("events", "message"),
    [
        ([(0, "x")] * 10_001, "length between 1 and 10000"),
        ([(0, "x" * 1_048_551)], "Log event too large"),
        ([(0, "é" * 262_144), (0, "é" * 262_144)], "Upload too large"),
        ([(1, "later"), (0, "earlier")], "chronological order"),
        ([(0, "x"), (0, "")], "logEvents.2.member.message"),
        ([(-DAY, "x"), (1, "y")], "24 hours"),
    ],
)
def test_a_batch_over_a_limit_is_refused_as_a_whole(put, events, message):
    """A batching bug would go unnoticed until CloudWatch refuses the batch."""
    with pytest.raises(ClientError, match=message):
        put(*events)
    assert put.stored() == []


def test_a_batch_at_its_limits_is_accepted(put):
    """The check would refuse what CloudWatch takes, and batches would be made smaller than they may be."""
    assert put(*[(0, "x")] * 10_000)
    assert put((0, "x" * 1_048_550))
    assert put((-DAY, "first"), (0, "last"))


def test_events_out_of_the_window_are_rejected_by_index(put):
    """The processor's reading of rejectedLogEventsInfo would never meet one: ends exclusive, start inclusive."""
    answer = put((-15 * DAY, "old"), (-14 * DAY - HOUR, "old"), (0, "good"), (2 * HOUR + 60_000, "new"))
    assert answer["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 2, "tooNewLogEventStartIndex": 3}
    assert put.stored() == ["good"]


def test_events_older_than_the_groups_retention_are_expired(put):
    """A group with a short retention would seem to keep everything."""
    answer = put((-2 * DAY, "expired"), (0, "good"), retention_days=1)
    assert answer["rejectedLogEventsInfo"] == {"expiredLogEventEndIndex": 1}
    assert put.stored() == ["good"]


@pytest.fixture
def queue(accounts):
    """A client and the URL of a new queue."""
    sqs = accounts.client("sqs", CUSTOMER)
    return sqs, sqs.create_queue(QueueName=unique("queue"))["QueueUrl"]


def test_a_delay_over_15_minutes_is_refused(queue):
    """A hand-over with a longer delay would be accepted here and fail in AWS, alone and in a batch."""
    sqs, url = queue
    with pytest.raises(ClientError, match="DelaySeconds"):
        sqs.send_message(QueueUrl=url, MessageBody="body", DelaySeconds=901)
    entries = [
        {"Id": "a", "MessageBody": "a", "DelaySeconds": 900},
        {"Id": "b", "MessageBody": "b", "DelaySeconds": 901},
    ]
    answer = sqs.send_message_batch(QueueUrl=url, Entries=entries)
    assert ([entry["Id"] for entry in answer["Successful"]], [e["Id"] for e in answer["Failed"]]) == (["a"], ["b"])


def test_a_visibility_over_12_hours_is_refused(queue):
    """A message hidden for longer would be hidden here and come back at once in AWS."""
    sqs, url = queue
    sqs.send_message(QueueUrl=url, MessageBody="body")
    handle = sqs.receive_message(QueueUrl=url, VisibilityTimeout=43_200)["Messages"][0]["ReceiptHandle"]
    with pytest.raises(ClientError, match="VisibilityTimeout"):
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=43_201)
    entry = {"Id": "a", "ReceiptHandle": handle, "VisibilityTimeout": 43_201}
    assert sqs.change_message_visibility_batch(QueueUrl=url, Entries=[entry])["Failed"][0]["Id"] == "a"
    good = {**entry, "VisibilityTimeout": 43_200}
    assert sqs.change_message_visibility_batch(QueueUrl=url, Entries=[good])["Successful"] == [{"Id": "a"}]


def test_a_batch_needs_the_single_requests_permission(accounts, queue):
    """A poller with the right permissions could not delete what it settled, and everything would be delivered again."""
    _, url = queue
    actions = ["sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"]
    sqs = accounts.client("sqs", assume(accounts, CUSTOMER, make_role(accounts, CUSTOMER, statement(actions))))
    assert sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": "a", "MessageBody": "body"}])["Successful"]
    entry = {"Id": "a", "ReceiptHandle": sqs.receive_message(QueueUrl=url)["Messages"][0]["ReceiptHandle"]}
    hide = {**entry, "VisibilityTimeout": 60}
    assert sqs.change_message_visibility_batch(QueueUrl=url, Entries=[hide])["Successful"]
    assert sqs.delete_message_batch(QueueUrl=url, Entries=[entry])["Successful"]
    reader = assume(accounts, CUSTOMER, make_role(accounts, CUSTOMER, statement("sqs:ReceiveMessage")))
    with pytest.raises(ClientError, match="AccessDenied"):
        accounts.client("sqs", reader).delete_message_batch(QueueUrl=url, Entries=[entry])


def test_filtered_events_come_page_by_page(accounts):
    """What reads records back would miss those behind the first page here, or wait for pages that AWS never gives."""
    logs, group = accounts.client("logs", CUSTOMER), unique("group")
    logs.create_log_group(logGroupName=group)
    now = int(time.time() * 1000)
    for stream in ("one", "two"):
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        events = [
            {"timestamp": now, "message": f'{{"message": "delivery", "n": {number % 2}}}'} for number in range(9_000)
        ]
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
    asked = {"logGroupName": group, "filterPattern": '{ ($.message = "delivery") && ($.n = 1) }', "limit": 5_000}
    first = logs.filter_log_events(**asked)
    second = logs.filter_log_events(**asked, nextToken=first["nextToken"])
    assert (len(first["events"]), len(second["events"]), "nextToken" in second) == (5_000, 4_000, False)
    with pytest.raises(ClientError, match="pattern"):
        logs.filter_log_events(logGroupName=group, filterPattern="{ $.n > 1 }")
