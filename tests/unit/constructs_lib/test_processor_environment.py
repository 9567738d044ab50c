from dataclasses import replace

import pytest
from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_

from constructs_lib.limits import PropertyError
from constructs_lib.outside_reader import TenantData
from constructs_lib.processor_environment import (
    ProcessorTuning,
    outside_environment,
    poller_environment,
    processor_environment,
)
from runtime.processor.settings import ProcessorSettings

HOST_GIVES = {"AWS_REGION"}
POLLER_ALONE = {"SQS_QUEUE_URL", "HEARTBEAT_FILE"}
"""The heartbeat file lies in the pod: its manifest says where."""

OUTSIDE_ALONE = {"SESSION_ISSUER"}
INSIDE_ALONE = {
    "OBJECT_DLQ_URL",
    "OUTSIDE_QUEUE_URL",
    "PASS_KEY_ID",
    "CLOUDWATCH_ENGINE",
    "COPY_THRESHOLD_BYTES",
    "VECTOR_BINARY",
}

FIELDS = {name.upper() for name in ProcessorSettings.model_fields}


@pytest.fixture
def issuer(stack):
    return lambda_.Function.from_function_name(stack, "Issuer", "issuer")


def test_the_functions_are_given_every_field_of_the_settings(resources, issuer):
    """A setting would silently keep its default on Lambda, or a variable would be set that nobody reads."""
    given = processor_environment(resources=resources, tuning=ProcessorTuning(), account="111111111111")
    assert set(given) == FIELDS - HOST_GIVES - POLLER_ALONE - OUTSIDE_ALONE
    tenants = TenantData(
        bucket=resources.bucket,
        records=resources.tenants,
        delivery_configs=resources.delivery_configs,
        parked_deliveries=resources.parked_deliveries,
    )
    given = outside_environment(
        tenants=tenants, queue=resources.outside.queue, issuer=issuer, tuning=ProcessorTuning(), account="1" * 12
    )
    assert set(given) == FIELDS - HOST_GIVES - POLLER_ALONE - INSIDE_ALONE


def test_without_an_outside_nothing_is_said_of_it(resources):
    """A stage that has none would be deployed anew for variables that nobody reads."""
    alone = replace(resources, outside=None)
    given = processor_environment(resources=alone, tuning=ProcessorTuning(), account="111111111111")
    assert not {"OUTSIDE_QUEUE_URL", "PASS_KEY_ID"} & set(given)


def test_the_poller_is_given_its_queue_and_region_besides(resources):
    """The poller would not know what to poll."""
    given = poller_environment(
        resources=resources, tuning=ProcessorTuning(), account="111111111111", region="us-east-1"
    )
    assert set(given) == FIELDS - {"HEARTBEAT_FILE"} - OUTSIDE_ALONE


def test_the_settings_take_what_is_set(resources, stack):
    """Lambda would fail at its first start: seconds with a fraction, an unknown engine, a level in lower case."""
    given = poller_environment(
        resources=resources, tuning=ProcessorTuning(), account="111111111111", region="us-east-1"
    )
    tokens = {
        "CENTRAL_LOG_DISTRIBUTION_ROLE_ARN": "arn:aws:iam::111111111111:role/logrouter/CentralLogDistributionRole"
    }
    values = {name.lower(): tokens.get(name, value) for name, value in given.items()}
    settings = ProcessorSettings(**values)
    assert settings.delivery_schedule_seconds == 86_400
    assert settings.central_account_id == "111111111111"


def test_defaults_are_the_settings_own(resources):
    """The same processor would behave differently by hand and on Lambda."""
    given = processor_environment(resources=resources, tuning=ProcessorTuning(), account="111111111111")
    for name, field in ProcessorSettings.model_fields.items():
        said = name == "logrouter_placement"  # by hand a processor delivers by every method, a function by its own
        if field.default is not None and not field.is_required() and not said:
            assert str(given[name.upper()]) == str(field.default), name


@pytest.mark.parametrize(
    ("properties", "named"),
    [
        ({"copy_threshold_bytes": 5 * 1024**3 + 1}, "copy_threshold_bytes"),
        ({"copy_threshold_bytes": 0}, "copy_threshold_bytes"),
        ({"config_cache": Duration.hours(1)}, "config_cache"),
        ({"log_level": "info"}, "log_level must be one of DEBUG"),
    ],
)
def test_what_the_processor_would_refuse_is_refused_at_once(properties, named):
    """Each invocation would fail, and each message would travel to the dead-letter queue."""
    with pytest.raises(PropertyError, match=named):
        ProcessorTuning(**properties)
