"""Outside and session issuer together: a session for a message that was made inside, and for nothing else."""

import json
import threading
import time
from contextvars import Context, copy_context
from dataclasses import asdict, replace
from types import SimpleNamespace

import pytest

from runtime import scheduling
from runtime.aws.credentials import current_credentials
from runtime.deliveries.issued_sessions import PASS_REFUSED, IssuedSessions
from runtime.deliveries.passes import CLOCKS_DIFFER_SECONDS, MAX_AGE_SECONDS, Pass, PassKey
from runtime.deliveries.role_chain import RoleChain
from runtime.deliveries.sessions import CustomerSession
from runtime.delivery_config.methods import find_config_models
from runtime.delivery_config.repository import DeliveryConfigRepository
from runtime.endpoints.secrets import SecretReader
from runtime.errors import BlockedByCustomerError, RetryableError
from runtime.session_issuer import lambda_handler
from runtime.session_issuer.issuer import CONFIG_CHANGED, SessionIssuer
from tests.unit.runtime.aws_world import (
    CENTRAL_ACCOUNT,
    CENTRAL_ROLE,
    CUSTOMER_ROLE,
    Fault,
    in_memory,
    recording_clients,  # noqa: F401 - the fixture "clients"
)
from tests.unit.runtime.processor.world import CENTRAL, KEY, World

READER = f"arn:aws:iam::{CENTRAL_ACCOUNT}:role/OutsideReader"
SECRET = f"arn:aws:secretsmanager:us-east-1:{CUSTOMER_ROLE.split(':')[4]}:secret:endpoint-AbCdEf"
ASKED = Pass("acme-corp", "cloudwatch", CENTRAL, KEY, "v1")


class Invoked:
    """The function as ``lambda:Invoke`` reaches it, and what was sent."""

    def __init__(self, own, answer):
        self.own, self.answer, self.sent, self.headers = own, answer, [], {}

    def __call__(self, credentials, headers, body, *, key):
        assert key == "/2015-03-31/functions/issuer/invocations"
        assert credentials == self.own, "the outside asks as itself"
        self.sent.append(json.loads(body))
        # In a process of its own: nothing of who acts here is known there.
        return in_memory(200, Context().run(self.answer, self.sent[-1]), self.headers)


@pytest.fixture
def key(clients):
    made = clients.client("kms").create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")
    return PassKey(clients, made["KeyMetadata"]["KeyId"])


@pytest.fixture
def invoked(clients, key, monkeypatch):
    world = World(clients)
    world.put_config("cloudwatch", log_distribution_role_arn=CUSTOMER_ROLE, log_group_name="/acme")
    endpoint = {"url": "https://logs.example.com/in", "signing_secret": [SECRET]}
    world.put_config("webhook", log_distribution_role_arn=CUSTOMER_ROLE, **endpoint)
    configs = DeliveryConfigRepository(clients, "configs", find_config_models(), cache_seconds=0)
    issuer = SessionIssuer(clients, key, READER, RoleChain(clients, CENTRAL_ROLE), configs)
    monkeypatch.setattr(lambda_handler, "issuer", lambda: issuer)
    function = Invoked(
        clients.own_credentials(), lambda request: json.dumps(lambda_handler.handler(request, None)).encode()
    )
    usual = clients.direct_call
    monkeypatch.setattr(
        clients, "direct_call", lambda *of, **more: function if of == ("lambda", "Invoke") else usual(*of, **more)
    )
    return function


@pytest.fixture
def sessions(clients):
    return IssuedSessions(clients, "issuer", CENTRAL_ROLE)


def assumed(clients):
    return [request for request in clients.requested if "RoleArn" in request]


def test_a_pass_of_ours_opens_its_tenants_session(clients, key, invoked, sessions):
    """The outside could deliver nothing, or would act for a tenant without its tag."""
    with sessions.acting_for(key.seal(ASKED)):
        signer = current_credentials()
        assert sessions.central("acme-corp", {}) == signer
    assert current_credentials() is None
    (request,) = assumed(clients)
    assert request["RoleArn"] == READER
    assert request["Tags"] == [{"Key": "tenant_id", "Value": "acme-corp"}]


