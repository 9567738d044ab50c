"""The client against HTTPS endpoints on loopback with real certificates: whom it believes, and how long it waits."""

import socket
import ssl
import threading
import tracemalloc
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from runtime.aws.connection_pool import ConnectionPool
from runtime.aws.http_transport import HttpTransport
from runtime.endpoints import client as module
from runtime.endpoints.address_book import AddressBook
from runtime.endpoints.client import EndpointClient
from runtime.errors import BlockedByCustomerError, DeliveryError, RetryableError
from runtime.time_budget import FOREVER, TimeBudget
from tests.unit.runtime.aws.service import whole


@pytest.fixture
def post(client, policy, authority):
    """Yield a function that posts to an endpoint, which it trusts."""

    def send(endpoint, *, url=None, ca=authority.pem, body=b"{}", budget=FOREVER, **headers):
        return client.post(policy.check(url or f"{endpoint.url}/in?x=1"), headers, body, budget, ca=ca)

    return send


def blocked(call):
    with pytest.raises(BlockedByCustomerError) as raised:
        call()
    assert (raised.value.call.hop, raised.value.call.action) == ("DESTINATION", "https:POST")
    assert raised.value.call.resource.startswith("https://localhost:")
    return raised.value


def retryable(call):
    with pytest.raises(RetryableError) as raised:
        call()
    return raised.value


def test_a_request_and_its_answer(serve, post):
    """Nothing would arrive, or an answer be believed that another endpoint gave."""
    endpoint = serve(whole(b"taken", status=202, extra="X-Y: z\r\n"), whole(b""))
    answer = post(endpoint, body=b"events", **{"content-type": "text/plain"})
    assert (answer.status, answer.body, answer.whole, answer.ok) == (202, b"taken", True, True)
    assert answer.headers["x-y"] == "z"
    assert post(endpoint).body == b""
    assert endpoint.connections == 1
    first, headers, body = endpoint.requests[0]
    assert (first, body) == (["POST", "/in?x=1"], b"events")
    assert headers == {
        "host": f"localhost:{endpoint.port}",
        "user-agent": "logrouter",
        "content-length": "6",
        "content-type": "text/plain",
    }


def test_an_authority_of_nobodys_is_not_trusted(serve, post):
    """Another machine in between would read a customer's logs."""
    error = blocked(lambda: post(serve(whole()), ca=None))
    assert (error.reason, "unknown authority" in error.detail) == ("tls-untrusted", True)


def test_a_certificate_for_another_name_is_refused(serve, post, authority):
    """Another machine at the address would be taken for the customer's."""
    error = blocked(lambda: post(serve(whole(), shows=authority.sign("other.example"))))
    assert (error.reason, "another name" in error.detail) == ("tls-untrusted", True)
    assert "valid today" in error.call.next_step


@pytest.mark.parametrize(("begins", "words"), [(2019, "has expired"), (2090, "isn't valid yet")])
def test_a_certificate_of_another_time_is_refused(serve, post, authority, begins, words):
    """A key that was given up would still open the customer's logs."""
    times = {"since": datetime(begins, 1, 1, tzinfo=UTC), "until": datetime(begins + 1, 1, 1, tzinfo=UTC)}
    error = blocked(lambda: post(serve(whole(), shows=authority.sign("localhost", **times))))
    assert (error.reason, words in error.detail) == ("tls-untrusted", True)


def test_a_connection_of_one_authority_is_not_used_under_another(serve, post):
    """A config without the authority would send over a connection that another config's trust has opened."""
    endpoint = serve(whole(), whole())
    assert post(endpoint).ok
    assert blocked(lambda: post(endpoint, ca=None)).reason == "tls-untrusted"
    assert len(endpoint.requests) == 1


def test_a_server_that_speaks_no_tls_may_come_to_itself(serve, post):
    """A proxy that restarts would park the customer's deliveries."""
    plain = socket.create_server(("127.0.0.1", 0))

    def answer():
        connection, _ = plain.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            connection.recv(4096)

    thread = threading.Thread(target=answer)
    thread.start()
    error = retryable(lambda: post(None, url=f"https://localhost:{plain.getsockname()[1]}/"))
    assert error.reason in ("tls-failed", "connection")
    thread.join()
    plain.close()


@pytest.mark.parametrize("cut", [b"", b"HTTP/1.1 200 O", b"HTTP/1.1 200 OK\r\n", whole(b"abc")[:-1]])
def test_an_answer_that_was_cut_acknowledges_nothing(serve, post, cut):
    """Events would be taken for delivered that the endpoint has never read."""
    assert retryable(lambda: post(serve(cut, closes=True))).reason == "connection"


def test_a_dripping_answer_ends_with_the_attempt(serve, post, monkeypatch):
    """One endpoint would hold a thread for as long as it likes."""
    monkeypatch.setattr(module, "ATTEMPT_SECONDS", 0.4)
    endpoint = serve([0.05, whole(b"x" * 1000)])
    assert retryable(lambda: post(endpoint)).reason == "timeout"


def test_an_endpoint_that_takes_a_request_bit_by_bit_ends_with_the_attempt(serve, post, monkeypatch):
    """Each record of TLS would have a time-out of its own, and the whole request none."""
    monkeypatch.setattr(module, "ATTEMPT_SECONDS", 0.4)
    endpoint = serve()
    released = threading.Event()

    def converse(connection):
        with suppress(OSError), endpoint._context.wrap_socket(connection, server_side=True):
            released.wait(9)

    endpoint.converse = converse
    assert retryable(lambda: post(endpoint, body=b"x" * 20_000_000)).reason == "timeout"
    released.set()


