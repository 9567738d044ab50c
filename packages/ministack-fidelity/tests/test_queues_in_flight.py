"""A queue gives out no more messages than may be in flight."""

import pytest
from botocore.exceptions import ClientError

from ministack_fidelity.accounts import Accounts
from ministack_fidelity.identities import UNCHECKED, unique
from ministack_fidelity.patches.queue_in_flight import IN_FLIGHT, VARIABLE, room
from ministack_fidelity.pytest_plugin import ACCOUNT, REGION
from ministack_fidelity.server import start

BOUND = 12


@pytest.fixture
def sqs(ministack_python, tmp_path):
    """A client of an emulator with a small bound."""
    server, process = start(
        tmp_path, account=ACCOUNT, region=REGION, python=ministack_python, settings={VARIABLE: str(BOUND)}
    )
    try:
        yield Accounts(server.endpoint_url, REGION).client("sqs", ACCOUNT, config=UNCHECKED)
    finally:
        server.end(process)


@pytest.mark.embedded
def test_beyond_the_bound_nothing_is_received(sqs):
    """Messages hidden to wait would stall a queue in AWS only, for everyone who reads it."""
    url = sqs.create_queue(QueueName=unique("queue"))["QueueUrl"]
    for _ in range(2):
        entries = [{"Id": str(number), "MessageBody": "body"} for number in range(10)]
        sqs.send_message_batch(QueueUrl=url, Entries=entries)
    taken = [sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"] for _ in range(2)]
    assert [len(messages) for messages in taken] == [10, BOUND - 10]
    with pytest.raises(ClientError, match="OverLimit"):
        sqs.receive_message(QueueUrl=url)
    assert "Messages" not in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=taken[0][0]["ReceiptHandle"])
    assert len(sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]) == 1


def test_the_bound_is_that_of_aws():
    """Another bound would be tested than the one that holds in AWS; delayed and visible messages don't count."""
    now = 1_000.0
    received = [{"receive_count": 1, "visible_at": now + 1}] * (IN_FLIGHT - 1)
    others = [{"receive_count": 0, "visible_at": now + 1}, {"receive_count": 1, "visible_at": now - 1}]
    assert (IN_FLIGHT, room([*received, *others], now), room([*received, received[0]], now)) == (120_000, 1, 0)
