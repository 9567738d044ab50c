"""A client's type knows its calls: `make lint` finds a misspelt parameter."""

import re
import subprocess
import sys
from typing import get_args

import pytest

from runtime.aws.clients import Service
from tests.unit.test_project import ROOT

CALLS = {
    "cloudformation": ("describe_stacks", "StackNam='x'"),
    "dynamodb": ("get_item", "TableName='x', Keys={}"),
    "lambda": ("invoke", "FunctionNam='x'"),
    "logs": ("put_log_events", "logGroupName='x', logStreamName='x', logEvent=[]"),
    "s3": ("get_object", "Bucket='x', Key='x', Version='x'"),
    "sns": ("get_topic_attributes", "TopicARN='x'"),
    "sqs": ("send_message", "QueueUrl='x', Message='x'"),
    "sts": ("assume_role", "RoleArn='x', SessionName='x'"),
}

pytestmark = pytest.mark.xdist_group("types-of-calls")  # mypy runs once


@pytest.fixture(scope="module")
def errors(tmp_path_factory):
    """Return what mypy, as `make lint` runs it, says of each call, by its line."""
    file = tmp_path_factory.mktemp("calls") / "calls.py"
    lines = ["from runtime.aws.clients import AwsClients", "clients = AwsClients('eu-west-1')"]
    lines += [f"clients.client('{name}').{call}({words})" for name, (call, words) in CALLS.items()]
    file.write_text("\n".join([*lines, "clients.client('sqss')"]) + "\n")
    command = [sys.executable, "-m", "mypy", "--config-file", ROOT / "pyproject.toml", file]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    found = re.findall(r"calls\.py:(\d+): error: (.*)", done.stdout)
    assert found, done.stdout + done.stderr
    return {int(number): text for number, text in found}


def test_each_service_has_a_call_here():
    """A service's client would be without a type, and nothing would show it."""
    assert CALLS.keys() == {*get_args(Service.__value__)}


@pytest.mark.parametrize(("line", "service"), [*enumerate(CALLS, start=3)])
def test_a_misspelt_parameter_is_an_error(errors, line, service):
    """A misspelt parameter would be found by whichever customer's delivery needs it first."""
    assert "Unexpected keyword argument" in errors[line], service


def test_an_unknown_service_is_an_error(errors):
    """A service without types would be used unseen."""
    assert "No overload" in errors[len(CALLS) + 3]
