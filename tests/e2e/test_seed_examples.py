"""The design document's example configs, word for word, with what a customer made by hand: no tag in its policies."""

import json
from contextlib import suppress

import pytest

from ministack_fidelity.identities import document, statement
from tests.e2e.cloud import CENTRAL, Cloud
from tests.e2e.tenants import Tenant, put_configs
from tests.e2e.traffic import delivered, line, messages, object_of, objects, send, until

ACCOUNT = "123456789012"
ROLE = "LogDistributionRole"

CLOUDWATCH = {
    "tenant_id": "acme-corp",
    "type": "cloudwatch",
    "enabled": True,
    "desired_logs": ["payment-service", "user-service"],
    "groups": ["API", "Scheduler"],
    "target_region": "us-east-1",
    "log_distribution_role_arn": "arn:aws:iam::123456789012:role/LogDistributionRole",
    "log_group_name": "/aws/logs/acme-corp",
}
GROUPS = {**CLOUDWATCH, "desired_logs": ["custom-app-1", "custom-app-2"], "groups": ["API", "Authentication"]}
S3 = {
    "tenant_id": "acme-corp",
    "type": "s3",
    "enabled": True,
    "desired_logs": [],
    "groups": ["Controller Manager"],
    "target_region": "us-east-1",
    "bucket_name": "acme-corp-logs",
    "bucket_prefix": "ROSA/cluster-logs/",
}
MULTIPLE = (
    {
        "tenant_id": "acme-corp",
        "type": "cloudwatch",
        "enabled": True,
        "desired_logs": ["critical-service"],
        "log_distribution_role_arn": "arn:aws:iam::123456789012:role/LogDistributionRole",
        "log_group_name": "/aws/logs/critical",
    },
    {
        "tenant_id": "acme-corp",
        "type": "s3",
        "enabled": True,
        "desired_logs": [],
        "bucket_name": "acme-corp-archive",
        "bucket_prefix": "logs/archive/",
    },
)


@pytest.fixture(scope="module")
def customer(cloud: Cloud) -> Tenant:
    """The customer's account, set up by hand as the document says: ExternalId, ACL and prefix, no tenant's tag."""
    central = cloud.environment.central_log_distribution_role_arn
    trust = {"Effect": "Allow", "Principal": {"AWS": central}, "Action": "sts:AssumeRole"}
    external_id = {"StringEquals": {"sts:ExternalId": CENTRAL}}
    iam = cloud.client("iam", ACCOUNT)
    with suppress(iam.exceptions.EntityAlreadyExistsException):  # a cloud that was left running
        iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=document({**trust, "Condition": external_id}))
    logs = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLog*"]
    iam.put_role_policy(RoleName=ROLE, PolicyName="logs", PolicyDocument=document(statement(logs)))
    for bucket, prefix in (("acme-corp-logs", "ROSA/cluster-logs/"), ("acme-corp-archive", "logs/archive/")):
        s3 = cloud.client("s3", ACCOUNT)
        s3.create_bucket(Bucket=bucket)
        allowed = {
            "Sid": "AllowWriteToClusterLogs",
            "Effect": "Allow",
            "Principal": {"AWS": central},
            "Action": ["s3:PutObject"],
            "Resource": f"arn:aws:s3:::{bucket}/{prefix}*",
            "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}},
        }
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}))
    return Tenant("acme-corp", ACCOUNT, cloud.environment.region)


@pytest.fixture(autouse=True)
def demo_configs_restored(cloud: Cloud):
    """The document's tenant is the demo's too: put the demo's configs back for the tests that come after."""
    dynamodb, table = cloud.client("dynamodb"), cloud.environment.tenant_config_table
    keys = [{"tenant_id": {"S": "acme-corp"}, "type": {"S": name}} for name in ("cloudwatch", "s3")]
    items = [dynamodb.get_item(TableName=table, Key=key)["Item"] for key in keys]
    yield
    for item in items:
        dynamodb.put_item(TableName=table, Item=item)


def send_each(cloud, *applications):
    """Send an object of each application; its one message is the application's name."""
    for application in applications:
        send(cloud, object_of("acme-corp", [line(application)], application=application, pod=f"{application}-0"))


@pytest.mark.parametrize(
    ("config", "wanted"),
    [
        (CLOUDWATCH, {"payment-service", "user-service", "kube-apiserver", "openshift-apiserver", "kube-scheduler"}),
        (GROUPS, {"custom-app-1", "custom-app-2", "kube-apiserver", "openshift-apiserver", "oauth-server"}),
    ],
    ids=["services", "groups"],
)
def test_the_cloudwatch_examples(cloud, customer, config, wanted):
    """The document's first examples would not work: the group is created, what isn't asked for stays away."""
    logs = cloud.client("logs", ACCOUNT)
    for group in logs.describe_log_groups()["logGroups"]:
        logs.delete_log_group(logGroupName=group["logGroupName"])
    put_configs(cloud, config, S3)
    send_each(cloud, *sorted(wanted), "etcd", "Custom-App-1")

    def all_there():
        if not logs.describe_log_groups()["logGroups"]:
            return None
        found = messages(cloud, customer, config)
        return found if len(found) >= len(wanted) else None

    assert sorted(until(all_there, "the events")) == sorted(wanted)


def test_the_s3_example(cloud, customer):
    """The document's bucket policy and config would not work together."""
    put_configs(cloud, S3, CLOUDWATCH)
    before = set(objects(cloud, customer, S3))
    applications = ["kube-controller-manager", "openshift-controller-manager", "openshift-route-controller-manager"]
    send_each(cloud, *applications, "kube-apiserver", "etcd")
    found = until(
        lambda: new if len(new := set(objects(cloud, customer, S3)) - before) >= len(applications) else None, "copies"
    )
    assert {key.split("/")[4] for key in found} == set(applications)
    assert all(key.startswith("ROSA/cluster-logs/acme-corp/demo/") for key in found)


def test_the_example_of_several_destinations(cloud, customer):
    """The document's tenant with a log group and an archive would get one of them, or the wrong logs."""
    put_configs(cloud, *MULTIPLE)
    send_each(cloud, "critical-service", "etcd")
    to_cloudwatch, to_s3 = MULTIPLE
    tenant = Tenant("acme-corp", ACCOUNT, cloud.environment.region, {"cloudwatch": to_cloudwatch, "s3": to_s3})
    found = until(lambda: new if len(new := objects(cloud, tenant)) >= 2 else None, "both copies")
    assert {key.removeprefix("logs/archive/acme-corp/demo/").split("/")[0] for key in found} == {
        "critical-service",
        "etcd",
    }
    until(
        lambda: cloud.client("logs", ACCOUNT).describe_log_groups(logGroupNamePrefix="/aws/logs/critical")["logGroups"],
        "group",
    )
    assert delivered(cloud, tenant, ["one"]) == ["critical-service"]
