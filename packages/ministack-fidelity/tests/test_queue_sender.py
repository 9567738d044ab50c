"""SQS says who has sent a message."""

import io
import json
import os
import zipfile

import pytest

from ministack_fidelity.accounts import Keys
from ministack_fidelity.identities import assume, make_role, statement, unique

pytestmark = pytest.mark.embedded

CENTRAL = "111111111111"
HANDLER = """
import os

def handler(event, context):
    with open(os.environ["SENDERS"], "w") as senders:
        senders.writelines(record["attributes"]["SenderId"] for record in event["Records"])
"""


@pytest.fixture
def queue(accounts):
    """The URL of a new queue."""
    return accounts.client("sqs", CENTRAL).create_queue(QueueName=unique("queue"))["QueueUrl"]


@pytest.fixture
def role(accounts):
    """The ARN and the unique id of a role that may send."""
    arn = make_role(accounts, CENTRAL, statement("sqs:SendMessage"), path="/writers/")
    found = accounts.client("iam", CENTRAL).get_role(RoleName=arn.rpartition("/")[2])["Role"]
    return arn, found["RoleId"]


def received(accounts, queue):
    """Return the senders of what is in the queue."""
    asked = {"QueueUrl": queue, "MaxNumberOfMessages": 10, "AttributeNames": ["SenderId"]}
    found = accounts.client("sqs", CENTRAL).receive_message(**asked)["Messages"]
    return [message["Attributes"]["SenderId"] for message in found]


def test_a_sender_is_the_role_s_unique_id_and_its_session(accounts, queue, role):
    """What goes by the sender would take every role of an account for one, here alone; a batch's entries, too."""
    arn, role_id = role
    sqs = accounts.client("sqs", assume(accounts, CENTRAL, arn))
    sqs.send_message(QueueUrl=queue, MessageBody="one")
    sqs.send_message_batch(QueueUrl=queue, Entries=[{"Id": "a", "MessageBody": "two"}])
    assert received(accounts, queue) == [f"{role_id}:session"] * 2


def test_an_account_s_root_is_its_account_and_a_user_its_unique_id(accounts, queue):
    """A sender that is no role's session would be taken for one."""
    accounts.client("sqs", CENTRAL).send_message(QueueUrl=queue, MessageBody="by root")
    iam, name = accounts.client("iam", CENTRAL), unique("user")
    user = iam.create_user(UserName=name)["User"]
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement("sqs:SendMessage")]})
    iam.put_user_policy(UserName=name, PolicyName="send", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    keys = Keys(key["AccessKeyId"], key["SecretAccessKey"])
    accounts.client("sqs", keys).send_message(QueueUrl=queue, MessageBody="by a user")
    assert sorted(received(accounts, queue)) == sorted([CENTRAL, user["UserId"]])


def test_a_function_s_event_has_the_sender(accounts, queue, role, tmp_path):
    """A function that goes by the sender would refuse every message here, or be tried with another field."""
    client, name = accounts.client("lambda", CENTRAL), unique("function")
    senders, archive = tmp_path / "senders", io.BytesIO()
    os.mkfifo(senders)
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("probe.py", HANDLER)
    allowed = statement(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"])
    client.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Handler="probe.handler",
        Role=make_role(accounts, CENTRAL, allowed),
        Code={"ZipFile": archive.getvalue()},
        Environment={"Variables": {"SENDERS": str(senders)}},
    )
    source = accounts.client("sqs", CENTRAL).get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    client.create_event_source_mapping(FunctionName=name, EventSourceArn=source["Attributes"]["QueueArn"])
    arn, role_id = role
    accounts.client("sqs", assume(accounts, CENTRAL, arn)).send_message(QueueUrl=queue, MessageBody="body")
    assert senders.read_text() == f"{role_id}:session"
