"""Secrets: nothing prints them, a rotation is seen, another tenant's are never read."""

import copy
import io
import json
import logging
import pickle
import traceback
from contextlib import contextmanager
from dataclasses import asdict, dataclass

import pytest
from pydantic import BaseModel, ConfigDict

from runtime.aws.clients import AwsClients
from runtime.aws.credentials import Credentials
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


ROLE = "arn:aws:iam::222222222222:role/CustomerLogDistributionRole/acme"
THEIRS = "arn:aws:secretsmanager:us-west-2:222222222222:secret:webhook-AbCdEf"


class Role:
    """A customer's role, whose session may expire."""

    def __init__(self, arn=ROLE, key="THEIRS"):
        self.role_arn, self.key, self.expired = arn, key, []

    def credentials(self):
        return Credentials(self.key, "secret", "token", 0.0)

    @contextmanager
    def renewed(self):
        try:
            yield
        except RetryableError as error:
            self.expired.append(error.reason)
            raise


def test_a_customers_own_secret_is_read_with_its_role_in_its_region(manager):
    """Our own role would need to read secrets in every customer's account."""
    manager.answers = [found("theirs"), found("ours"), found("changed")]
    first, second = manager.reader.live("acme", [THEIRS, REFERENCES[0]], role=Role())
    assert (first.reveal(), second.reveal()) == ("theirs", "ours")
    asked = [(json.loads(body)["SecretId"], head["authorization"]) for _, head, body in manager.requests]
    assert [reference for reference, _ in asked] == [THEIRS, REFERENCES[0]]
    assert "Credential=THEIRS/" in asked[0][1]
    assert "/us-west-2/secretsmanager/" in asked[0][1]
    assert "Credential=x/" in asked[1][1]
    assert manager.reader.live("acme", [THEIRS], role=Role())[0].reveal() == "theirs"
    assert manager.reader.live("acme", [THEIRS], role=Role(), refresh=True)[0].reveal() == "changed"


def test_what_one_role_has_read_is_no_other_tenants_and_no_other_roles(manager):
    """A config that names another customer's secret would get it from our memory, whatever its role may read."""
    manager.answers = [found("theirs"), refused("AccessDeniedException"), refused("AccessDeniedException")]
    assert manager.reader.live("acme", [THEIRS], role=Role())
    for tenant, role in (("globex", Role()), ("acme", Role(ROLE + "2"))):
        with pytest.raises(BlockedByCustomerError, match="secret-denied"):
            manager.reader.live(tenant, [THEIRS], role=role)
    assert len(manager.requests) == 3


@pytest.mark.parametrize(
    ("reference", "role", "words"),
    [
        (THEIRS, None, "needs log_distribution_role_arn"),
        (THEIRS.replace("2222:", "2223:"), Role(), "in the account of"),
        (THEIRS.replace("arn:aws:", "arn:aws-cn:"), Role(), "in the account of"),
        (THEIRS + "?x", Role(), "isn't its tenant's"),
        (THEIRS.replace("us-west-2", "attacker.example"), Role(), "isn't its tenant's"),
    ],
)
def test_a_secret_in_another_account_than_the_roles_is_never_asked_for(manager, reference, role, words):
    """An item that was written by hand would read whatever some role of somebody's may."""
    with pytest.raises(BlockedByCustomerError, match=words) as raised:
        manager.reader.live("acme", [reference], role=role)
    assert raised.value.reason == "secret-unusable"
    assert not manager.requests


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        (refused("AccessDeniedException"), BlockedByCustomerError, "secret-denied"),
        (refused("ResourceNotFoundException"), BlockedByCustomerError, "secret-unusable"),
        (refused("DecryptionFailure"), BlockedByCustomerError, "secret-unusable"),
        (refused("ThrottlingException"), RetryableError, "throttled"),
        (refused("ExpiredTokenException"), RetryableError, "expired-token"),
        (document({"ARN": "a"}), RetryableError, "answer-incomplete"),
    ],
)
def test_what_a_customers_secret_that_cannot_be_read_means(manager, answer, kind, reason):
    """A customer's mistake would look like ours, or an expired session be used for ever."""
    manager.answers, role = [answer], Role()
    with pytest.raises(kind) as raised:
        manager.reader.live("acme", [THEIRS], role=role)
    assert (raised.value.reason, raised.value.call.hop) == (reason, "DESTINATION")
    assert role.expired == ([reason] if kind is RetryableError else [])
