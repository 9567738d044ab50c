"""An endpoint's proof, asked for by the function's event: from the table's item to the note in it."""

import base64
import json
from types import SimpleNamespace

import pytest

from runtime.deliveries.issued_sessions import IssuedSessions
from runtime.deliveries.webhook.signatures import challenge_answer
from runtime.delivery_config.marks import ConfigMarks
from runtime.delivery_config.methods import find_config_models
from runtime.delivery_config.repository import DeliveryConfigRepository
from runtime.endpoints.secret import Secret
from runtime.errors import RetryableError
from runtime.processor import lambda_handler
from runtime.processor.settings import ProcessorSettings
from runtime.processor.verification import Question, verify
from tests.unit.runtime.api.gateway import clients_of_a_table, items, put_item  # noqa: F401 - a fixture
from tests.unit.runtime.aws.service import whole
from tests.unit.runtime.endpoints.conftest import authority, certificate, serve  # noqa: F401 - fixtures

SECRET = "whsec_" + base64.b64encode(b"x" * 32).decode()
SETTINGS = ProcessorSettings(
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


def ask(clients, **fields):
    return verify(SETTINGS, clients, Question(**{"tenant_id": "acme-corp", "type": "webhook"} | fields))


def test_a_proof_is_noted_in_the_item(clients, endpoint):
    """A webhook could never be enabled."""
    report = ask(clients)
    assert (report["passed"], [step["name"] for step in report["steps"]]) == (True, ["open", "challenge", "note"])
    found = stored(clients)
    assert (found["verified_host"], found["enabled"]) == (f"localhost:{endpoint.port}", False)
    assert "disabled_reason" not in found
    assert found["version"] != "1", "a writer that has read it before would take the note away again"
    assert SECRET not in json.dumps(report)


def test_a_change_meanwhile_is_not_noted(clients, endpoint):
    """The proof of one URL would be noted for another."""
    plain = endpoint._send

    def reply(connection, answer):
        put_item(clients, **{name: {"S": "x"} for name in ("tenant_id", "type", "version")} | KEY)
        return plain(connection, answer)

    endpoint._send = reply
    report = ask(clients)
    assert (report["passed"], report["steps"][-1]["reason"]) == (False, "config-changed")
    assert "verified_host" not in stored(clients)


KEY = {"tenant_id": {"S": "acme-corp"}, "type": {"S": "webhook"}}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"type": "webhook:none"}, "config-missing"),
        ({"type": "s3"}, "nothing-to-verify"),
        ({"type": "x"}, "config-invalid"),
    ],
)
def test_what_cannot_be_verified_is_said(clients, endpoint, fields, reason):
    """An operator would wait for a proof that nothing asks for."""
    put_item(clients, tenant_id={"S": "acme-corp"}, type={"S": "s3"}, bucket_name={"S": "acme-logs"})
    put_item(clients, tenant_id={"S": "acme-corp"}, type={"S": "x"})
    assert [step["reason"] for step in ask(clients, **fields)["steps"]] == [reason]
    assert not endpoint.requests


def test_the_outside_asks_with_its_pass(clients, endpoint, monkeypatch):
    """Whoever may invoke the function would reach any tenant's secrets."""
    shown = []

    def refuse(_, given):
        shown.append(given)
        raise RetryableError("pass-refused")

    monkeypatch.setattr(IssuedSessions, "acting_for", refuse)
    settings = SETTINGS.model_copy(update={"session_issuer": "issuer"})
    report = verify(settings, clients, Question("acme-corp", "webhook", "question-1", "code"))
    assert report["steps"][0]["reason"] == "pass-refused"
    (given,) = shown
    assert (given.tenant_id, given.type, given.bucket, given.key, given.mac) == (
        "acme-corp", "webhook", "", "question-1", "code"
    )  # fmt: skip
    assert not endpoint.requests


def test_the_functions_event_asks_the_question(monkeypatch):
    """Nobody could have an endpoint verified."""
    asked = []
    monkeypatch.setattr("runtime.processor.settings.ProcessorSettings.read", lambda: SETTINGS)
    monkeypatch.setattr(lambda_handler, "clients", SimpleNamespace)
    monkeypatch.setattr(
        "runtime.processor.verification.verify", lambda settings, clients, question: asked.append(question) or {"a": 1}
    )
    assert lambda_handler.handler({"verify": {"tenant_id": "acme-corp", "type": "webhook"}}, None) == {"a": 1}
    assert asked == [Question("acme-corp", "webhook")]


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
