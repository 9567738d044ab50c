"""The proxy and what it does to calls, against a small server of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from botocore.parsers import ResponseParserError

from local.waiting import wait_until
from tests.faults.call import Call
from tests.faults.exchange import ClientGoneError, Exchange
from tests.faults.injected import INCOMPLETE, CutAnswer, Hang, LoseAnswer, Pass, Refuse, Reset, Stall, Strike, Unproven
from tests.faults.ledger import Ledger
from tests.faults.plan import Counts, Plan, rule
from tests.faults.proxy import proxy

TENANT = "fr-some-kind-t000"
GROUP = f"/logrouter/{TENANT}"
CALLER = """
import json, urllib.request
headers = {{"X-Amz-Target": "Logs.PutLogEvents", "Authorization": "Credential=A/20261124/us-east-1/logs/aws4_request"}}
body = json.dumps({{"logGroupName": "{group}", "logEvents": []}}).encode()
urllib.request.urlopen(urllib.request.Request("{url}", body, headers))
"""


class Destination(BaseHTTPRequestHandler):
    """Takes whatever it is sent."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.taken.append(json.loads(body))
        answer = json.dumps({"nextSequenceToken": "x" * 200}).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def destination():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Destination)
    server.taken, server.status = [], 200
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def plan():
    plan = Plan(1, Ledger())
    plan.kinds[TENANT] = "some-kind"
    return plan


@pytest.fixture
def put(destination, plan):
    """Put two events through the proxy, as the processor would."""
    with proxy(f"http://127.0.0.1:{destination.server_address[1]}", plan.relay) as url:
        session = botocore.session.Session()
        session.set_credentials("AKID", "secret")
        config = Config(retries={"total_max_attempts": 1}, read_timeout=1)
        client = session.create_client("logs", region_name="us-east-1", endpoint_url=url, config=config)

        def put(group=GROUP):
            events = [{"timestamp": 1, "message": text} for text in ("one", "two")]
            return client.put_log_events(logGroupName=group, logStreamName="demo/etcd/pod-000001", logEvents=events)

        put.url = url
        yield put
        client.close()


def noted(condition):
    """Wait for the ledger: it notes a call after the client has its answer."""
    wait_until(condition, what="the ledger to note the call", timeout_seconds=10)


def test_without_a_fault_a_call_is_only_relayed(destination, plan, put):
    """Everything the report says would be about the proxy."""
    assert put()["nextSequenceToken"]
    assert len(destination.taken) == 1
    noted(lambda: (TENANT, GROUP, "pod-000001") in plan.ledger.arrived_at)
    assert plan.ledger.may_be_doubled(TENANT, "pod-000001") == 0


def test_a_refusal_is_the_services_own_and_has_no_effect(destination, plan, put):
    """The processor would meet an error that AWS doesn't make."""
    plan.activate("some-kind", (rule("logs:PutLogEvents", Refuse(400, "ThrottlingException"), 1.0),))
    with pytest.raises(ClientError) as caught:
        put()
    assert caught.value.response["Error"]["Code"] == "ThrottlingException"
    assert destination.taken == []
    noted(lambda: plan.ledger.injected == {"some-kind": 1})


@pytest.mark.parametrize(("status", "met"), [(200, 0), (400, 1)])
def test_a_customers_deed_is_met_when_the_cloud_refuses(destination, plan, put, status, met):
    """A deleted log group would count as a fault although nothing noticed it, or never."""
    destination.status = status
    plan.activate("some-kind", (rule("logs:PutLogEvents", Pass(), 1.0, counts=Counts.REFUSED),))
    with suppress(ClientError):
        put()
    noted(lambda: plan.ledger.injected["some-kind"] == met)


def test_another_tenants_call_is_left_alone(destination, plan, put):
    """Kinds that run side by side would be counted for one another."""
    plan.activate("some-kind", (rule("logs:*", Refuse(500, "InternalFailure"), 1.0),))
    put("/logrouter/fr-another-t000")
    assert len(destination.taken) == 1
    assert plan.ledger.injected.total() == 0


@pytest.mark.parametrize(("fault", "taken"), [(Reset(), 0), (Hang(5), 0), (CutAnswer(), 1), (LoseAnswer(), 1)])
def test_a_broken_connection_is_one_to_the_client_and_its_effect_is_known(destination, plan, put, fault, taken):
    """A double that is lawful would count as a failure, or one that isn't as lawful."""
    plan.activate("some-kind", (rule("logs:PutLogEvents", fault, 1.0),))
    with pytest.raises(HTTPClientError):
        put()
    assert len(destination.taken) == taken
    noted(lambda: plan.ledger.may_be_doubled(TENANT, "pod-000001") == 2 * taken)


@pytest.mark.parametrize("fault", [*INCOMPLETE, Stall(5)])
def test_an_answer_that_is_not_whole_or_not_proven_reaches_the_client_as_it_is(destination, plan, put, fault):
    """The report would say that absence is never read as success, of answers in which nothing is absent."""
    plan.activate("some-kind", (rule("logs:PutLogEvents", fault, 1.0),))
    with suppress(HTTPClientError, ResponseParserError):  # the SDK takes most of them for a success
        got = put()["ResponseMetadata"]
        assert not isinstance(fault, Unproven) or "RequestId" not in got
    noted(lambda: plan.ledger.met == {("some-kind", "logs:PutLogEvents", fault.column): 1})
    assert len(destination.taken) == (1 if isinstance(fault, Stall) else 0)


def test_a_caller_that_has_gone_meets_nothing(destination, plan):
    """Faults would count that nobody has felt."""
    ours, theirs = socket.socketpair()
    theirs.close()
    exchange = Exchange(Call("logs", "PutLogEvents", TENANT), None, SimpleNamespace(socket=ours), ("", 0))
    plan.activate("some-kind", (rule("logs:PutLogEvents", Refuse(500, "InternalFailure"), 1.0),))
    with pytest.raises(ClientGoneError):
        plan.relay(exchange)
    assert plan.ledger.injected.total() == 0
    ours.close()


def test_a_rule_may_concern_one_host_alone(destination, plan, put):
    """The resumer's faults would meet the processor's calls."""
    plan.activate("some-kind", (rule("logs:*", Reset(), 1.0, of="resumption"),))
    put()
    assert plan.ledger.injected.total() == 0


def test_a_strike_ends_the_calling_process_and_nothing_else(destination, plan, put):
    """A crash would be injected into the run itself."""
    plan.activate("some-kind", (rule("logs:PutLogEvents", Strike(signal.SIGKILL, 0.5), 1.0),))
    call = CALLER.format(url=put.url, group=GROUP)
    done = subprocess.run([sys.executable, "-c", call], check=False, timeout=30, env={"PATH": os.environ["PATH"]})
    assert done.returncode == -signal.SIGKILL
    assert len(destination.taken) == 1


def test_the_same_seed_draws_the_same_lots():
    """A run that found something could not be made again."""
    drawn = []
    for _ in range(2):
        plan = Plan(7, Ledger(), kinds={TENANT: "some-kind"})
        plan.activate("some-kind", (rule("logs:*", Reset(), 0.5),))
        call = type(
            "FakeCall", (), {"tenant": TENANT, "name": "logs:PutLogEvents", "service": "logs", "place": "", "host": ""}
        )
        drawn.append([plan._fault_for(call) is not None for _ in range(50)])
    assert drawn[0] == drawn[1]
    assert 10 < sum(drawn[0]) < 40
