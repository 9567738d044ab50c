"""Secrets: nothing prints them, a rotation is seen, another tenant's are never read."""

import copy
import io
import json
import logging
import pickle
import traceback
from dataclasses import asdict, dataclass

import pytest
from pydantic import BaseModel, ConfigDict

from runtime.aws.clients import AwsClients
from runtime.endpoints.secret import Secret, tenants_prefix
from runtime.endpoints.secrets import SecretReader
from runtime.errors import BlockedByCustomerError, RetryableError
from tests.unit.runtime.aws.service import Server, document, whole

TEXT = "whsec_c2VjcmV0"


@dataclass
class Holder:
    secret: Secret


class Model(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    secret: Secret


def raised():
    return "".join(traceback.format_exception(ValueError(Secret(TEXT))))


def logged():
    stream = io.StringIO()
    logger = logging.getLogger("test-of-secrets")
    logger.addHandler(logging.StreamHandler(stream))
    logger.warning("%s %r", Secret(TEXT), Holder(Secret(TEXT)))
    return stream.getvalue()


@pytest.mark.parametrize(
    "printed",
    [
        lambda: repr(Secret(TEXT)),
        lambda: str(Secret(TEXT)),
        lambda: f"{Secret(TEXT)}",
        lambda: f"{Secret(TEXT):>10}",
        lambda: f"{Secret(TEXT)!a}",
        lambda: "%s" % Secret(TEXT),  # noqa: UP031 - this form is what is tested
        lambda: repr({"a": [Secret(TEXT)]}),
        lambda: repr(Holder(Secret(TEXT))),
        lambda: repr(asdict(Holder(Secret(TEXT)))),
        lambda: repr(Model(secret=Secret(TEXT)).model_dump()),
        lambda: json.dumps({"a": Secret(TEXT)}, default=str),
        lambda: repr(pickle.loads(pickle.dumps(Secret(TEXT)))),
        lambda: pickle.dumps(Secret(TEXT)).decode("latin-1") + "***",
        lambda: repr(copy.deepcopy(Secret(TEXT))),
        raised,
        logged,
    ],
)
def test_whatever_prints_a_secret_prints_stars(printed):
    """One log line, record or exception would give a customer's endpoint away."""
    assert "***" in printed()
    assert TEXT not in printed()


def test_a_secret_reveals_its_text_where_it_is_used():
    """Nothing could be signed."""
    assert Secret(TEXT).reveal() == TEXT
    assert copy.copy(Secret(TEXT)).reveal() == copy.deepcopy(Secret(TEXT)).reveal() == TEXT
    assert Secret(TEXT) == Secret(TEXT) != Secret("x")
    with pytest.raises(TypeError):
        hash(Secret(TEXT))


@pytest.fixture
def manager(monkeypatch):
    """Secrets Manager on loopback, answers to be planned, and a reader of it."""
    server = Server()
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    server.reader = SecretReader(AwsClients("eu-west-1"))
    yield server
    server.close()


def found(value):
    return document({"ARN": "a", "Name": "n", "VersionId": "v", "SecretString": value, "CreatedDate": 1.5})


REFERENCES = ["logrouter/acme/1", "logrouter/acme/2"]


def test_values_are_read_once_and_in_the_order_of_their_references(manager):
    """Each request would cost two calls, or the old secret be taken for the new one."""
    manager.answers = [found("new"), found("old")]
    for _ in range(2):
        assert [secret.reveal() for secret in manager.reader.live("acme", REFERENCES)] == ["new", "old"]
    assert [json.loads(body) for _, _, body in manager.requests] == [{"SecretId": each} for each in REFERENCES]
    assert manager.requests[0][1]["x-amz-target"] == "secretsmanager.GetSecretValue"


def test_values_are_read_again_after_five_minutes_and_when_an_endpoint_refuses_one(manager, monkeypatch):
    """A secret that was replaced would be sent for ever."""
    clock = [0.0]
    monkeypatch.setattr("runtime.scheduling.monotonic", lambda: clock[0])
    reader = SecretReader(AwsClients("eu-west-1"))
    manager.answers = [found("a"), found("b"), found("c")]
    assert reader.live("acme", REFERENCES[:1])[0].reveal() == "a"
    clock[0] = 299.0
    assert reader.live("acme", REFERENCES[:1])[0].reveal() == "a"
    assert reader.live("acme", REFERENCES[:1], refresh=True)[0].reveal() == "b"
    clock[0] += 301
    assert reader.live("acme", REFERENCES[:1])[0].reveal() == "c"


@pytest.mark.parametrize("reference", ["logrouter/other/1", "logrouter/acme", "other/acme/1", "logrouter/acme-2/1"])
def test_another_tenants_secret_is_never_asked_for(manager, reference):
    """An item that was written by hand would send one customer's secret to another's endpoint."""
    with pytest.raises(BlockedByCustomerError, match="isn't its tenant's"):
        manager.reader.live("acme", [reference])
    assert not manager.requests


def refused(code, status=400):
    return whole(json.dumps({"__type": code, "message": "m"}).encode(), status)


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        (refused("ResourceNotFoundException"), BlockedByCustomerError, "secret-unusable"),
        (refused("InvalidRequestException"), BlockedByCustomerError, "secret-unusable"),
        (
            document({"ARN": "a", "Name": "n", "VersionId": "v", "SecretBinary": "AA=="}),
            BlockedByCustomerError,
            "secret-unusable",
        ),
        (refused("AccessDeniedException"), RetryableError, "own-access-denied"),
        (refused("DecryptionFailure"), RetryableError, "unexpected"),
        (refused("InternalServiceError", 500), RetryableError, "unavailable"),
        (document({"ARN": "a"}), RetryableError, "answer-incomplete"),
    ],
)
def test_what_a_secret_that_cannot_be_read_means(manager, answer, kind, reason):
    """A delivery would be parked for our own role's mistake, or tried for ever without its secret."""
    manager.answers = [answer]
    with pytest.raises(kind) as raised:
        manager.reader.live("acme", REFERENCES[:1])
    assert raised.value.reason == reason


def test_a_tenants_secrets_lie_under_its_own_name():
    """The roles' policies wouldn't find them."""
    assert tenants_prefix("acme") == "logrouter/acme/"
