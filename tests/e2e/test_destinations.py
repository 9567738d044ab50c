"""Each kind of destination, where it may be, and which objects it gets."""

import gzip
import json
import random
import subprocess
import time
from datetime import timedelta

import pytest

from ministack_fidelity.identities import unique
from tests.destinations.deployed_function import deployed
from tests.e2e.cloud import ACME, CENTRAL, FOURTH, GLOBEX
from tests.e2e.tenants import put_configs
from tests.e2e.traffic import (
    HOST,
    delivered,
    host_environment,
    line,
    messages,
    notification,
    object_of,
    objects,
    outcome,
    receive,
    send,
    settled,
    until,
    without_lambda,
)

ABROAD = "eu-west-1"


def arrived(cloud, tenant, config, count=1):
    """Wait until a bucket has as many objects, and return them."""
    return until(
        lambda: found if len(found := objects(cloud, tenant, config)) >= count else None, f"objects of {config['type']}"
    )


def test_a_copy_keeps_the_bytes_and_says_where_it_comes_from(cloud, new_tenant):
    """A customer would get an object it can't read, doesn't own, or can't trace."""
    tenant = new_tenant()
    sent = send(cloud, object_of(tenant.tenant_id, [line("event")], application="kube-apiserver", pod="pod-1"))
    ((key, body),) = arrived(cloud, tenant, tenant.s3).items()
    name = sent.key.rsplit("/", 1)[-1]
    assert key == f"ROSA/cluster-logs/{tenant.tenant_id}/demo/kube-apiserver/pod-1/{name}"
    assert body == sent.body
    head = cloud.client("s3", tenant.account).head_object(Bucket=tenant.s3["bucket_name"], Key=key)
    assert (head["ContentType"], head["ContentEncoding"]) == ("application/x-ndjson", "gzip")
    assert head["Metadata"]


def test_destinations_in_another_region(cloud, new_tenant):
    """A customer in another Region than the processor would get nothing, or in the wrong Region."""
    tenant = new_tenant(region=ABROAD)
    assert {config["target_region"] for config in tenant.configs.values()} == {ABROAD}
    send(cloud, object_of(tenant.tenant_id, [line("event")]))
    assert delivered(cloud, tenant, ["event"]) == ["event"]
    assert len(arrived(cloud, tenant, tenant.s3)) == 1
    groups = cloud.client("logs", tenant.account).describe_log_groups(
        logGroupNamePrefix=tenant.cloudwatch["log_group_name"]
    )
    assert groups["logGroups"] == []


def test_several_buckets_of_one_tenant(cloud, new_tenant):
    """A tenant with an archive beside its bucket would get only one of them."""
    tenant = new_tenant(BucketPrefix="logs/")
    archive = new_tenant(TenantId=tenant.tenant_id, account=GLOBEX, region=ABROAD, LogGroup="none", configured=False)
    named = {**archive.s3, "type": "s3:archive-eu"}
    put_configs(cloud, named)
    sent = send(cloud, object_of(tenant.tenant_id, [line("event")]))
    assert list(arrived(cloud, tenant, tenant.s3).values()) == [sent.body]
    assert list(arrived(cloud, archive, named).values()) == [sent.body]


def test_one_account_holds_several_tenants_and_regions(cloud, new_tenant):
    """A second onboarding stack in an account would clash with the first."""
    tenants = [new_tenant(account=ACME), new_tenant(account=ACME), new_tenant(account=ACME, region=ABROAD)]
    for tenant in tenants:
        send(cloud, object_of(tenant.tenant_id, [line(tenant.tenant_id)]))
    for tenant in tenants:
        assert delivered(cloud, tenant, ["one"]) == [tenant.tenant_id]


def test_an_account_without_bootstrap_can_be_onboarded(cloud, new_tenant):
    """A customer without CDK could not use the plain template."""
    tenant = new_tenant(account=FOURTH)
    send(cloud, object_of(tenant.tenant_id, [line("event")]))
    assert delivered(cloud, tenant, ["event"]) == ["event"]


