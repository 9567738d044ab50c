"""The stacks' outputs: the outside's are read where there are any."""

from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from cli.installation import Installation


class CloudFormation:
    """Knows these stacks; any other it refuses as CloudFormation does."""

    def __init__(self, code="ValidationError", **outputs):
        self.code, self.outputs = code, outputs

    def describe_stacks(self, StackName):  # noqa: N803 - the service's own
        if StackName not in self.outputs:
            raise ClientError({"Error": {"Code": self.code, "Message": "does not exist"}}, "DescribeStacks")
        named = self.outputs[StackName].items()
        return {"Stacks": [{"Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in named]}]}


def installation(cloudformation):
    return Installation(SimpleNamespace(region="us-east-1", client=lambda _: cloudformation))


def test_a_stage_without_an_outside_has_no_outputs_of_one():
    """Every other command would fail where there is no such stack."""
    assert installation(CloudFormation()).outside == {}
    there = CloudFormation(**{"LogRouterOutside-us-east-1": {"PassKeyArn": "arn"}})
    assert installation(there).outside == {"PassKeyArn": "arn"}


def test_a_stack_that_cannot_be_read_is_not_missing():
    """An operator without the right would be told to deploy what is there."""
    with pytest.raises(ClientError):
        _ = installation(CloudFormation("AccessDenied")).outside
