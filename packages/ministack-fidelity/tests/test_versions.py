"""Buckets with versions behave as in AWS."""

import json

import pytest
from botocore.exceptions import ClientError

from ministack_fidelity.identities import assume, make_role, statement, unique

pytestmark = pytest.mark.embedded

CENTRAL, CUSTOMER = "111111111111", "222222222222"


@pytest.fixture
def versioned(accounts, central_bucket):
    """A client, and a bucket whose ``object`` is older than its versioning, with two versions of ``key``."""
    s3 = accounts.client("s3", CENTRAL)
    s3.put_bucket_versioning(Bucket=central_bucket, VersioningConfiguration={"Status": "Enabled"})
    versions = [s3.put_object(Bucket=central_bucket, Key="key", Body=body)["VersionId"] for body in (b"a", b"bb")]
    return s3, central_bucket, versions


def test_a_listing_page_by_page_ends(versioned):
    """A reader of all versions would never end behind an object that is older than the versioning."""
    s3, bucket, versions = versioned
    s3.put_object(Bucket=bucket, Key="zz", Body=b"")
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, PaginationConfig={"PageSize": 1})
    seen = []
    for page in pages:
        seen += [(each["Key"], each["VersionId"]) for each in page.get("Versions", [])]
        assert len(seen) <= 4
    assert seen[:3] == [("key", versions[1]), ("key", versions[0]), ("object", "null")]


def test_every_version_is_read_and_copied_by_its_id(versioned, accounts):
    """A version that was overwritten before its delivery could not be delivered."""
    s3, bucket, versions = versioned
    s3.delete_object(Bucket=bucket, Key="key")
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket=bucket, Key="key")
    bodies = [s3.get_object(Bucket=bucket, Key="key", VersionId=version)["Body"].read() for version in versions]
    source = {"Bucket": bucket, "Key": "key", "VersionId": versions[0]}
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=source)
    assert (*bodies, s3.get_object(Bucket=bucket, Key="copy")["Body"].read()) == (b"a", b"bb", b"a")


def test_a_version_is_copied_to_another_account(versioned, accounts, customer_bucket):
    """No version of an object could be delivered: its source would be looked for in the customer's account."""
    _, bucket, versions = versioned
    role = make_role(accounts, CENTRAL, statement("s3:*"))
    allowed = {
        "Effect": "Allow",
        "Principal": {"AWS": role},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{customer_bucket}/*",
    }
    owner = accounts.client("s3", CUSTOMER)
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    owner.put_bucket_policy(Bucket=customer_bucket, Policy=policy)
    source = {"Bucket": bucket, "Key": "key", "VersionId": versions[0]}
    accounts.client("s3", assume(accounts, CENTRAL, role)).copy_object(
        Bucket=customer_bucket, Key="copy", CopySource=source
    )
    assert owner.get_object(Bucket=customer_bucket, Key="copy")["Body"].read() == b"a"


def test_a_version_needs_its_own_permission(versioned, accounts):
    """A role that may read the newest version only would be seen to read all of them."""
    _, bucket, versions = versioned
    one = {"Bucket": bucket, "Key": "key", "VersionId": versions[0]}
    for action, others in (("s3:GetObject", {}), ("s3:GetObjectVersion", None)):
        client = accounts.client("s3", assume(accounts, CENTRAL, make_role(accounts, CENTRAL, statement(action))))
        if others is None:
            assert client.get_object(**one)
        else:
            with pytest.raises(ClientError, match="AccessDenied"):
                client.get_object(**one)


def test_a_notification_names_the_version(versioned, accounts):
    """The processor could not know which version it is about."""
    s3, bucket, _ = versioned
    sqs = accounts.client("sqs", CENTRAL)
    url = sqs.create_queue(QueueName=unique("queue"))["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allow = {**statement("sqs:SendMessage"), "Principal": {"Service": "s3.amazonaws.com"}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    wanted = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=wanted)
    version = s3.put_object(Bucket=bucket, Key="new", Body=b"")["VersionId"]
    found = []
    while not found:
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=10)
        bodies = [json.loads(message["Body"]) for message in answer["Messages"]]
        found = [record["s3"]["object"] for body in bodies for record in body.get("Records", ())]
    assert [(each["key"], each["versionId"]) for each in found] == [("new", version)]