def test_an_external_id_of_the_tenants_own(cloud, new_tenant):
    """A provider that issues an ExternalId for each tenant could not deliver."""
    tenant = new_tenant(ExternalId="issued-for-this-tenant")
    assert tenant.cloudwatch["external_id"] == "issued-for-this-tenant"
    send(cloud, object_of(tenant.tenant_id, [line("event")]))
    assert delivered(cloud, tenant, ["event"]) == ["event"]


def test_an_existing_bucket_with_the_printed_statements_merged_into_its_policy(cloud, new_tenant):
    """A customer with a bucket of its own would have to guess what to allow, or lose its own policy."""
    bucket, s3 = unique("existing"), cloud.client("s3", ACME)
    s3.create_bucket(Bucket=bucket)
    tenant = new_tenant(account=ACME, LogGroup="none", Bucket="existing", BucketName=bucket, BucketPrefix="logs/")
    own = {"Sid": "Own", "Effect": "Allow", "Principal": {"AWS": ACME}, "Action": "s3:*"}
    statements = [{**own, "Resource": f"arn:aws:s3:::{bucket}/*"}]
    statements += json.loads(tenant.outputs["BucketPolicyStatements"])
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))
    sent = send(cloud, object_of(tenant.tenant_id, [line("event")]))
    assert list(arrived(cloud, tenant, tenant.s3).values()) == [sent.body]


def test_a_copy_in_parts_passes_the_customers_policy(cloud, new_tenant, tmp_path):
    """An object over the threshold would be refused by the policy that demands the ACL, or arrive in pieces."""
    tenant = new_tenant(LogGroup="none")
    noise = random.Random(1).randbytes(12 * 1024 * 1024).hex().encode()  # twelve MiB even as gzip
    object_ = object_of(tenant.tenant_id, [line("event"), noise])
    with without_lambda(cloud, "object"):
        send(cloud, object_)
        receive(cloud, cloud.environment.object_queue_url, object_.key.rsplit("/", 1)[-1])
        environment = {**host_environment(cloud, tmp_path), "COPY_THRESHOLD_BYTES": str(5 * 1024 * 1024)}
        body = notification(cloud, object_).encode()
        subprocess.run([*HOST, "--mode", "stdin"], input=body, env=environment, cwd=tmp_path, check=True)
    ((key, copy),) = arrived(cloud, tenant, tenant.s3).items()
    assert copy == object_.body
    head = cloud.client("s3", tenant.account).head_object(Bucket=tenant.s3["bucket_name"], Key=key)
    assert (head["ContentEncoding"], "-" in head["ETag"]) == ("gzip", True)


def test_encryption_by_keys_on_both_sides(cloud, new_tenant):
    """A bucket with a key would refuse copies, or take them unencrypted; AWS alone enforces key policies."""
    keys = {account: cloud.client("kms", account).create_key()["KeyMetadata"]["Arn"] for account in (CENTRAL, ACME)}
    tenant = new_tenant(account=ACME, KmsKeyArn=keys[ACME], BucketName=unique("encrypted"))
    s3 = cloud.client("s3", ACME)
    rule = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": keys[ACME]}
    s3.put_bucket_encryption(
        Bucket=tenant.s3["bucket_name"],
        ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": rule}]},
    )
    object_ = object_of(tenant.tenant_id, [line("event")])
    cloud.client("s3").put_object(
        Bucket=cloud.environment.central_bucket, Key=object_.key, Body=object_.body,
        ServerSideEncryption="aws:kms", SSEKMSKeyId=keys[CENTRAL],
    )  # fmt: skip
    ((key, body),) = arrived(cloud, tenant, tenant.s3).items()
    assert body == object_.body
    head = s3.head_object(Bucket=tenant.s3["bucket_name"], Key=key)
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", keys[ACME])
    assert delivered(cloud, tenant, ["event"]) == ["event"]