def test_the_budget_bounds_an_attempt(serve, post):
    """A function would be stopped in the middle, with its deliveries not handed over."""
    endpoint = serve([9.0, b"HT"])
    assert retryable(lambda: post(endpoint, budget=TimeBudget.of_seconds(0.3))).reason == "timeout"


def test_a_huge_answer_is_not_read(serve, post):
    """A customer's endpoint could fill the memory of every tenant's deliveries."""
    size = 300_000_000
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode()
    endpoint = serve(head + b"x" * 1_000_000)
    tracemalloc.start()
    answer = post(endpoint)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (answer.status, answer.whole, answer.ok, answer.body) == (200, False, False, b"")
    assert peak < 8_000_000


def test_no_redirect_is_followed(serve, post):
    """It would lead past every check of the address."""
    endpoint = serve(whole(status=307, extra="Location: http://169.254.169.254/\r\n"))
    assert post(endpoint).status == 307
    assert (endpoint.connections, len(endpoint.requests)) == (1, 1)


def test_a_proxy_of_the_environment_is_not_used(serve, post, monkeypatch):
    """It would connect to whatever address it finds for the name."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    assert post(serve(whole())).ok


def test_the_connection_goes_to_the_address_that_was_checked(serve, policy, authority):
    """A name could resolve to a public address for the check, and to a private one for the connection."""
    endpoint = serve(whole(), whole())
    asked = []

    def resolver(host, port):
        asked.append(host)
        return ["127.0.0.1" if len(asked) == 1 else "10.0.0.1"]

    client = EndpointClient(AddressBook(policy, resolver))
    for _ in range(2):
        assert client.post(policy.check(endpoint.url), {}, b"", FOREVER, ca=authority.pem).ok
    assert asked == ["localhost"]
    client.close()


def test_a_private_address_is_never_connected_to(serve, policy, authority):
    """The check would be made, and ignored."""
    client = EndpointClient(AddressBook(policy, lambda *_: ["169.254.169.254"]))
    error = blocked(lambda: client.post(policy.check("https://localhost:9/"), {}, b"", FOREVER, ca=authority.pem))
    assert error.reason == "address-refused"


def test_after_a_failure_the_next_address_is_tried(serve, policy, authority):
    """A host of which one machine is down would be down."""
    endpoint = serve(whole())
    client = EndpointClient(AddressBook(policy, lambda *_: ["127.0.0.2", "127.0.0.1"]))
    kinds = []
    for _ in range(2):
        try:
            kinds.append(client.post(policy.check(endpoint.url), {}, b"", FOREVER, ca=authority.pem).status)
        except DeliveryError as error:
            kinds.append(error.reason)
    assert kinds == ["connection", 200]
    client.close()


def test_a_name_that_is_not_resolved_in_time_is_retryable(policy):
    """A name server of a customer's that doesn't answer would hold the attempt past its deadline."""
    released = threading.Event()
    book = AddressBook(policy, lambda *_: released.wait(9) and [])
    with pytest.raises(RetryableError) as raised:
        book.address("localhost", 443, 0.05)
    assert raised.value.reason == "resolver-unavailable"
    released.set()


def test_a_header_that_is_no_header_is_the_customers(serve, post):
    """A secret with a line break would start another request, or be an unexpected error for ever."""
    error = blocked(lambda: post(serve(whole()), authorization="Bearer a\r\nb"))
    assert (error.reason, "Bearer" in str(error)) == ("unsafe-header", False)


def test_idle_connections_of_all_endpoints_are_bounded(serve, policy, authority):
    """A process with a thousand endpoints would run out of descriptors."""
    endpoints = [serve(whole(), whole()) for _ in range(4)]
    pool = ConnectionPool(per_peer=4, in_all=2)
    trusting = HttpTransport(authorities=lambda: ssl.create_default_context(cadata=authority.pem), pool=pool)
    client = EndpointClient(AddressBook(policy), transport=trusting)
    for endpoint in endpoints:
        assert client.post(policy.check(endpoint.url), {}, b"", FOREVER).ok
    assert len(pool) == 2
    for endpoint in reversed(endpoints):  # those that were used last are kept
        assert client.post(policy.check(endpoint.url), {}, b"", FOREVER).ok
    assert [endpoint.connections for endpoint in endpoints] == [2, 2, 1, 1]
    client.close()
    assert len(pool) == 0


def test_connections_of_an_authority_that_is_forgotten_are_closed(serve, client, policy, authority, monkeypatch):
    """A process with many customers' own authorities would keep each one's connections open."""
    monkeypatch.setattr(module, "AUTHORITIES", 1)
    endpoint = serve(whole(), whole())
    first = client.post(policy.check(endpoint.url), {}, b"", FOREVER, ca=authority.pem)
    (transport,) = client._private.values()
    assert first.ok
    assert len(transport._pool) == 1
    client._transport(authority.pem + "\n")
    assert (len(client._private), len(transport._pool)) == (1, 0)


def test_a_client_that_is_closed_leaves_no_thread(policy, serve, authority):
    """Each test delivery of a process would leave its resolver's threads behind."""
    before = set(threading.enumerate())
    client = EndpointClient(AddressBook(policy))
    assert client.post(policy.check(serve(whole()).url), {}, b"", FOREVER, ca=authority.pem).ok
    resolvers = [each for each in threading.enumerate() if each not in before and each.name.startswith("resolver")]
    client.close()
    client.close()
    for each in resolvers:
        each.join(5)
    assert [each.is_alive() for each in resolvers] == [False]
