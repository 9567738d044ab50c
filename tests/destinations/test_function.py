"""Deliveries to a customer's function on the embedded cloud: both hops, real invocations, each way to fail."""

import json
import uuid
from types import SimpleNamespace

import pytest

from local.accounts import EmbeddedAccounts
from local.emulator import CENTRAL_ACCOUNT, REGION, start
from ministack_fidelity.accounts import Keys
from ministack_fidelity.identities import make_role, statement, trust
from runtime.aws.clients import AwsClients
from runtime.backoff import Retry
from runtime.deliveries.function.config import FunctionConfig
from runtime.deliveries.function.delivery import FunctionDelivery
from runtime.deliveries.role_chain import RoleChain
from runtime.errors import BlockedByCustomerError, RetryableError
from tests.destinations.customer_function import REFUSED
from tests.destinations.deployed_function import deployed
from tests.destinations.relay import Answer, Relay
from tests.destinations.scene import KeptEvents, batch, delivery, handed_over, lines

pytestmark = pytest.mark.xdist_group("function")
CUSTOMER = "222222222222"
FUNCTION = f"arn:aws:lambda:{REGION}:{CUSTOMER}:function:"


class FunctionRelay(Relay):
    """Hands invocations on with what their answers' heads say."""

    def ask(self, path, headers, body):
        answer, content = self.exchange(path, headers, body)
        self.status = answer.status
        self.head = b"".join(
            f"{name}: {value}\r\n".encode() for name, value in answer.getheaders() if name.lower().startswith("x-amz")
        )
        return content


@pytest.fixture(scope="module")
def cloud(tmp_path_factory):
    """The embedded cloud without any stack: accounts, roles, functions."""
    server, process = start(tmp_path_factory.mktemp("cloud"), follow_starter=True)
    try:
        yield EmbeddedAccounts(server.endpoint_url, REGION)
    finally:
        server.end(process)


@pytest.fixture(scope="module")
def relay(cloud):
    with FunctionRelay(int(cloud.endpoint_url.rpartition(":")[2])).running() as found:
        yield found


@pytest.fixture(scope="module")
def roles(cloud):
    """The central role, and a customer's that may invoke its own functions."""
    central = make_role(cloud, CENTRAL_ACCOUNT, statement(["sts:AssumeRole", "sts:TagSession"]))
    trusted = trust(central, StringEquals={"sts:ExternalId": CENTRAL_ACCOUNT})
    invokes = statement("lambda:InvokeFunction", f"arn:aws:lambda:*:{CUSTOMER}:function:logs-*")
    return SimpleNamespace(central=central, customer=make_role(cloud, CUSTOMER, invokes, trusted=trusted))


@pytest.fixture
def function(cloud, tmp_path):
    """A function of the customer's."""
    return deployed(cloud, CUSTOMER, tmp_path)


@pytest.fixture
def send(cloud, relay, roles, function, monkeypatch):
    """Deliver batches, handed over ``attempts`` times at most; return the delivery and what was set aside."""
    relay.answer, relay.requests = Answer.WHOLE, 0
    for name, value in {
        "AWS_ACCESS_KEY_ID": CENTRAL_ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": Keys(CENTRAL_ACCOUNT).secret_key,
        "AWS_ENDPOINT_URL": cloud.endpoint_url,
        "AWS_ENDPOINT_URL_LAMBDA": relay.url,
    }.items():
        monkeypatch.setenv(name, value)
    clients = AwsClients(REGION)
    settings = SimpleNamespace(central_bucket="central", allow_loopback=True)
    kept = KeptEvents()
    services = SimpleNamespace(
        clients=clients, role_chain=RoleChain(clients, roles.central), settings=settings, marks=None
    )
    made = FunctionDelivery(services, set_aside=kept, retry=Retry(attempts=3, first=0.05, longest=0.2))

    def deliver(*batches, faults=(), name=None, attempts=4, **fields):
        function.fails(faults)
        given = {"log_distribution_role_arn": roles.customer, "function_arn": function.arn, **fields}
        config = FunctionConfig(tenant_id="acme-corp", type="function", **given)
        one = delivery(config, name=name or uuid.uuid4().hex)
        handed_over(made, one, batches, attempts)
        return one, [json.loads(literal) for _, literal in kept.events]

    yield deliver
    made.close()


def messages(planned):
    return [json.loads(literal) for literal in planned.literals]


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("raises twice, nothing kept", "raises"),
        ("keeps the events and raises, twice", "raises too late"),
        ("keeps the events and reaches its time limit, twice", "hangs"),
        ("keeps the events and returns nothing, twice", "returns nothing"),
        ("keeps the events and returns another thing, twice", "returns another thing"),
        ("fails for every second event, twice", "fails for some"),
    ],
)
def test_what_passes_loses_and_doubles_nothing(function, send, relay, ledger, *, name, fault):
    """Events that a customer's code failed with would be lost, or those that it kept come under other ids."""
    planned = batch(*lines(20))
    one, aside = send(planned, faults=[fault, fault])
    assert (one.progress.events, aside, relay.requests) == (20, [], 3)
    ledger.note("function", name, sent=messages(planned), arrived=function.arrived())


@pytest.mark.parametrize("answer", [Answer.LOST, Answer.CUT, Answer.CUT_IN_HEAD, Answer.EMPTY])
def test_an_answer_that_breaks_on_its_way_is_none(function, send, relay, ledger, answer):
    """What is cut would pass for an acknowledgement, or the events be kept twice."""
    planned = batch(*lines(20))
    relay.answer = answer
    with pytest.raises(RetryableError):
        send(planned, name="broken", attempts=1)
    relay.answer = Answer.WHOLE
    one, _ = send(planned, name="broken")
    assert one.progress.events == 20
    fault = f"the answer {answer}, after the function kept the events"
    ledger.note("function", fault, sent=messages(planned), arrived=function.arrived())


def test_a_delivery_that_is_killed_is_repeated_by_the_same_ids(function, send, ledger):
    """A function that keeps events by their ids would have them twice."""
    planned = batch(*lines(2_500))
    for _ in range(2):
        send(planned, name="same")
    fault = "killed before the checkpoint: sent again"
    ledger.note("function", fault, sent=messages(planned), arrived=function.arrived())


def test_an_event_that_is_refused_is_set_aside_alone(function, send, ledger):
    """Its neighbours would be refused with it, or sent again and again."""
    planned = batch("a", "b", REFUSED, "c")
    _, aside = send(planned)
    assert aside == [REFUSED]
    fault = "refuses one event"
    ledger.note("function", fault, sent=messages(planned), arrived=function.arrived(), aside=aside)


@pytest.mark.parametrize(
    ("fault", "fields", "reason"),
    [
        ("no such function", {"function_arn": f"{FUNCTION}logs-none"}, "function-missing"),
        ("the role may not invoke it", {"function_arn": f"{FUNCTION}other"}, "destination-denied"),
        ("no such role", {"log_distribution_role_arn": f"arn:aws:iam::{CUSTOMER}:role/none"}, "second-hop-denied"),
    ],
)
def test_what_the_customer_has_to_correct_waits(function, send, ledger, *, fault, fields, reason):
    """Events would be lost, or the function be asked for ever."""
    planned = batch(*lines(2))
    with pytest.raises(BlockedByCustomerError) as caught:
        send(planned, **fields)
    assert caught.value.reason == reason
    ledger.note("function", fault, sent=messages(planned), arrived=function.arrived(), parked=messages(planned))
