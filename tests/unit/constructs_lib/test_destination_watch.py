import pytest
from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Match, Template

from constructs_lib.destination_watch import HANDLER, DestinationLimits, DestinationWatch
from constructs_lib.limits import PropertyError
from constructs_lib.pipeline_function import FunctionSettings
from runtime.destination_watch.lambda_handler import DestinationWatchSettings


@pytest.fixture
def template(stack, resources, tmp_path):
    (tmp_path / "handler.py").write_text("")
    DestinationWatch(
        stack,
        "Watch",
        settings=FunctionSettings(code=lambda_.Code.from_asset(str(tmp_path))),
        delivery_configs=resources.delivery_configs,
        parked_deliveries=resources.parked_deliveries,
        limits=DestinationLimits(silent=Duration.hours(2)),
    )
    return Template.from_stack(stack)


def test_it_may_read_what_it_compares_and_nothing_else(template):
    """A function that only looks could change or read what is a tenant's."""
    policies = template.find_resources("AWS::IAM::Policy")
    statements = [each for policy in policies.values() for each in policy["Properties"]["PolicyDocument"]["Statement"]]
    actions = {
        a for each in statements for a in ([each["Action"]] if isinstance(each["Action"], str) else each["Action"])
    }
    assert actions == {"dynamodb:Scan", "dynamodb:BatchGetItem", "logs:CreateLogStream", "logs:PutLogEvents"}


def test_it_is_told_what_its_settings_ask_for(template):
    """It would not start."""
    ((_, function),) = template.find_resources("AWS::Lambda::Function", {"Properties": {"Handler": HANDLER}}).items()
    given = function["Properties"]["Environment"]["Variables"]
    fields = {name.upper() for name in DestinationWatchSettings.model_fields} - {"AWS_REGION"}
    assert set(given) == fields
    assert (given["LATE_SECONDS"], given["SILENT_SECONDS"]) == ("900", "7200")


def test_it_looks_every_five_minutes(template):
    """The alarms of freshness and silence would have gaps."""
    template.has_resource_properties(
        "AWS::Events::Rule", {"ScheduleExpression": "rate(5 minutes)", "Targets": Match.any_value()}
    )


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"late": Duration.minutes(3)}, "late"),
        ({"late": Duration.hours(2), "silent": Duration.hours(1)}, "silent"),
    ],
)
def test_limits_that_could_not_be_told_apart_are_refused(limits, message):
    """Everything would be late, or a late tenant silent."""
    with pytest.raises(PropertyError, match=message):
        DestinationLimits(**limits)
