"""The Vector engine's configuration, checked as far as it can be without Vector: each of ``FACTS`` is a promise."""

import json
import re
from importlib import resources

import pytest
import vector_vrl
import yaml

FOLDER = resources.files("vector_config") / "cloudwatch_delivery"
TEXT = (FOLDER / "vector.yaml").read_text()
CONFIG = yaml.safe_load(TEXT)
GIVEN = {  # what the Vector engine put into the environment
    "LOGROUTER_DATA_DIR",
    "LOGROUTER_ADDRESS",
    "LOGROUTER_PATH",
    "LOGROUTER_REGION",
    "LOGROUTER_ENDPOINT",
    "LOGROUTER_GROUP",
    "LOGROUTER_STREAM",
}
FACTS = [
    ("sources.events.type", "http_server"),
    ("sources.events.address", "${LOGROUTER_ADDRESS}"),
    ("sources.events.path", "${LOGROUTER_PATH}"),
    ("sources.events.strict_path", True),
    ("sources.events.framing.method", "newline_delimited"),
    ("sources.events.decoding.codec", "json"),
    ("transforms.stamped.inputs", ["events"]),
    ("transforms.stamped.drop_on_error", True),
    ("sinks.customer.inputs", ["stamped"]),
    ("sinks.customer.type", "aws_cloudwatch_logs"),
    ("sinks.customer.region", "${LOGROUTER_REGION}"),
    ("sinks.customer.endpoint", "${LOGROUTER_ENDPOINT}"),
    ("sinks.customer.group_name", "${LOGROUTER_GROUP}"),
    ("sinks.customer.stream_name", "${LOGROUTER_STREAM}"),
    ("sinks.customer.encoding", {"codec": "text"}),
    ("sinks.customer.acknowledgements.enabled", True),
    ("sinks.customer.batch.max_events", 10_000),
    ("sinks.customer.batch.max_bytes", 1_048_576),
    ("sinks.customer.request.concurrency", 1),
    ("sinks.customer.healthcheck.enabled", False),
]


def value_at(path: str) -> object:
    value: object = CONFIG
    for name in path.split("."):
        assert isinstance(value, dict)
        value = value[name]
    return value


@pytest.mark.parametrize(("path", "expected"), FACTS)
def test_fact(path: str, expected: object):
    """Broken: see the comment beside that setting in the configuration; each stands for a loss or a leak."""
    assert value_at(path) == expected


def test_one_source_one_sink_and_nothing_listens_elsewhere():
    """Broken: a second sink could answer for the customer's, or Vector's API would be open."""
    assert (list(CONFIG["sources"]), list(CONFIG["sinks"])) == (["events"], ["customer"])
    assert "api" not in CONFIG


def test_its_variables_are_the_ones_the_engine_gives():
    """Broken: Vector refuses to start for a variable that is not set."""
    assert set(re.findall(r"\$\{(\w+)\}", TEXT)) == GIVEN


def test_every_variable_stands_alone_in_single_quotes():
    """Broken: a name with a space, a '#' or a ':' would change the configuration's structure."""
    settings = [
        line.partition(" #")[0].strip()
        for line in TEXT.splitlines()
        if "${" in line and not line.strip().startswith("#")
    ]
    assert settings
    assert all(re.fullmatch(r"\w+: '\$\{\w+\}'", setting) for setting in settings)


def test_no_credential_is_named():
    """Broken: a credential would be part of the configuration, which Vector may print."""
    settings = json.dumps(CONFIG)
    assert not re.search("access_key|secret|session_token|assume_role|AWS_", settings)


def test_retries_end_within_the_engine_s_wait():
    """Broken: the engine would give up, and send again, while Vector still tries."""
    from runtime.deliveries.cloudwatch.vector.engine import POST_SECONDS

    request = CONFIG["sinks"]["customer"]["request"]
    tries = request["retry_attempts"] + 1
    assert (
        tries * request["timeout_secs"] + request["retry_attempts"] * request["retry_max_duration_secs"] < POST_SECONDS
    )


@pytest.mark.parametrize(
    ("milliseconds", "expected"),
    [
        (1_795_442_400_123, "2026-11-23 14:00:00.123 UTC"),
        (0, "1970-01-01 00:00:00 UTC"),
        (999, "1970-01-01 00:00:00.999 UTC"),
    ],
)
def test_the_program_keeps_milliseconds(milliseconds: int, expected: str):
    """Broken: the sink would stamp events with the time of sending, or cut them to seconds."""
    (event,) = vector_vrl.execute_vrl(
        CONFIG["transforms"]["stamped"]["source"], [json.dumps({"timestamp": milliseconds, "message": "x"})]
    )
    assert (event["timestamp"], event["message"]) == (expected, "x")
