"""The emulator behaves as the stand-ins of exploration do: what holds for one host of the tests holds for the other."""

import time

import pytest

from ministack_fidelity.identities import unique
from tests.exploration.behaviours import BEHAVIOURS
from tests.exploration.cloud import INDEXES
from tests.integration.conftest import CENTRAL

pytestmark = pytest.mark.embedded


class Scene:
    """What a behaviour needs, in the embedded cloud."""

    def __init__(self, accounts):
        self._accounts = accounts

    def client(self, service):
        """Return a client of the central account."""
        return self._accounts.client(service, CENTRAL)

    def queues(self, max_receives=None):
        """Make a queue and its dead letters."""
        sqs = self.client("sqs")
        dead = sqs.create_queue(QueueName=unique("dead"))["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = f'{{"deadLetterTargetArn": "{arn}", "maxReceiveCount": {max_receives}}}'
        attributes = {"RedrivePolicy": policy} if max_receives else {}
        return sqs.create_queue(QueueName=unique("queue"), Attributes=attributes)["QueueUrl"], dead

    def table(self):
        """Make a table."""
        pairs = {None: ("tenant_id", "delivery"), **INDEXES}
        schemas = {
            name: [{"AttributeName": pair[0], "KeyType": "HASH"}, {"AttributeName": pair[1], "KeyType": "RANGE"}]
            for name, pair in pairs.items()
        }
        names = dict.fromkeys(name for pair in pairs.values() for name in pair)
        table = unique("table")
        self.client("dynamodb").create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=schemas.pop(None),
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "N" if name == "due_at" else "S"} for name in names
            ],
            GlobalSecondaryIndexes=[
                {"IndexName": name, "KeySchema": schema, "Projection": {"ProjectionType": "ALL"}}
                for name, schema in schemas.items()
            ],
        )
        return table

    def bucket(self):
        """Make a bucket with versions."""
        s3, name = self.client("s3"), unique("bucket")
        s3.create_bucket(Bucket=name)
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name

    def group(self):
        """Make a log group."""
        name = f"/{unique('group')}"
        self.client("logs").create_log_group(logGroupName=name)
        return name

    def indexed(self):
        """Nothing to wait for: the emulator's indexes don't lag."""

    def now_ms(self):
        """Return the time."""
        return int(time.time() * 1000)


@pytest.mark.parametrize("check", BEHAVIOURS, ids=lambda check: check.__name__)
def test_the_emulator_behaves_as_the_stand_ins_do(accounts, check):
    """Two worlds to test in would tell two stories."""
    check(Scene(accounts))
