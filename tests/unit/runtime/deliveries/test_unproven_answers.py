"""The found cases of success without proof, through the deliveries' own code and a real socket."""

import json
from pathlib import Path

import pytest

from runtime.aws.clients import AwsClients
from runtime.aws.credentials import use_credentials
from runtime.deliveries.cloudwatch.native.engine import NativeEngine
from runtime.deliveries.s3.copy import CopyTask, copy_whole
from runtime.deliveries.s3.error_mapping import classify_copy
from runtime.deliveries.set_aside import SetAside, SetAsideEvent
from runtime.errors import RetryableError
from runtime.time_budget import TimeBudget
from tests.unit.runtime.aws.service import Server, whole
from tests.unit.runtime.deliveries.cloudwatch.doubles import CREDENTIALS, DESTINATION, batch, delivery

FOUND = Path(__file__).parents[3] / "cases" / "found_2026_11.jsonl"
CASES = {case["id"]: case for case in map(json.loads, FOUND.read_text().splitlines())}
KIND = "success without proof: an empty (or {}, or cut) 2xx answer counts as done"
TASK = CopyTask("central", "k", None, "e", "customer", "k", None, {})


def put_log_events(clients):
    NativeEngine(clients).open(DESTINATION, lambda: CREDENTIALS, TimeBudget.of_seconds(60)).send(batch())


def copy_object(clients):
    try:
        with use_credentials(CREDENTIALS):
            copy_whole(clients.client("s3"), TASK)
    except Exception as error:
        raise classify_copy(
            error, action="s3:CopyObject", central_bucket="central", bucket="customer", key="k"
        ) from error


def set_aside(clients):
    SetAside(clients, "central").write(delivery(), 0, [SetAsideEvent("too-new", 1, b'"a"')])


CALLS = {"PutLogEvents": put_log_events, "CopyObject": copy_object, "PutObject of set-aside/": set_aside}
ANSWERS = {
    "empty": (whole(b"", extra=""), False),
    "{}": (whole(b"{}", extra=""), False),
    "empty with a request id": (whole(b""), False),
    "cut in the status line": (b"HTTP/1.1 200 O", True),
    "cut in the head": (b"HTTP/1.1 200 OK\r\nx-amzn-RequestId: r\r\n", True),
    "cut before the body": (b"HTTP/1.1 200 OK\r\nx-amzn-RequestId: r\r\nContent-Length: 2\r\n\r\n", True),
}


@pytest.fixture
def serve(monkeypatch):
    """Yield a function that starts a service that answers once, and clients that find it."""
    started = []
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")

    def start(answer, *, closes):
        server = Server(answer, closes=closes)
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        started.append((server, AwsClients("us-east-1")))
        return started[-1]

    yield start
    for server, clients in started:
        clients.forget()
        server.close()


def test_every_found_case_of_this_kind_is_tried():
    """A case would be forgotten."""
    kinds = {name for name, case in CASES.items() if case["kind"] == KIND}
    assert {CASES[name]["input"]["call"] for name in kinds} == set(CALLS)


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("case", ["b27", "b29", "b31"])
def test_a_success_without_proof_is_retried(serve, case, answer):
    """Events would be neither in CloudWatch nor set aside, an object not in the bucket; and all count as delivered."""
    raw, closes = ANSWERS[answer]
    server, clients = serve(raw, closes=closes)
    with pytest.raises(RetryableError) as raised:
        CALLS[CASES[case]["input"]["call"]](clients)
    assert len(server.requests) == 1
    assert raised.value.reason in ("answer-incomplete", "connection", "set-aside-failed", "unavailable")
