"""Cross-account buckets behave as in AWS: policies, owners, copies, multipart uploads."""

import json

import pytest
from botocore.exceptions import ClientError

from ministack_fidelity.accounts import Accounts
from ministack_fidelity.identities import assume, make_role, statement, tenant

pytestmark = pytest.mark.embedded

CENTRAL, CUSTOMER = "111111111111", "222222222222"

EVERYTHING = statement("s3:*")
ACL = "bucket-owner-full-control"


def set_policy(accounts: Accounts, bucket: str, *statements: dict) -> None:
    """Put a bucket policy as the bucket's owner."""
    policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    accounts.client("s3", CUSTOMER).put_bucket_policy(Bucket=bucket, Policy=policy)


def allow(bucket: str, principal: str, action: str = "s3:PutObject", **condition: dict) -> dict:
    """Return a statement that lets a principal do something with the bucket's objects, under a condition."""
    found = {
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": action,
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    return {**found, "Condition": condition} if condition else found


def test_a_deny_without_tls_does_not_block_loopback(accounts, customer_bucket):
    """The bootstrap bucket and every bucket with enforce_ssl would refuse all requests."""
    arn = f"arn:aws:s3:::{customer_bucket}"
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [arn, f"{arn}/*"]}
    set_policy(accounts, customer_bucket, {**deny, "Condition": {"Bool": {"aws:SecureTransport": "false"}}})
    session = assume(accounts, CUSTOMER, make_role(accounts, CUSTOMER, EVERYTHING))
    assert accounts.client("s3", session).put_object(Bucket=customer_bucket, Key="key", Body=b"")


def test_a_bucket_policy_may_name_a_role_of_another_account(accounts, customer_bucket):
    """No S3 delivery could work: the emulator alone evaluates the caller as its account's root."""
    role = make_role(accounts, CENTRAL, EVERYTHING)
    s3 = accounts.client("s3", assume(accounts, CENTRAL, role))
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(Bucket=customer_bucket, Key="key", Body=b"")
    set_policy(accounts, customer_bucket, allow(customer_bucket, role))
    assert s3.put_object(Bucket=customer_bucket, Key="key", Body=b"")


def test_a_bucket_policy_sees_the_session_tag(accounts, customer_bucket):
    """Another tenant's config that names this bucket would not be seen to be refused by the customer."""
    role = make_role(accounts, CENTRAL, EVERYTHING)
    condition = {"StringEquals": {"aws:PrincipalTag/tenant_id": "acme"}}
    set_policy(accounts, customer_bucket, allow(customer_bucket, role, **condition))
    other = accounts.client("s3", assume(accounts, CENTRAL, role, Tags=tenant("globex")))
    with pytest.raises(ClientError, match="AccessDenied"):
        other.put_object(Bucket=customer_bucket, Key="key", Body=b"")
    own = accounts.client("s3", assume(accounts, CENTRAL, role, Tags=tenant("acme")))
    assert own.put_object(Bucket=customer_bucket, Key="key", Body=b"")


def test_a_deny_of_the_other_account_wins(accounts, customer_bucket):
    """A customer's deny would not be honoured where another statement allows its whole partner account."""
    role = make_role(accounts, CENTRAL, EVERYTHING)
    deny = {**allow(customer_bucket, role), "Effect": "Deny"}
    set_policy(accounts, customer_bucket, allow(customer_bucket, f"arn:aws:iam::{CENTRAL}:root"), deny)
    with pytest.raises(ClientError, match="AccessDenied"):
        accounts.client("s3", assume(accounts, CENTRAL, role)).put_object(Bucket=customer_bucket, Key="key", Body=b"")


def test_a_copy_crosses_accounts(accounts, central_bucket, customer_bucket):
    """A server-side copy would find no source: it lives in another account than the destination."""
    role = make_role(accounts, CENTRAL, EVERYTHING)
    set_policy(accounts, customer_bucket, allow(customer_bucket, role))
    source = {"Bucket": central_bucket, "Key": "object"}
    accounts.client("s3", assume(accounts, CENTRAL, role)).copy_object(
        Bucket=customer_bucket, Key="copy", CopySource=source, ACL=ACL
    )
    found = accounts.client("s3", CUSTOMER).get_object(Bucket=customer_bucket, Key="copy")
    assert found["Body"].read() == b"logs\n\n"


def test_a_replacing_copy_keeps_nothing_of_the_source(accounts, central_bucket):
    """A copy that forgets its Content-Encoding would look right here, and be unreadable in AWS."""
    s3 = accounts.client("s3", CENTRAL)
    source = {"Bucket": central_bucket, "Key": "object"}
    s3.copy_object(Bucket=central_bucket, Key="bare", CopySource=source, MetadataDirective="REPLACE")
    bare = s3.head_object(Bucket=central_bucket, Key="bare")
    assert (bare.get("ContentEncoding"), bare["ContentType"]) == (None, "binary/octet-stream")
    s3.copy_object(
        Bucket=central_bucket,
        Key="named",
        CopySource=source,
        MetadataDirective="REPLACE",
        ContentEncoding="gzip",
        ContentType="application/x-ndjson",
    )
    named = s3.head_object(Bucket=central_bucket, Key="named")
    assert (named["ContentEncoding"], named["ContentType"]) == ("gzip", "application/x-ndjson")


def test_parts_stand_under_the_acl_of_their_upload(accounts, central_bucket, customer_bucket):
    """A copy in parts would be refused by the very policy that lets the same copy in one through."""
    role = make_role(accounts, CENTRAL, EVERYTHING)
    demand = {"StringEquals": {"s3:x-amz-acl": ACL}}
    set_policy(accounts, customer_bucket, allow(customer_bucket, role, **demand))
    s3 = accounts.client("s3", assume(accounts, CENTRAL, role))
    target = {"Bucket": customer_bucket, "Key": "copy"}
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.create_multipart_upload(**target)
    upload = {**target, "UploadId": s3.create_multipart_upload(**target, ACL=ACL)["UploadId"]}
    part = s3.upload_part_copy(**upload, PartNumber=1, CopySource={"Bucket": central_bucket, "Key": "object"})
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["CopyPartResult"]["ETag"]}]}
    s3.complete_multipart_upload(**upload, MultipartUpload=parts)
    assert accounts.client("s3", CUSTOMER).get_object(**target)["Body"].read() == b"logs\n\n"


@pytest.mark.parametrize("argument", ["ExpectedBucketOwner", "ExpectedSourceBucketOwner"])
def test_an_unexpected_bucket_owner_is_refused(accounts, central_bucket, argument):
    """A bucket that changed hands would get a tenant's logs although its owner was named."""
    request = {"Bucket": central_bucket, "Key": "copy", "CopySource": {"Bucket": central_bucket, "Key": "object"}}
    s3 = accounts.client("s3", CENTRAL)
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.copy_object(**request, **{argument: CUSTOMER})
    assert s3.copy_object(**request, **{argument: CENTRAL})


def test_the_resource_account_is_the_buckets_owner(accounts, central_bucket, customer_bucket):
    """A role kept out of its own account's buckets would be kept out of all of them."""
    condition = {"StringNotEquals": {"s3:ResourceAccount": CENTRAL}}
    role = make_role(accounts, CENTRAL, statement("s3:PutObject", Condition=condition))
    set_policy(accounts, customer_bucket, allow(customer_bucket, role))
    s3 = accounts.client("s3", assume(accounts, CENTRAL, role))
    assert s3.put_object(Bucket=customer_bucket, Key="key", Body=b"")
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(Bucket=central_bucket, Key="key", Body=b"")
