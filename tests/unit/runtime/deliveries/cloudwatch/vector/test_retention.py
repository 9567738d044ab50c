"""The log group's retention, which Vector doesn't look at."""

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from runtime.aws.clients import AwsClients
from runtime.aws.credentials import Credentials
from runtime.deliveries.cloudwatch.destination import LogDestination
from runtime.deliveries.cloudwatch.vector.engine import VectorEngine
from runtime.deliveries.cloudwatch.vector.limits import retention_ms
from runtime.errors import BlockedByCustomerError, RetryableError

CREDENTIALS = Credentials("AKID", "secret", "token", 0.0)
DESTINATION = LogDestination("eu-west-1", "/acme/logs", "c/a/p", "acme-corp")


class Failing:
    """Clients whose every call raises."""

    def __init__(self, error: Exception):
        self._error = error

    def client(self, service, region):
        return self

    def describe_log_groups(self, **_):
        raise self._error


@pytest.mark.parametrize(("days", "expected"), [(3, 3 * 86_400_000), (None, None)])
def test_the_retention_of_exactly_that_group_in_the_destination_s_region(days, expected):
    """Broken: another group's retention would decide which of this one's events are set aside."""
    with mock_aws():
        logs = boto3.client("logs", "eu-west-1", aws_access_key_id="x", aws_secret_access_key="y")
        for name, retention in (("/acme/logs", days), ("/acme/logs-b", 1), ("/acme", 1)):
            logs.create_log_group(logGroupName=name)
            if retention:
                logs.put_retention_policy(logGroupName=name, retentionInDays=retention)
        assert retention_ms(AwsClients("us-east-1"), DESTINATION, CREDENTIALS) == expected


def test_a_group_that_is_not_there_yet_refuses_nothing():
    """Broken: the first delivery to a new group would fail instead of creating it."""
    with mock_aws():
        assert retention_ms(AwsClients("us-east-1"), DESTINATION, CREDENTIALS) is None


def test_a_refusal_is_the_customer_s_and_names_the_permission():
    """Broken: old events would be handed to Vector unchecked, and could be lost there."""
    denied = ClientError({"Error": {"Code": "AccessDeniedException"}}, "DescribeLogGroups")
    with pytest.raises(BlockedByCustomerError, match="logs:DescribeLogGroups"):
        retention_ms(Failing(denied), DESTINATION, CREDENTIALS)


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "ThrottlingException"}}, "DescribeLogGroups"),
        EndpointConnectionError(endpoint_url="https://logs.example"),
    ],
)
def test_any_other_failure_is_retried(error):
    """Broken: a throttled question would park a customer's logs."""
    with pytest.raises(RetryableError, match="retention-unknown"):
        retention_ms(Failing(error), DESTINATION, CREDENTIALS)


@pytest.mark.parametrize(
    ("variable", "region", "endpoint"),
    [
        (None, "eu-west-1", "https://logs.eu-west-1.amazonaws.com"),
        (None, "cn-north-1", "https://logs.cn-north-1.amazonaws.com.cn"),
        ("AWS_ENDPOINT_URL", "eu-west-1", "http://127.0.0.1:4566"),
        ("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", "eu-west-1", "http://127.0.0.1:4566"),
    ],
)
def test_vector_calls_the_endpoint_the_sdk_would_call(monkeypatch, variable, region, endpoint):
    """Broken: in China, in GovCloud or in the embedded cloud, Vector would call somewhere else than the processor."""
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS"):
        monkeypatch.delenv(name, raising=False)
    if variable:
        monkeypatch.setenv(variable, endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "y")
    engine = VectorEngine.using(AwsClients("us-east-1"), binary="vector", fallback=None)
    assert engine._endpoint_of(region) == endpoint
