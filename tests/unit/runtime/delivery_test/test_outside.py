"""A test delivery outside, asked for by the function's event: from the table's item to the note in it."""

import base64
import json
from contextlib import contextmanager

import pytest

from runtime.deliveries.issued_sessions import IssuedSessions
from runtime.deliveries.passes import Pass
from runtime.deliveries.webhook.signatures import challenge_answer
from runtime.delivery_config.marks import ConfigMarks
from runtime.delivery_config.methods import find_config_models
from runtime.delivery_config.repository import DeliveryConfigRepository
from runtime.delivery_test import lambda_handler
from runtime.delivery_test.attempt import outside_attempt
from runtime.delivery_test.settings import OutsideTesterSettings
from runtime.endpoints.secret import Secret
from runtime.errors import RetryableError
from tests.unit.runtime.api.gateway import clients_of_a_table, items, put_item  # noqa: F401 - a fixture
from tests.unit.runtime.aws.service import whole
from tests.unit.runtime.endpoints.conftest import authority, certificate, serve  # noqa: F401 - fixtures

SECRET = "whsec_" + base64.b64encode(b"x" * 32).decode()
SETTINGS = OutsideTesterSettings(
    session_issuer="issuer",
    tenant_config_table="configs",
    central_bucket="central-bucket",
    central_log_distribution_role_arn="arn:aws:iam::111111111111:role/central",
    aws_region="us-east-1",
    allow_loopback=True,
)


@pytest.fixture
def endpoint(clients, serve, authority):  # noqa: F811 - they are fixtures
    """An endpoint that answers its challenge, and its config in the table, which is disabled."""
    made = serve()
    plain, made.answers = made._send, [b"?"] * 9

    def reply(connection, _):
        if b'"challenge"' not in made.requests[-1][2]:
            return plain(connection, whole())
        challenge = json.loads(made.requests[-1][2])["challenge"]
        body = json.dumps({"challenge": challenge_answer(challenge, Secret(SECRET))}).encode()
        return plain(connection, whole(body))

    made._send = reply
    manager = clients._find("secretsmanager", clients.region)
    manager.create_secret(Name="logrouter/acme-corp/1", SecretString=SECRET)
    texts = {"tenant_id": "acme-corp", "type": "webhook", "url": f"{made.url}/in", "ca": authority.pem, "version": "1"}
    put_item(
        clients,
        **{name: {"S": text} for name, text in texts.items()},
        signing_secret={"L": [{"S": "logrouter/acme-corp/1"}]},
        enabled={"BOOL": False},
        disabled_reason={"S": "endpoint-gone"},
    )
    return made


def stored(clients):
    (item,) = items(clients)
    return {name: next(iter(value.values())) for name, value in item.items()}


@pytest.fixture(autouse=True)
def shown(monkeypatch):
    """The passes that the session issuer has seen; it gives everybody the process' own session."""
    found = []

    @contextmanager
    def acting_for(_, given):
        found.append(given)
        yield

    monkeypatch.setattr(IssuedSessions, "acting_for", acting_for)
    return found


def ask(clients, type_="webhook"):
    return outside_attempt(SETTINGS, clients, Pass.of_test("acme-corp", type_, "a-test"))


def test_a_proof_is_noted_in_the_item(clients, endpoint):
    """A webhook could never be enabled."""
    report = ask(clients)
    steps = ["address", "challenge", "note", "open", "send"]
    assert (report.passed, [step.name for step in report.steps]) == (True, steps)
    assert report.left == "logrouter/logrouter-test/a-test"
    found = stored(clients)
    assert (found["verified_host"], found["enabled"]) == (f"localhost:{endpoint.port}", False)
    assert "disabled_reason" not in found
    assert found["version"] != "1", "a writer that has read it before would take the note away again"
    assert SECRET not in repr(report)


def test_a_change_meanwhile_is_not_noted(clients, endpoint):
    """The proof of one URL would be noted for another."""
    plain = endpoint._send

    def reply(connection, answer):
        put_item(clients, **{name: {"S": "x"} for name in ("tenant_id", "type", "version")} | KEY)
        return plain(connection, answer)

    endpoint._send = reply
    report = ask(clients)
    assert [step.reason for step in report.steps] == ["", "", "config-changed", "", ""]
    assert "verified_host" not in stored(clients)


KEY = {"tenant_id": {"S": "acme-corp"}, "type": {"S": "webhook"}}


@pytest.mark.parametrize(
    ("type_", "step", "reason"),
    [
        ("webhook:none", "session", "config-missing"),
        ("s3", "config", "method-not-installed"),
        ("x", "session", "config-invalid"),
    ],
)
def test_what_cannot_be_tried_is_said(clients, endpoint, type_, step, reason):
    """Its writer would wait for a proof that nothing asks for; or the outside would try what is the inside's."""
    put_item(clients, tenant_id={"S": "acme-corp"}, type={"S": "s3"}, bucket_name={"S": "acme-logs"})
    put_item(clients, tenant_id={"S": "acme-corp"}, type={"S": "x"})
    assert [(each.name, each.reason) for each in ask(clients, type_).steps] == [(step, reason)]
    assert not endpoint.requests


def test_it_asks_with_its_pass(clients, endpoint, shown, monkeypatch):
    """Whoever may invoke the function would reach any tenant's secrets."""
    monkeypatch.setattr(lambda_handler, "outside", lambda: (SETTINGS, clients))
    asked = {"tenant_id": "acme-corp", "type": "webhook", "id": "a-test", "mac": "code"}
    report = lambda_handler.outside_handler(asked, None)
    assert [step["outcome"] for step in report["steps"]] == ["passed"] * 5
    assert shown == [Pass("acme-corp", "webhook", "", "a-test", "", "code")]


def test_without_a_pass_of_ours_nothing_is_tried(clients, endpoint, monkeypatch):
    """As above."""

    def refuse(*_):
        raise RetryableError("pass-refused")

    monkeypatch.setattr(IssuedSessions, "acting_for", refuse)
    (step,) = ask(clients).steps
    assert (step.name, step.reason) == ("session", "pass-refused")
    assert not endpoint.requests


def test_an_endpoint_that_is_gone_is_switched_off_in_the_table(clients, endpoint):
    """A config that says nothing of it would be enabled again and again."""
    config = DeliveryConfigRepository(clients, "configs", find_config_models(), cache_seconds=0)
    marks = ConfigMarks(clients, "configs")
    read = config.fetch_tenant("acme-corp").of_type("webhook")
    marks.switch_off(read, "endpoint-gone")
    found = stored(clients)
    assert (found["enabled"], found["disabled_reason"]) == (False, "endpoint-gone")
    marks.switch_off(read, "another-reason")  # of what was read before the first note: nothing is written, nor raised
    assert stored(clients) == found
