"""The Vector engine with the real program, where ``vector`` is on PATH: what the stand-in can't prove."""

import json
import os
import shutil
import subprocess
import time
from importlib import resources

import pytest

from runtime.aws.credentials import Credentials
from runtime.deliveries.cloudwatch.destination import LogDestination
from runtime.deliveries.cloudwatch.vector.engine import VectorEngine
from runtime.errors import BlockedByCustomerError, RetryableError
from runtime.objects.batches import Batch
from runtime.time_budget import TimeBudget
from tests.vector.cloudwatch_endpoint import serving

BINARY = shutil.which("vector")
pytestmark = [pytest.mark.vector, pytest.mark.skipif(BINARY is None, reason="no vector on PATH")]
DESTINATION = LogDestination("eu-west-1", "/acme/logs#1", 'c 1/"a\\b#é"/pod: 0', "acme-corp")
NOT_FOUND_CALLS = ["DescribeLogStreams", "CreateLogGroup", "CreateLogStream", "DescribeLogStreams", "PutLogEvents"]


@pytest.fixture
def endpoint():
    with serving() as endpoint:
        yield endpoint


@pytest.fixture
def sender(endpoint):
    engine = VectorEngine(
        binary=BINARY or "",
        endpoint_of=lambda _: endpoint.url,
        retention_of=lambda *_: None,
        fallback=None,
    )
    sender = engine.open(
        DESTINATION,
        lambda: Credentials("AKIDTEST", "secret-of-the-test", "token-of-the-test", 0.0),
        TimeBudget.of_seconds(60),
    )
    yield sender
    sender.close()


def batch(messages: list[str], *, start_ms: int | None = None) -> Batch:
    start_ms = start_ms if start_ms is not None else time.time_ns() // 1_000_000 - 60_000
    return Batch(
        0,
        [start_ms + number // 3 for number in range(len(messages))],  # three events share a millisecond
        [json.dumps(message, ensure_ascii=number % 2 == 0).encode() for number, message in enumerate(messages)],
        [len(message.encode()) for message in messages],
    )


def received(endpoint) -> list[tuple[int, str]]:
    return [(event["timestamp"], event["message"]) for put in endpoint.puts() for event in put["logEvents"]]


def test_the_configuration_is_valid():
    """Broken: Vector of this version refuses the configuration, and no delivery starts."""
    environment = {
        "LOGROUTER_DATA_DIR": "/tmp",
        "LOGROUTER_ADDRESS": "127.0.0.1:18080",
        "LOGROUTER_PATH": "/x",
        "LOGROUTER_REGION": "us-east-1",
        "LOGROUTER_ENDPOINT": "http://127.0.0.1:1",
        "LOGROUTER_GROUP": "g",
        "LOGROUTER_STREAM": "s",
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_EC2_METADATA_DISABLED": "true",
        "VECTOR_DANGEROUSLY_ALLOW_ENV_VAR_INTERPOLATION": "true",
    }
    path = str(resources.files("vector_config") / "cloudwatch_delivery" / "vector.yaml")
    command = [BINARY or "", "validate", path]
    result = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    warnings = [line for line in result.stdout.splitlines() if line.startswith("~")]
    assert warnings == ['~ Health check disabled for "customer"']


def test_events_arrive_byte_for_byte_in_order_with_their_times(endpoint, sender):
    """Broken: the customer's lines would be changed, reordered, or stamped with the time of sending."""
    messages = [
        "plain",
        '{"a": 1, "a":2}',
        'é€😀\x00\x1b\t\n\r\\"/',
        " ",
        "9007199254740993",
        "\ufffd",
        "<>&",
        "${HOME} {{ x }} %Y",
    ]
    sent = batch(messages)
    assert list(sender.send(sent)) == []
    assert received(endpoint) == list(zip(sent.timestamps, messages, strict=True))


def test_group_and_stream_are_made_and_named_literally(endpoint, sender):
    """Broken: a name with a space, quotes or a '#' would become another name, or a missing group an error."""
    sender.send(batch(["x"]))
    assert [operation for operation, _, _ in endpoint.calls] == NOT_FOUND_CALLS
    (put,) = endpoint.puts()
    assert (put["logGroupName"], put["logStreamName"]) == (DESTINATION.log_group_name, DESTINATION.log_stream_name)


def test_calls_are_signed_by_the_customer_role_for_the_destination_s_region(endpoint, sender):
    """Broken: events would be sent as somebody else, or signed for the processor's Region."""
    sender.send(batch(["x"]))
    assert all("Credential=AKIDTEST/" in authorization for _, _, authorization in endpoint.calls)
    assert all("/eu-west-1/logs/" in authorization for _, _, authorization in endpoint.calls)


@pytest.mark.parametrize(("count", "size"), [(10_000, 10), (400, 2_500), (1, 1_048_550)])
def test_full_batches_arrive_whole(endpoint, sender, count: int, size: int):
    """Broken: a batch at one of CloudWatch's limits would be dropped by Vector, which would still answer 200."""
    messages = [f"{number} ".ljust(size, "é" if size > 100_000 else "x")[:size] for number in range(count)]
    if count == 1:
        messages = ["1" + "é" * ((size - 1) // 2)]
    sender.send(batch(messages))
    assert "".join(message for _, message in received(endpoint)) == "".join(messages)
    assert len(received(endpoint)) in {count, count + 1}
    for put in endpoint.puts():
        assert sum(len(event["message"].encode()) + 26 for event in put["logEvents"]) <= 1_048_576


def test_events_at_the_edge_of_the_window_are_rejected_not_swallowed(endpoint, sender):
    """Broken: Vector drops them and answers 200."""
    now_ms = time.time_ns() // 1_000_000
    day_ms = 86_400_000
    old, new = now_ms - 14 * day_ms + 60_000, now_ms + 2 * 3_600_000
    edge = now_ms - 14 * day_ms + 11 * 60_000
    for stamp in (old, edge, new):
        rejections = sender.send(batch(["x"], start_ms=stamp))
        assert bool(rejections) == (stamp != edge)
    assert [stamp for stamp, _ in received(endpoint)] == [edge]


def test_a_throttled_call_is_retried_by_vector(endpoint, sender):
    """Broken: each throttling would cost a delivery's attempt."""
    endpoint.failures = ["ThrottlingException"]
    sender.send(batch(["x"]))
    assert len(endpoint.puts()) == 2


def test_a_refused_batch_is_retryable_and_can_be_sent_again(endpoint, sender):
    """Broken: the checkpoint would pass a batch that CloudWatch refused."""
    endpoint.failures = ["InvalidParameterException"]
    with pytest.raises(RetryableError, match="InvalidParameterException"):
        sender.send(batch(["x"]))
    sender.send(batch(["x"]))
    assert len(endpoint.puts()) == 2


def test_a_denied_call_is_the_customer_s(endpoint, sender):
    """Broken: the error code of a real Vector would not be recognised in its log."""
    endpoint.failures = ["AccessDeniedException"]
    with pytest.raises(BlockedByCustomerError, match="AccessDeniedException"):
        sender.send(batch(["hunter2"]))


def test_diagnostics_carry_no_content(endpoint, sender):
    """Broken: a tenant's log lines would reach the provider's logs."""
    sender.send(batch(["warm"]))
    endpoint.failures = ["InvalidParameterException"]
    with pytest.raises(RetryableError) as caught:
        sender.send(batch(["hunter2"]))
    assert "hunter2" not in str(caught.value)
