"""How much Python runs for an event and for an object, counted and not timed: the budget that keeps the path fast.

A function of Python's costs some 50 ns to call, whatever the machine does besides. The budgets leave a tenth of room
over what was counted when they were written; whoever breaks one says in ``docs/performance.md`` what it buys.
"""

import gzip
import io
import socket
import sys
import tracemalloc

import pytest

from runtime.aws.clients import AwsClients
from runtime.aws.http_transport import HttpTransport
from runtime.deliveries.cloudwatch.destination import LogDestination
from runtime.deliveries.cloudwatch.filtering import filter_events
from runtime.deliveries.cloudwatch.native.engine import put_log_events_body
from runtime.objects.batches import plan
from runtime.objects.events import ReadStats, read_events
from runtime.objects.stream import decompress
from tests.unit.runtime.deliveries.cloudwatch.doubles import CREDENTIALS

TOOL = 4
EVENTS = 20_000
NOW_MS = 1_795_442_400_000
DESTINATION = LogDestination("us-east-1", "g", "s", "t")
CALLS_A_THOUSAND_EVENTS = 31  # per piece of lines, of some 870 events: four are for the events' stable numbers
CALLS_A_PUT = 67
MEMORY_BYTES = 6 * 2**20


def calls_of(work):
    """Count the functions of Python's that are called."""
    count = 0

    def begin(*_):
        nonlocal count
        count += 1

    sys.monitoring.use_tool_id(TOOL, "budget")
    try:
        sys.monitoring.register_callback(TOOL, sys.monitoring.events.PY_START, begin)
        sys.monitoring.set_events(TOOL, sys.monitoring.events.PY_START)
        work()
    finally:
        sys.monitoring.set_events(TOOL, 0)
        sys.monitoring.free_tool_id(TOOL)
    return count


@pytest.fixture(scope="module")
def body():
    """An object of plain lines, as the agent writes them."""
    lines = (
        f'{{"timestamp":"2026-11-23T10:{number // 60000:02d}:{number // 1000 % 60:02d}.{number % 1000:03d}123456Z",'
        f'"message":"line {number} \\"{"x" * 200}\\"","pod_name":"p"}}\n'
        for number in range(EVENTS)
    )
    return gzip.compress("".join(lines).encode(), 1)


def send_all(body):
    chunks = decompress(io.BytesIO(body).read, max_bytes=1 << 40)
    for batch in plan(read_events(chunks, last_modified_ms=NOW_MS, stats=ReadStats())):
        put_log_events_body(DESTINATION, filter_events(batch, NOW_MS).sendable)


def test_no_function_is_called_for_an_event(body):
    """A function called for each event would double the CPU of a large object."""
    send_all(body)
    assert calls_of(lambda: send_all(body)) < EVENTS / 1000 * CALLS_A_THOUSAND_EVENTS


def test_memory_does_not_hold_the_object(body):
    """A step that held more than a batch and its body would need more than a function has."""
    tracemalloc.start()
    try:
        send_all(body)
        assert tracemalloc.get_traced_memory()[1] < MEMORY_BYTES
    finally:
        tracemalloc.stop()


def test_a_put_stays_past_the_client(monkeypatch):
    """The SDK's own cost for each call is most of what a small object costs."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    ours, service = socket.socketpair()
    monkeypatch.setattr(HttpTransport, "_connect", lambda *_: ours)
    clients = AwsClients("us-east-1")
    call = clients.direct_call("logs", "PutLogEvents")
    with service:
        for _ in range(2):
            service.sendall(b"HTTP/1.1 200 OK\r\nx-amzn-requestid: r\r\ncontent-length: 2\r\n\r\n{}")
            # The answer is there before its request.
            monkeypatch.setattr("runtime.aws.connection_pool._is_open", lambda _: True)
            count = calls_of(lambda: call.members(CREDENTIALS, b"{}"))
        clients.forget()
    assert count < CALLS_A_PUT