def test_a_function_of_the_customers_gets_each_event_once(cloud, new_tenant, tmp_path):
    """Custom processing in the customer's account would get nothing, or what it failed for twice."""
    function = deployed(cloud.accounts, ACME, tmp_path)
    function.fails(["raises", "fails for some"])
    tenant = new_tenant(account=ACME, LogGroup="none", FunctionArn=function.arn)
    texts = [f"event {number}" for number in range(5)]
    send(cloud, object_of(tenant.tenant_id, [line(text) for text in texts]))
    outcome(cloud, tenant.tenant_id, "function", "delivered")
    assert sorted(function.arrived()) == texts


class TestFilters:
    """Which objects a config selects."""

    @pytest.mark.parametrize(
        ("fields", "expected"),
        [
            ({}, {"kube-apiserver", "kube-scheduler", "audit-logs", "custom"}),
            ({"desired_logs": ["custom"], "groups": ["API"]}, {"custom", "kube-apiserver"}),
            ({"desired_logs": {"custom"}, "groups": {"scheduler"}}, {"custom", "kube-scheduler"}),
            ({"groups": ["no such group"]}, set()),
            ({"desired_logs": [], "groups": []}, {"kube-apiserver", "kube-scheduler", "audit-logs", "custom"}),
            ({"cluster_ids": ["another"]}, set()),
        ],
        ids=["none", "both", "sets", "unknown-group", "empty", "cluster"],
    )
    def test_only_selected_applications_arrive(self, cloud, new_tenant, fields, expected):
        """A customer would pay for logs it did not want, or miss those it did."""
        tenant = new_tenant(configured=False)
        put_configs(cloud, {**tenant.cloudwatch, **fields}, tenant.s3)
        applications = {"kube-apiserver", "kube-scheduler", "audit-logs", "custom"}
        for application in applications:
            send(cloud, object_of(tenant.tenant_id, [line(application)], application=application))
        arrived(cloud, tenant, tenant.s3, len(applications))
        settled(cloud)
        assert set(messages(cloud, tenant)) == expected

    @pytest.mark.parametrize(
        "fields", [{"enabled": False}, {"ttl": int(time.time()) - 60}], ids=["disabled", "expired"]
    )
    def test_a_config_that_is_off_gets_nothing(self, cloud, new_tenant, fields):
        """A customer that switched a destination off would go on paying for it."""
        tenant = new_tenant(configured=False)
        put_configs(cloud, {**tenant.cloudwatch, **fields}, tenant.s3)
        send(cloud, object_of(tenant.tenant_id, [line("event")]))
        arrived(cloud, tenant, tenant.s3)
        settled(cloud)
        assert messages(cloud, tenant) == []

    def test_a_config_that_does_not_say_is_enabled(self, cloud, new_tenant):
        """A config written by hand, without `enabled`, would deliver nothing."""
        tenant = new_tenant(configured=False)
        put_configs(cloud, {name: value for name, value in tenant.cloudwatch.items() if name != "enabled"})
        send(cloud, object_of(tenant.tenant_id, [line("event")]))
        assert delivered(cloud, tenant, ["event"]) == ["event"]


def test_events_out_of_cloudwatchs_window_are_set_aside(cloud, new_tenant):
    """One event too old would be lost silently, or have its whole object sent again and again.

    A time ahead of the object's own is no time: the event is delivered with the object's.
    """
    tenant = new_tenant()
    lines = [line("old", age=timedelta(days=15)), line("good"), line("ahead", age=timedelta(hours=-3)), line("")]
    send(cloud, object_of(tenant.tenant_id, lines))
    assert delivered(cloud, tenant, ["good", "ahead"]) == ["good", "ahead"]
    outcome(cloud, tenant.tenant_id, "cloudwatch", "delivered")
    bucket, prefix = cloud.environment.central_bucket, f"set-aside/tenant_id={tenant.tenant_id}/"
    listed = cloud.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    kept = b"".join(
        gzip.decompress(cloud.client("s3").get_object(Bucket=bucket, Key=item["Key"])["Body"].read()) for item in listed
    )
    assert kept.count(b"\n") == 1
    assert b'"old"' in kept
    assert sorted(messages(cloud, tenant)) == ["ahead", "good"]
