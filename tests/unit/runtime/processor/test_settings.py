"""The environment as a model."""

import pytest
from pydantic import ValidationError

from runtime.processor.settings import ProcessorSettings

NEEDED = {
    "TENANT_CONFIG_TABLE": "configs",
    "CENTRAL_LOG_DISTRIBUTION_ROLE_ARN": "arn:aws-us-gov:iam::111111111111:role/logrouter/Central",
    "CENTRAL_BUCKET": "central",
    "AWS_REGION": "us-gov-west-1",
}


@pytest.fixture
def environment(monkeypatch):
    for field in ProcessorSettings.model_fields:
        monkeypatch.delenv(field.upper(), raising=False)
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_the_least_environment_is_enough(environment):
    """By hand, without queues, the processor would not start."""
    settings = ProcessorSettings.read()
    assert (settings.delivery_queue_url, settings.cloudwatch_engine, settings.config_cache_seconds) == (
        None,
        "native",
        300,
    )
    assert settings.copy_threshold_bytes == 5 * 1024**3
    assert (settings.partition, settings.central_account_id) == ("aws-us-gov", "111111111111")


@pytest.mark.parametrize("missing", NEEDED)
def test_what_is_missing_is_named(environment, missing):
    """The operator would see a failure at the first message instead of at the start."""
    environment.delenv(missing)
    with pytest.raises(ValidationError) as refused:
        ProcessorSettings.read()
    assert [error["loc"] for error in refused.value.errors()] == [(missing.lower(),)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CENTRAL_LOG_DISTRIBUTION_ROLE_ARN", "arn:aws:iam::1:role/x"),
        ("CENTRAL_LOG_DISTRIBUTION_ROLE_ARN", "CentralRole"),
        ("CLOUDWATCH_ENGINE", "turbo"),
        ("COPY_THRESHOLD_BYTES", "0"),
        ("COPY_THRESHOLD_BYTES", str(5 * 1024**3 + 1)),
        ("LOG_LEVEL", "LOUD"),
        ("DELIVERY_SCHEDULE_SECONDS", "0"),
    ],
)
def test_a_wrong_value_stops_the_start(environment, name, value):
    """A typing error in a manifest would be found by a tenant."""
    environment.setenv(name, value)
    with pytest.raises(ValidationError):
        ProcessorSettings.read()


def test_an_empty_variable_is_none(environment):
    """A manifest that leaves a queue empty would send to the queue named ''."""
    environment.setenv("DELIVERY_QUEUE_URL", "")
    environment.setenv("LOG_LEVEL", "debug")
    settings = ProcessorSettings.read()
    assert (settings.delivery_queue_url, settings.log_level) == (None, "DEBUG")
