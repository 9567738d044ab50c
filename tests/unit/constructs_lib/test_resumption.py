import json
from dataclasses import replace

import pytest
from aws_cdk import App, Duration, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Match, Template

from constructs_lib.limits import PropertyError
from constructs_lib.pipeline_function import FunctionSettings
from constructs_lib.resumption import Resumption, ResumptionRate
from constructs_lib.tables import INDEXES
from runtime.delivery_state import parked_deliveries, table
from runtime.resumption.lambda_handler import REDRIVE
from runtime.resumption.settings import ResumptionSettings
from tests.unit.runtime.processor.world import PARKED_INDEXES

MAY = {
    "dynamodb:Query",
    "dynamodb:GetItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
    "sqs:SendMessage",
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibility",
    "s3:ListBucket",
    "s3:ListBucketVersions",
    "kms:GenerateMac",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
}


@pytest.fixture
def resumption(stack, resources, tmp_path):
    (tmp_path / "handler.py").write_text("")
    return Resumption(
        stack,
        "Resumption",
        settings=FunctionSettings(code=lambda_.Code.from_asset(str(tmp_path))),
        resources=resources,
        delivery_schedule=Duration.hours(6),
    )


@pytest.fixture
def template(stack, resumption):
    return Template.from_stack(stack)


def test_a_changed_config_and_a_schedule_start_it(template):
    """Parked deliveries would wait for someone to notice that their destination works again."""
    template.has_resource_properties(
        "AWS::Lambda::EventSourceMapping",
        {"EventSourceArn": {"Fn::GetAtt": [Match.any_value(), "StreamArn"]}, "StartingPosition": "LATEST"},
    )
    template.has_resource_properties("AWS::Events::Rule", {"ScheduleExpression": "rate(1 minute)", "State": "ENABLED"})


def test_dead_letters_have_a_schedule_of_their_own(template):
    """What an outage led into a dead-letter queue would wait for a person."""
    event = json.dumps(REDRIVE, separators=(",", ":"))
    rule = {"ScheduleExpression": "rate(10 minutes)", "Targets": [Match.object_like({"Input": event})]}
    template.has_resource_properties("AWS::Events::Rule", Match.object_like(rule))


def test_it_may_hand_over_and_nothing_else(template):
    """A function that only sends messages again could read tenants' logs, or take on their roles."""
    policies = template.find_resources("AWS::IAM::Policy")
    (policy,) = [policy for name, policy in policies.items() if name.startswith("ResumptionPolicy")]
    statements = policy["Properties"]["PolicyDocument"]["Statement"]
    actions = [statement["Action"] for statement in statements]
    assert {action for each in actions for action in ([each] if isinstance(each, str) else each)} == MAY
    assert [s["Action"] for s in statements if s["Resource"] == "*"] == ["dynamodb:ListStreams"]
    (listing,) = [s for s in statements if s["Sid"] == "ListObjects"]
    assert listing["Condition"] == {"StringLike": {"s3:prefix": "tenant_id=*"}}
    (taken,) = [s for s in statements if "sqs:ReceiveMessage" in s["Action"]]
    assert all("DeadLetterQueue" in str(queue) for queue in taken["Resource"])  # nothing of what waits to be delivered


def test_it_is_given_every_field_of_its_settings(template):
    """A setting would silently keep its default, or a variable would be set that nobody reads."""
    (function,) = template.find_resources("AWS::Lambda::Function").values()
    variables = function["Properties"]["Environment"]["Variables"]
    assert set(variables) == {name.upper() for name in ResumptionSettings.model_fields} - {"AWS_REGION"}
    assert variables["DELIVERY_SCHEDULE_SECONDS"] == "21600"


def test_the_tables_indexes_are_those_that_are_asked():
    """A listing would fail, or the tests would ask another table than the deployed one."""
    assert set(INDEXES) == {parked_deliveries.BY_REASON, parked_deliveries.BY_DESTINATION, table.BY_WORK}
    assert {name: tuple(key for key, _ in keys) for name, keys in INDEXES.items()} == PARKED_INDEXES


@pytest.mark.parametrize(
    ("properties", "named"),
    [
        ({"per_second": 0}, "per_second"),
        ({"every": Duration.seconds(30)}, "every"),
        ({"every": Duration.hours(1)}, "every"),
    ],
)
def test_an_impossible_pace_is_refused(properties, named):
    """CloudFormation would refuse the rule, or Lambda the timeout, minutes later."""
    with pytest.raises(PropertyError, match=named):
        ResumptionRate(**properties)


def test_a_config_table_without_a_stream_is_refused(tmp_path, resources):
    """A changed config would resume nothing, and nobody would know."""
    stack = Stack(App(), "Other")
    plain = dynamodb.Table(
        stack,
        "Table",
        partition_key=dynamodb.Attribute(name="tenant_id", type=dynamodb.AttributeType.STRING),
        removal_policy=RemovalPolicy.DESTROY,
    )
    (tmp_path / "handler.py").write_text("")
    with pytest.raises(PropertyError, match="stream"):
        Resumption(
            stack,
            "Resumption",
            settings=FunctionSettings(code=lambda_.Code.from_asset(str(tmp_path))),
            resources=replace(resources, delivery_configs=plain),
            delivery_schedule=Duration.days(1),
        )
