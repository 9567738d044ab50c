"""Removing what was made, whatever state it is in."""

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from local.verification.record import Made
from local.verification.removal import BUCKET, LeftOverError, Removal, bucket_exists, stack_status

ACCOUNT, NAME = "123456789012", "bucket-of-a-stack"


class CloudFormation:
    """One stack with a bucket; as in AWS, it can't be deleted while the bucket has objects."""

    def __init__(self, s3):
        self.s3, self.status, self.late = s3, {"One": "CREATE_COMPLETE"}, [b"written while it was being deleted"]

    def describe_stacks(self, **given):
        if given["StackName"] not in self.status:
            raise ClientError({"Error": {"Code": "ValidationError", "Message": "no such stack"}}, "DescribeStacks")
        return {"Stacks": [{"StackStatus": self.status[given["StackName"]]}]}

    def get_paginator(self, _):
        return self

    def paginate(self, **given):
        assert given == {"StackName": "One"}
        resource = {"ResourceType": BUCKET, "PhysicalResourceId": NAME, "ResourceStatus": "CREATE_COMPLETE"}
        return [{"StackResourceSummaries": [resource, {"ResourceType": "AWS::SQS::Queue"}]}]

    def delete_stack(self, **given):
        if self.late:
            self.s3.put_object(Bucket=NAME, Key="late", Body=self.late.pop())
        try:
            self.s3.delete_bucket(Bucket=NAME)
            del self.status[given["StackName"]]
        except ClientError:
            self.status[given["StackName"]] = "DELETE_FAILED"


class OneAccount:
    """Makes moto's clients, and the stand-in for CloudFormation."""

    region = "us-east-1"

    def __init__(self):
        self.cloudformation = CloudFormation(self.client("s3", ACCOUNT))

    def client(self, service, keys, *, region=None):
        return self.cloudformation if service == "cloudformation" else boto3.client(service, region_name=self.region)


@pytest.fixture
def accounts(monkeypatch):
    """An account with a stack whose bucket has versions and a marker, and a bucket beside it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        made = OneAccount()
        s3 = made.client("s3", ACCOUNT)
        for bucket in (NAME, "beside"):
            s3.create_bucket(Bucket=bucket)
            s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
            for body in (b"1", b"2"):
                s3.put_object(Bucket=bucket, Key="x", Body=body)
            s3.delete_object(Bucket=bucket, Key="x")
        yield made


@pytest.fixture
def removal(accounts, monkeypatch):
    """A removal, but for API Gateway's account, which moto doesn't have."""
    restored = []
    monkeypatch.setattr(Removal, "_restore_logging_role", lambda self, made: restored.append(made.logging_role))
    yield Removal(accounts, lambda _: None)
    assert restored == ["role"]


def made_of(*stacks):
    return Made("us-east-1", ACCOUNT, [(ACCOUNT, name) for name in stacks], [(ACCOUNT, "beside")], "role")


def test_stacks_and_buckets_are_gone_with_all_versions(accounts, removal):
    """A bucket with objects, or with one that came late, stops its stack's removal: the user would go on paying."""
    removal.remove(made_of("Never", "One"))
    assert stack_status(accounts.cloudformation, "One") is None
    assert not any(bucket_exists(accounts.client("s3", ACCOUNT), name) for name in (NAME, "beside"))


def test_what_is_left_is_named_and_the_rest_removed(accounts, removal, monkeypatch):
    """One stack that can't be deleted would hide the others, or be taken for removed."""
    monkeypatch.setattr(Removal, "_remove_stack", lambda self, account, name: None)
    with pytest.raises(LeftOverError, match=f"{ACCOUNT}: stack One. Try"):
        removal.remove(made_of("One"))
    assert not bucket_exists(accounts.client("s3", ACCOUNT), "beside")
