import pytest
from aws_cdk.assertions import Template

from constructs_lib.customer_log_group import CustomerLogGroup
from constructs_lib.limits import PropertyError


def test_keeps_its_events_when_the_stack_goes(stack):
    """Deleting a stack would delete the customer's logs."""
    CustomerLogGroup(stack, "Group", log_group_name="/acme/logs", retention_days=30)
    Template.from_stack(stack).has_resource(
        "AWS::Logs::LogGroup",
        {"DeletionPolicy": "Retain", "Properties": {"LogGroupName": "/acme/logs", "RetentionInDays": 30}},
    )


@pytest.mark.parametrize("name", ["", "a b", "a:b", "a*", "x" * 513])
def test_a_name_that_cloudwatch_refuses_is_refused(stack, name):
    """The customer's stack would fail, or the role's resource pattern would be wider than the group."""
    with pytest.raises(PropertyError, match="log_group_name"):
        CustomerLogGroup(stack, "Group", log_group_name=name, retention_days=30)
