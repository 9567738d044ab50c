import pytest
from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Template

from constructs_lib.limits import PropertyError
from constructs_lib.pipeline_function import FunctionSettings
from constructs_lib.reconciliation import PARTITION, Reconciliation, ReconciliationSchedule
from runtime.delivery_state import reconciliation_progress
from runtime.reconciliation.lambda_handler import ReconciliationSettings

MAY = {
    "s3:ListBucket",
    "s3:ListBucketVersions",
    "logs:FilterLogEvents",
    "sqs:SendMessage",
    "sqs:GetQueueAttributes",
    "dynamodb:GetItem",
    "dynamodb:UpdateItem",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
}


@pytest.fixture
def make(stack, resources, tmp_path):
    (tmp_path / "handler.py").write_text("")

    def made(**more):
        given = {"record_log_groups": ("/one", "/two"), **more}
        settings = FunctionSettings(code=lambda_.Code.from_asset(str(tmp_path)))
        return Reconciliation(stack, "Reconciliation", settings=settings, resources=resources, **given)

    return made


@pytest.fixture
def template(stack, make):
    make()
    return Template.from_stack(stack)


def statements(template):
    policies = template.find_resources("AWS::IAM::Policy")
    (policy,) = [policy for name, policy in policies.items() if name.startswith("ReconciliationPolicy")]
    return policy["Properties"]["PolicyDocument"]["Statement"]


def test_a_schedule_starts_it(template):
    """Objects that nothing told of would never be found."""
    template.has_resource_properties("AWS::Events::Rule", {"ScheduleExpression": "rate(6 hours)", "State": "ENABLED"})


def test_it_may_compare_and_hand_over_and_nothing_else(template):
    """A function that only compares could read tenants' logs, or other items of the table."""
    actions = [each["Action"] for each in statements(template)]
    assert {action for each in actions for action in ([each] if isinstance(each, str) else each)} == MAY
    assert not [each for each in statements(template) if each["Resource"] == "*"]
    (listing,) = [each for each in statements(template) if each["Sid"] == "ListObjects"]
    assert listing["Condition"] == {"StringLike": {"s3:prefix": "tenant_id=*"}}
    (table,) = [each for each in statements(template) if "dynamodb:GetItem" in each["Action"]]
    assert table["Condition"] == {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [PARTITION]}}
    assert reconciliation_progress.PARTITION == PARTITION


def test_it_is_given_every_field_of_its_settings(template, resources):
    """A setting would silently keep its default, or a variable would be set that nobody reads."""
    (function,) = template.find_resources("AWS::Lambda::Function").values()
    variables = function["Properties"]["Environment"]["Variables"]
    assert set(variables) == {name.upper() for name in ReconciliationSettings.model_fields} - {"AWS_REGION"}
    assert variables["RECORD_LOG_GROUPS"] == "/one,/two"
    longest = resources.object_queue.visibility_timeout.to_seconds() * resources.object_queue.max_receive_count
    assert int(variables["OLDER_THAN_SECONDS"]) > longest


@pytest.mark.parametrize("more", [{"record_log_groups": ()}])
def test_without_records_there_is_nothing_to_compare_with(make, more):
    """Everything would look as if nothing had told of it."""
    with pytest.raises(PropertyError, match="record_log_groups"):
        make(**more)


@pytest.mark.parametrize(
    ("more", "named"),
    [({"every": Duration.minutes(1)}, "every"), ({"look_back": Duration.hours(6)}, "look_back")],
)
def test_a_pace_that_makes_no_sense_is_refused(more, named):
    """Runs would overlap, or leave hours out."""
    with pytest.raises(PropertyError, match=named):
        ReconciliationSchedule(**more)
