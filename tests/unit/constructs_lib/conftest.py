"""A stack to put one construct in, under the project's feature flags, and the constructs that others need."""

import json
from pathlib import Path

import pytest
from aws_cdk import App, Duration, Environment, RemovalPolicy, Stack
from aws_cdk import aws_kms as kms

from constructs_lib.central_log_bucket import CentralLogBucket
from constructs_lib.notification_topic import NotificationTopic
from constructs_lib.processor_execution_role import OutsideLink, ProcessorResources
from constructs_lib.queues import DeliveryQueue, ObjectQueue
from constructs_lib.tables import DeliveryConfigTable, ParkedDeliveriesTable, TenantTable
from constructs_lib.web_identity import WebIdentity

ROOT = Path(__file__).parents[3]


@pytest.fixture
def stack():
    app = App(context=json.loads((ROOT / "cdk.json").read_text())["context"], analytics_reporting=False)
    return Stack(app, "UnitUnderTest", env=Environment(account="111111111111", region="us-east-1"))


@pytest.fixture
def topic(stack):
    return NotificationTopic(stack, "Notifications")


def central_bucket(stack, topic, name, **properties):
    return CentralLogBucket(
        stack,
        name,
        notifications=topic,
        expire_after=Duration.days(30),
        longest_retry=Duration.days(14),
        removal_policy=RemovalPolicy.DESTROY,
        **properties,
    )


@pytest.fixture
def bucket(stack, topic):
    return central_bucket(stack, topic, "Bucket")


@pytest.fixture
def encrypted_bucket(stack, topic):
    return central_bucket(stack, topic, "Encrypted", encryption_key=kms.Key(stack, "Key"))


@pytest.fixture
def identity():
    return WebIdentity(
        provider_arn="arn:aws:iam::111111111111:oidc-provider/oidc.example.com/id/ABC",
        namespace="logging",
        service_account="agent",
    )


@pytest.fixture
def resources(stack, bucket, topic):
    quick = {"visibility_timeout": Duration.minutes(12), "removal_policy": RemovalPolicy.DESTROY}
    table = {"removal_policy": RemovalPolicy.DESTROY, "deletion_protection": False}
    return ProcessorResources(
        bucket=bucket,
        object_queue=ObjectQueue(stack, "ObjectQueue", topic=topic.topic, **quick),
        delivery_queue=DeliveryQueue(stack, "DeliveryQueue", delivery_schedule=Duration.days(1), **quick),
        tenants=TenantTable(stack, "Tenants", **table).table,
        delivery_configs=DeliveryConfigTable(stack, "Configs", **table).table,
        parked_deliveries=ParkedDeliveriesTable(stack, "Parked", **table).table,
        outside=OutsideLink(
            queue=DeliveryQueue(stack, "OutsideQueue", delivery_schedule=Duration.days(1), **quick),
            pass_key=kms.Key(
                stack, "PassKey", key_spec=kms.KeySpec.HMAC_256, key_usage=kms.KeyUsage.GENERATE_VERIFY_MAC
            ),
        ),
    )