def test_a_tenants_session_is_asked_for_once(key, invoked, sessions):
    """Each message would cost an invocation and a call of STS."""
    for name in ("one", "another"):
        with sessions.acting_for(key.seal(replace(ASKED, key=KEY.replace("etcd-0", name)))):
            pass
    assert len(invoked.sent) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"tenant_id": "globex"},
        {"type": "s3"},
        {"bucket": "other"},
        {"key": KEY + "x"},
        {"version_id": "v2"},
        {"mac": "A" * 43 + "="},
        {"mac": f"{int(time.time())}-" + "A" * 43 + "="},
        {"mac": ""},
        {"tenant_id": "", "mac": "A" * 43 + "="},
    ],
)
def test_a_pass_over_something_else_opens_nothing(clients, key, invoked, sessions, change):
    """Whoever takes over the outside would act for any tenant."""
    with pytest.raises(RetryableError) as caught, sessions.acting_for(replace(key.seal(ASKED), **change)):
        pass
    assert caught.value.reason == PASS_REFUSED
    assert assumed(clients) == []


@pytest.mark.parametrize(
    ("age", "opens"),
    [(0, True), (29 * 86_400, True), (MAX_AGE_SECONDS + 60, False), (-CLOCKS_DIFFER_SECONDS - 60, False)],
)
@pytest.mark.usefixtures("invoked")
def test_a_pass_opens_nothing_once_every_message_is_gone_that_could_carry_it(key, sessions, monkeypatch, age, opens):
    """Who has once read a queue of the outside's would act for its tenants for ever."""
    sealed = sealed_at(key, monkeypatch, time.time() - age)
    if opens:
        with sessions.acting_for(sealed):
            assert current_credentials()
        return
    with pytest.raises(RetryableError) as caught, sessions.acting_for(sealed):
        pass
    assert caught.value.reason == PASS_REFUSED


def test_a_passes_date_is_part_of_its_code(clients, key, invoked, sessions, monkeypatch):
    """Whoever holds an old pass would write another date on it."""
    old = sealed_at(key, monkeypatch, time.time() - MAX_AGE_SECONDS - 60)
    forged = replace(old, mac=f"{int(time.time())}-{old.mac.partition('-')[2]}")
    with pytest.raises(RetryableError) as caught, sessions.acting_for(forged):
        pass
    assert caught.value.reason == PASS_REFUSED
    assert assumed(clients) == []


def sealed_at(key, monkeypatch, at):
    """Return a pass that was made at another time."""
    with monkeypatch.context() as then:
        then.setattr(scheduling, "now", lambda: at)
        return key.seal(ASKED)


@pytest.mark.parametrize("asked", [{}, {"pass": "x"}, {"pass": {"tenant_id": 1}}, {"session": "admin"}, {"pass": None}])
def test_what_is_no_request_opens_nothing(clients, key, invoked, asked):
    """An answer to anything unforeseen could be a session."""
    whole = {"session": "tenant", "pass": asdict(key.seal(ASKED)), **asked}
    whole = whole if asked else {}
    assert lambda_handler.handler(whole, None)["error"]["reason"] == PASS_REFUSED
    assert assumed(clients) == []


def test_another_tenants_session_is_never_the_one_at_hand(key, invoked, sessions):
    """A message of one tenant would be read with another's session."""
    with sessions.acting_for(key.seal(ASKED)), pytest.raises(RetryableError, match="no message of this tenant"):
        sessions.central("globex", {})


def test_a_thread_acts_in_a_copy_of_the_context(key, invoked, sessions):
    """A delivery's threads would act as the outside itself, which may do nothing."""
    found = []
    with sessions.acting_for(key.seal(ASKED)):
        thread = threading.Thread(target=copy_context().run, args=(lambda: found.append(current_credentials()),))
        thread.start()
        thread.join()
        assert found == [current_credentials()]


def test_the_customers_role_is_the_configs_own(clients, key, invoked, sessions):
    """A method with a second hop could not run outside, or would assume whatever role it names."""
    with sessions.acting_for(key.seal(ASKED)):
        assert sessions.customer("acme-corp", CUSTOMER_ROLE)
        with pytest.raises(RetryableError) as caught:
            sessions.customer("acme-corp", CUSTOMER_ROLE.replace("acme", "globex"))
        assert caught.value.reason == CONFIG_CHANGED
        with pytest.raises(RetryableError) as caught:
            sessions.customer("acme-corp", CUSTOMER_ROLE, "another-external-id")
        assert caught.value.reason == CONFIG_CHANGED
    assert [request["RoleArn"] for request in assumed(clients)] == [READER, CENTRAL_ROLE, CUSTOMER_ROLE]


