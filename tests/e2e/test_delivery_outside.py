"""A delivery all the way: handed over inside, a session by its pass, and a customer's endpoint that gets each event."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ministack_fidelity.identities import unique
from runtime.deliveries.webhook.signatures import challenge_answer
from runtime.endpoints.secret import Secret
from tests.e2e.command import logrouter
from tests.e2e.traffic import line, object_of, send, until

SECRET = "whsec_MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI="


class Endpoint(BaseHTTPRequestHandler):
    """A customer's endpoint: it proves itself, keeps what it gets, and ends with 410 where the test says so."""

    received: list[dict[str, object]]
    gone = False

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers["content-type"] == "application/json":
            answer = challenge_answer(json.loads(body)["challenge"], Secret(SECRET))
            self._answer(200, json.dumps({"challenge": answer}).encode())
        elif Endpoint.gone:
            self._answer(410, b"")
        else:
            Endpoint.received += map(json.loads, body.splitlines())
            self._answer(202, b"")

    def _answer(self, status, body):
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Nothing is printed."""


@pytest.fixture(scope="module")
def url():
    Endpoint.received, Endpoint.gone = [], False
    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/in"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def tenant_id(cloud, url):
    """A tenant whose endpoint hasn't proven anything. The API takes no address on loopback: the item is written."""
    tenant_id = unique("outside")
    reference = f"logrouter/{tenant_id}/signing"
    cloud.client("secretsmanager").create_secret(Name=reference, SecretString=SECRET)
    item = {
        "tenant_id": {"S": tenant_id},
        "type": {"S": "webhook"},
        "enabled": {"BOOL": True},
        "url": {"S": url},
        "signing_secret": {"L": [{"S": reference}]},
        "version": {"S": "first"},
    }
    cloud.client("dynamodb").put_item(TableName=cloud.environment.tenant_config_table, Item=item)
    return tenant_id


def stored(cloud, tenant_id):
    key = {"tenant_id": {"S": tenant_id}, "type": {"S": "webhook"}}
    return cloud.client("dynamodb").get_item(TableName=cloud.environment.tenant_config_table, Key=key)["Item"]


def test_an_endpoint_gets_each_event_once_it_has_proven_itself(cloud, tenant_id, url):
    """Nothing that customers address would get anything; or one that never proved to be the tenant's would."""
    texts = [f"event {number}" for number in range(3)]
    send(cloud, object_of(tenant_id, [line(text) for text in texts]))
    report = json.loads(logrouter(cloud, "test", tenant_id, "webhook", "--json"))
    assert [step["name"] for step in report["steps"]] == ["address", "challenge", "note", "open", "send"]
    assert report["state"] == "passed", report
    assert stored(cloud, tenant_id)["verified_host"]["S"] == url.removeprefix("http://").removesuffix("/in")
    until(lambda: len(delivered()) >= len(texts), "the endpoint's events")
    assert sorted(str(event["message"]) for event in delivered()) == texts
    assert len({event["id"] for event in delivered()}) == len(texts)
    assert len(Endpoint.received) == len(texts) + 1, "the test's own event is marked"


def delivered():
    return [event for event in Endpoint.received if event["application"] != "logrouter-test"]


def test_an_endpoint_that_is_gone_switches_its_config_off(cloud, tenant_id):
    """It would be asked for a day, and its owner never told."""
    Endpoint.gone = True
    send(cloud, object_of(tenant_id, [line("too late")]))
    until(lambda: not stored(cloud, tenant_id)["enabled"]["BOOL"], "the config to be switched off")
    assert stored(cloud, tenant_id)["disabled_reason"]["S"] == "endpoint-gone"
