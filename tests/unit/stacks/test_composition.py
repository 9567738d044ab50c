"""A second, small app that composes the constructs by import alone: no stage, no stack of ours, no environment."""

import pytest
from aws_cdk import App, Duration, Environment, RemovalPolicy, Stack
from aws_cdk.assertions import Template

from constructs_lib.central_log_bucket import CentralLogBucket
from constructs_lib.central_role import CentralRoleRegionPolicy
from constructs_lib.customer_destinations import CustomerLogBucket, CustomerLogGroup
from constructs_lib.customer_log_distribution_role import CustomerLogDistributionRole
from constructs_lib.names import central_role_arn
from constructs_lib.notification_topic import NotificationTopic
from constructs_lib.pipeline_function import FunctionSettings
from constructs_lib.processor import Processor, ProcessorSize
from constructs_lib.processor_environment import ProcessorTuning, processor_environment
from constructs_lib.processor_execution_role import ProcessorExecutionRole, ProcessorResources
from constructs_lib.queues import DeliveryQueue, ObjectQueue
from constructs_lib.tables import DeliveryConfigTable, ParkedDeliveriesTable, TenantTable

CENTRAL, CUSTOMER = "111111111111", "222222222222"


class WholePipeline(Stack):
    """Everything of one Region in a single stack, as another team might lay it out."""

    def __init__(self, scope, construct_id, *, code, **kwargs):
        super().__init__(scope, construct_id, **kwargs)
        gone = RemovalPolicy.DESTROY
        hidden = Duration.minutes(3)
        topic = NotificationTopic(self, "Notifications")
        bucket = CentralLogBucket(
            self,
            "Logs",
            notifications=topic,
            expire_after=Duration.days(21),
            longest_retry=Duration.days(14),
            removal_policy=gone,
        )
        resources = ProcessorResources(
            bucket=bucket,
            object_queue=ObjectQueue(
                self, "Objects", topic=topic.topic, visibility_timeout=hidden, removal_policy=gone
            ),
            delivery_queue=DeliveryQueue(
                self,
                "Deliveries",
                visibility_timeout=hidden,
                delivery_schedule=Duration.hours(6),
                removal_policy=gone,
            ),
            tenants=TenantTable(self, "Tenants", removal_policy=gone, deletion_protection=False).table,
            delivery_configs=DeliveryConfigTable(self, "Configs", removal_policy=gone, deletion_protection=False).table,
            parked_deliveries=ParkedDeliveriesTable(
                self, "Parked", removal_policy=gone, deletion_protection=False
            ).table,
        )
        CentralRoleRegionPolicy(self, "CentralPolicy", bucket=bucket, policy_name="another-team")
        Processor(
            self,
            "Processor",
            role=ProcessorExecutionRole(self, "Role", stage="theirs", resources=resources).role,
            settings=FunctionSettings(code=code),
            object_queue=resources.object_queue,
            delivery_queue=resources.delivery_queue,
            environment=processor_environment(
                resources=resources, tuning=ProcessorTuning(delivery_schedule=Duration.hours(6)), account=CENTRAL
            ),
            size=ProcessorSize(timeout=Duration.seconds(30)),
        )


class OneCustomer(Stack):
    """A customer who writes their own stack, with values instead of parameters."""

    def __init__(self, scope, construct_id, **kwargs):
        super().__init__(scope, construct_id, **kwargs)
        whose = {"tenant_id": "acme-corp", "central_role_arn": central_role_arn(CENTRAL)}
        CustomerLogGroup(self, "Group", log_group_name="/acme", retention_days=30)
        CustomerLogDistributionRole(self, "Role", log_group_name="/acme", external_id=CENTRAL, **whose)
        CustomerLogBucket(self, "Bucket", bucket_prefix="", bucket_name="acme-corp-logs", **whose)


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    return App(outdir=str(tmp_path_factory.mktemp("assembly")))


def test_another_team_composes_the_pipeline(app, code):
    """The constructs would work in our own stacks alone."""
    stack = WholePipeline(app, "Theirs", code=code(), env=Environment(account=CENTRAL, region="eu-central-1"))
    template = Template.from_stack(stack)
    template.resource_count_is("AWS::SQS::Queue", 5)
    template.resource_count_is("AWS::Lambda::EventSourceMapping", 2)
    template.has_resource_properties("AWS::IAM::Role", {"RoleName": "LogProcessor-theirs-eu-central-1"})


def test_a_customer_composes_their_side(tmp_path):
    """A customer with a CDK app of their own would have to copy the policies."""
    stack = OneCustomer(App(outdir=str(tmp_path)), "Customer", env=Environment(account=CUSTOMER, region="eu-central-1"))
    template = Template.from_stack(stack)
    template.has_resource_properties("AWS::S3::Bucket", {"BucketName": "acme-corp-logs"})
    template.resource_count_is("AWS::IAM::Role", 1)


def test_the_same_construct_fits_twice_into_a_stack(tmp_path):
    """Two data paths in one Region, or two tenants in one account, would clash."""
    app = App(outdir=str(tmp_path))
    stack = Stack(app, "Twice", env=Environment(account=CENTRAL, region="eu-central-1"))
    for name in ("One", "Another"):
        CustomerLogDistributionRole(
            stack,
            name,
            tenant_id=name.lower(),
            central_role_arn=central_role_arn(CENTRAL),
            external_id=CENTRAL,
            log_group_name=f"/{name}",
        )
    Template.from_stack(stack).resource_count_is("AWS::IAM::Role", 2)


def test_every_output_says_what_it_is(production):
    """An operator would guess which of thirty names to copy."""
    undescribed = [
        f"{stack.stack_name}.{name}"
        for stack in production.stacks
        for name, output in stack.template.get("Outputs", {}).items()
        if "Description" not in output and "Export" not in output and not name.startswith("ApiRestApiEndpoint")  # CDK's
    ]
    assert undescribed == []