def test_the_outside_reads_a_customers_own_secret_with_the_configs_role(clients, key, invoked, sessions):
    """The outside's own role would have to read secrets in every customer's account, or no such config be delivered."""
    asked = []

    def get_secret_value(credentials, request):
        asked.append((credentials, request))
        return {"SecretString": "whsec_theirs"}

    usual = clients.direct_call
    clients.direct_call = lambda *of, **more: (
        SimpleNamespace(members=get_secret_value) if of[0] == "secretsmanager" else usual(*of, **more)
    )
    role = CustomerSession(sessions, "acme-corp", CUSTOMER_ROLE, None)
    with sessions.acting_for(key.seal(replace(ASKED, type="webhook"))):
        (found,) = SecretReader(clients).live("acme-corp", [SECRET], role=role)
        assert asked == [(sessions.customer("acme-corp", CUSTOMER_ROLE), {"SecretId": SECRET})]
    assert found.reveal() == "whsec_theirs"
    assert [request["RoleArn"] for request in assumed(clients)] == [READER, CENTRAL_ROLE, CUSTOMER_ROLE]


def test_a_customers_refusal_stays_a_customers(clients, key, invoked, sessions):
    """A role that the customer has closed would count as our outage, and be tried for ever."""
    with sessions.acting_for(key.seal(ASKED)):
        clients.faults["AssumeRole"] = Fault("AccessDenied", 403, after=1)
        with pytest.raises(BlockedByCustomerError) as caught:
            sessions.customer("acme-corp", CUSTOMER_ROLE)
    assert caught.value.reason == "second-hop-denied"
    assert caught.value.call.hop == "CUSTOMER"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [(b"", "answer-incomplete"), (b"[]", "answer-incomplete"), (b'{"credentials":{"token":""}}', "answer-incomplete")],
)
def test_an_answer_without_a_session_is_none(key, invoked, sessions, answer, reason):
    """A cut or empty answer would be taken for the outside's own credentials."""
    invoked.answer = lambda _: answer
    with pytest.raises(RetryableError) as caught, sessions.acting_for(key.seal(ASKED)):
        pass
    assert caught.value.reason == reason


def test_a_failed_function_is_our_outage(key, invoked, sessions):
    """Its error document would be read as an answer."""
    invoked.headers = {"x-amz-function-error": "Unhandled"}
    with pytest.raises(RetryableError) as caught, sessions.acting_for(key.seal(ASKED)):
        pass
    assert caught.value.reason == "unavailable"


def test_a_session_that_has_expired_is_asked_for_again(key, invoked, sessions):
    """A process would fail for the rest of its life after one expired token."""
    with sessions.acting_for(key.seal(ASKED)):
        signer = current_credentials()
        sessions.invalidate(signer)
        assert sessions.central("acme-corp", {}) != signer
    assert len(invoked.sent) == 2


def test_kms_down_is_our_outage(clients, key, invoked, sessions):
    """Messages would be dead letters for an outage of KMS."""
    signed = key.seal(ASKED)
    clients.faults["VerifyMac"] = Fault("KMSInternalException", 500)
    with pytest.raises(RetryableError) as caught, sessions.acting_for(signed):
        pass
    assert caught.value.reason != PASS_REFUSED


def test_nothing_secret_is_logged(caplog, key, invoked, sessions):
    """A session would lie in the provider's log."""
    caplog.set_level("DEBUG")
    signed = key.seal(ASKED)
    with sessions.acting_for(signed):
        signer = current_credentials()
    for record in caplog.records:
        text = str(record.__dict__)
        assert signer.secret_key not in text
        assert signer.token not in text
        assert signed.mac not in text


def test_every_part_of_a_pass_is_in_its_code():
    """A field that isn't could be changed by whoever holds the message."""
    usual = ASKED.digest(1)
    assert ASKED.digest(2) != usual
    for name in ("tenant_id", "type", "bucket", "key", "version_id"):
        assert replace(ASKED, **{name: "other"}).digest(1) != usual
    shifted = replace(ASKED, type=ASKED.type[:-1], bucket=ASKED.type[-1] + ASKED.bucket)
    assert shifted.digest(1) != usual
    assert Pass.of_test("acme-corp", "cloudwatch", KEY).digest(1) != replace(ASKED, version_id="").digest(1)
