"""The one transport against a server on loopback: what leaves, what comes back, and what is no whole response."""

import gc
import socket
import ssl
import threading
from contextlib import suppress
from datetime import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from runtime.aws.http_transport import CallLimits, HttpTransport, trusted_by_the_sdk
from runtime.aws.proxies import Proxies
from runtime.aws.request_head import UnsafeRequestError, request_head
from runtime.aws.response import ConnectionClosedError, ResponseTooLargeError
from tests.unit.runtime.aws.service import Server, whole

LIMITS = CallLimits(connect_seconds=5, read_seconds=5, total_seconds=5)


@pytest.fixture
def serve():
    """Yield a function that starts a server."""
    started = []

    def start(*answers, closes=False):
        started.append(Server(*answers, closes=closes))
        return started[-1]

    yield start
    for server in started:
        server.close()


@pytest.fixture
def transport():
    """A transport whose connections are closed in the end."""
    made = HttpTransport()
    yield made
    made.forget()


def send(transport, server, limits=LIMITS, method="GET", **options):
    return transport.send(method, getattr(server, "url", server), "/", {"host": "h"}, b"", limits=limits, **options)


def fetch(transport, server, sizes=(-1,), **options):
    response = send(transport, server, **options)
    return b"".join(response.read(size) for size in sizes)


def test_a_connection_is_used_again(serve, transport):
    """Each small object would pay for connections, and for TLS."""
    server = serve(*[whole(b"x" * size) for size in (0, 5, 70_000)])
    assert [len(fetch(transport, server)) for _ in range(3)] == [0, 5, 70_000]
    assert server.connections == 1


def test_a_connection_that_the_service_has_closed_is_not(serve, transport):
    """The first call after a pause would fail."""
    server = serve(whole(b"a"), None)
    assert fetch(transport, server) == b"a"
    ((idle,),) = transport._pool._idle.values()
    idle.shutdown(socket.SHUT_WR)  # the server sees an end, and closes
    idle.recv(1, socket.MSG_PEEK)
    server.answers = [whole(b"b")]
    assert fetch(transport, server) == b"b"
    assert server.connections == 2


def test_a_response_not_read_to_its_end_ends_its_connection(serve, transport):
    """The rest of one object would be taken for the next response."""
    server = serve(whole(b"abc"), whole(b"d"))
    response = send(transport, server)
    assert response.read(1) == b"a"
    response.close()
    assert fetch(transport, server) == b"d"
    assert server.connections == 2


@pytest.mark.parametrize(
    "framed",
    [
        (b"HTTP/1.1 100 Continue\r\n\r\n" + whole(b"abc"), b"abc", True),
        (whole(b"abc", extra="Connection: close\r\n"), b"abc", False),
        (b"HTTP/1.1 204 X\r\n\r\n", b"", True),
        (
            b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nA: b\r\n\r\n",
            b"abcde",
            True,
        ),
        (b"HTTP/1.0 200 X\r\nContent-Length: 3\r\n\r\nabc", b"abc", False),
        (whole(b"abc") + b"HTTP/1.1 200 another's", b"abc", False),
    ],
)
@pytest.mark.parametrize("sizes", [(-1,), (1, 2, 3, 4, 5, 6, 7)])
def test_every_framing_of_a_body_is_read(serve, transport, framed, sizes):
    """A proxy, or another emulator, frames its responses in another way."""
    raw, body, again = framed
    server = serve(raw, whole(b"next"))
    assert fetch(transport, server, sizes) == body
    assert fetch(transport, server) == b"next"
    assert server.connections == (1 if again else 2)


def test_a_head_request_has_no_body(serve, transport):
    """The next response would be waited for as the body that the length speaks of."""
    server = serve(b"HTTP/1.1 200 X\r\nContent-Length: 7\r\n\r\n", whole(b"next"))
    assert fetch(transport, server, method="HEAD") == b""
    assert fetch(transport, server) == b"next"
    assert server.connections == 1


@pytest.mark.parametrize(
    "raw",
    [
        None,
        b"HTTP/1.1 200 O",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nx-amzn-RequestId: r\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n",
        b"HTTP/1.1 204 No Content\r\nx-amz-request-id: r\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n",
    ],
)
def test_a_response_that_was_cut_is_no_response(serve, transport, raw):
    """A connection closed in the head or before the body's end would be a success, or an empty or short object."""
    server = serve(raw, closes=True)
    with pytest.raises(ConnectionClosedError):
        fetch(transport, server)
    assert not any(transport._pool._idle.values())


@pytest.mark.parametrize(
    "raw",
    [
        b"SMTP ready\r\n\r\n",
        b"HTTP/1.1 2000 X\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 X\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.1 200 X\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 X\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"HTTP/1.1 200 X\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 X\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\n",
        b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}more\r\n0\r\n\r\n",
        b"HTTP/1.1 200 X\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 X\r\nA: b\r\n folded\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_what_is_no_response_is_a_connection_that_failed(serve, transport, raw):
    """What two readers could understand in two ways would be taken for one of them."""
    with pytest.raises(ConnectionClosedError):
        fetch(transport, serve(raw))


@pytest.mark.parametrize(
    ("answer", "streams"),
    [
        ([0.05, whole(b"{}")], False),
        ([0.05, whole(b"{}")], True),
        ([0.0, whole(b"x" * 100)[:-90]], False),
    ],
    ids=["drips", "a streamed head drips", "hangs in the body"],
)
def test_an_attempt_ends_however_its_response_drips(serve, transport, answer, streams):
    """A service that sends a byte now and then would hold a delivery for as long as it likes."""
    limits = CallLimits(connect_seconds=5, read_seconds=0.2, total_seconds=0.3)
    with pytest.raises(TimeoutError):
        fetch(transport, serve(answer), limits=limits, streams=streams)


def test_a_streamed_body_may_take_longer_than_the_attempt(transport, monkeypatch):
    """A large object that is sent on while it is read would never be read to its end."""
    ours, theirs = socket.socketpair()
    monkeypatch.setattr(transport._pool, "take", lambda _: ours)
    clock = [0.0]
    monkeypatch.setattr("runtime.scheduling.monotonic", lambda: clock[0])
    with theirs:
        theirs.sendall(whole(b"xxxx"))
        response = send(transport, "http://h", streams=True)
        clock[0] = 1000.0
        assert response.read(4) == b"xxxx"
    transport.forget()


def test_no_more_of_a_body_is_read_than_the_caller_wants(serve, transport):
    """A customer's endpoint could fill the memory."""
    limits = CallLimits(5, 5, 5, max_body_bytes=10)
    chunks = b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n6\r\nabcdef\r\n0\r\n\r\n"
    server = serve(whole(b"x" * 10), whole(b"x" * 11), chunks)
    assert fetch(transport, server, limits=limits) == b"x" * 10
    for _ in range(2):
        with pytest.raises(ResponseTooLargeError):
            fetch(transport, server, limits=limits)
    assert not any(transport._pool._idle.values())


def test_a_redirect_is_a_response_like_any_other(serve, transport):
    """A customer's endpoint would lead the processor to an address that nobody has checked."""
    elsewhere = serve(whole(b"secret"))
    server = serve(whole(b"", 307, f"Location: {elsewhere.url}/\r\n"))
    assert send(transport, server).status == 307
    assert elsewhere.requests == []


BAD = ["a\r\nb", "a\nb", "a\rb", "a\0b", "a\tb", "é", "\u2028", "a\x7fb"]


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("where", ["value", "name", "target", "method"])
def test_nothing_but_visible_ascii_leaves_in_a_head(serve, transport, bad, where):
    """A field of a message would send a request of its own on a connection that the next tenant uses."""
    server = serve(whole(b"mine"), whole(b"the next tenant's"))
    parts = {"value": "v", "name": "n", "target": "/", "method": "GET"} | {
        where: f"/{bad}" if where == "target" else bad
    }
    with pytest.raises(UnsafeRequestError) as raised:
        transport.send(
            parts["method"], server.url, parts["target"], {parts["name"]: parts["value"]}, b"", limits=LIMITS
        )
    assert bad not in str(raised.value)
    assert fetch(transport, server) == b"mine"
    assert [request for request, _, _ in server.requests] == [["GET", "/"]]


@pytest.mark.parametrize(
    ("method", "target", "headers"),
    [
        ("GET", "/ HTTP/1.1", {}),
        ("GET /", "/", {}),
        ("GET", "/", {"a b": "c"}),
        ("GET", "/", {"a:b": "c"}),
        ("GET", "", {}),
    ],
)
def test_a_blank_or_colon_moves_nothing_into_another_place(method, target, headers):
    """A target could bring a version of its own, a name a value."""
    with pytest.raises(UnsafeRequestError):
        request_head(method, target, headers)


def test_a_header_may_hold_blanks():
    """No signed request could be sent."""
    assert request_head("GET", "/a?b=c", {"h": "a b, c"}) == b"GET /a?b=c HTTP/1.1\r\nh: a b, c\r\n\r\n"


def test_a_service_that_does_not_answer_is_a_timeout(transport):
    """A hanging service would be known as something else, or hold the delivery for ever."""
    limits = CallLimits(connect_seconds=5, read_seconds=0.05, total_seconds=5)
    with socket.create_server(("127.0.0.1", 0)) as listening, pytest.raises(TimeoutError):
        send(transport, f"http://127.0.0.1:{listening.getsockname()[1]}", limits)


def test_a_service_that_is_not_there_is_a_connection_that_failed(transport):
    """A network failure would not be known as one that passes."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}"
    with pytest.raises(ConnectionClosedError, match="ConnectionRefusedError"):
        send(transport, url)


def test_a_checked_address_is_connected_to_whatever_the_name_says(serve, transport):
    """Between check and connection a customer's name could point to an address of ours."""
    server = serve(whole(b"a"), whole(b"b"))
    url = f"http://name.invalid:{server.port}"
    assert fetch(transport, url, address="127.0.0.1") == b"a"
    assert fetch(transport, url, address="127.0.0.1") == b"b"
    assert server.connections == 1
    with pytest.raises(ConnectionClosedError):
        fetch(transport, url)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate of ``localhost`` that nobody has signed but itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, datetime(2020, 1, 1), datetime(2100, 1, 1))  # noqa: DTZ001 - UTC
    made = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False).sign(
        key, hashes.SHA256()
    )
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    pem = serialization.Encoding.PEM
    file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()) + made.public_bytes(pem)
    )
    return file


@pytest.fixture
def secure(serve, certificate):
    """A server that speaks TLS as ``localhost``."""
    server = serve(whole(b"a" * 70_000), whole(b"b"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    plain = server.converse

    def converse(connection):
        with suppress(OSError):
            plain(context.wrap_socket(connection, server_side=True))

    server.converse = converse
    server.url = f"https://localhost:{server.port}"
    return server


@pytest.fixture
def trusting(certificate):
    """A transport that trusts that certificate, as ``AWS_CA_BUNDLE`` would have it."""
    made = HttpTransport(authorities=lambda: trusted_by_the_sdk(str(certificate)))
    yield made
    made.forget()


def test_a_call_over_tls_is_made_and_its_connection_kept(trusting, secure):
    """No call to a real service would work."""
    body = b"x" * 1_000_000
    headers = {"host": "h", "content-length": str(len(body))}
    assert trusting.send("POST", secure.url, "/", headers, body, limits=LIMITS).read(-1) == b"a" * 70_000
    assert fetch(trusting, secure) == b"b"
    assert secure.connections == 1


def test_nobody_is_trusted_whom_the_sdk_does_not_trust(transport, secure):
    """Whoever stands in between would read every tenant's logs."""
    with pytest.raises(ConnectionClosedError, match="SSLCertVerificationError"):
        send(transport, secure)


def test_the_name_is_verified_at_a_checked_address(trusting, secure):
    """Another machine at the checked address would be taken for the customer's endpoint."""
    assert len(fetch(trusting, secure, address="127.0.0.1")) == 70_000
    with pytest.raises(ConnectionClosedError, match="SSLCertVerificationError"):
        send(trusting, f"https://other.example:{secure.port}", address="127.0.0.1")


class ConnectProxy(Server):
    """A proxy: connects to a port of loopback, whatever the host, and passes bytes on."""

    def __init__(self, port, answer=b"HTTP/1.1 200 Connection established\r\n\r\n"):
        self.to, self.answer = port, answer
        super().__init__()

    def converse(self, connection):
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += connection.recv(1)
        self.requests.append(head.decode())
        connection.sendall(self.answer)
        if b" 200 " not in self.answer:
            connection.close()
            return
        with connection, socket.create_connection(("127.0.0.1", self.to)) as there:
            threading.Thread(target=_pass_on, args=(there, connection), daemon=True).start()
            _pass_on(connection, there)


def _pass_on(source, sink):
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def test_a_proxy_of_the_environment_is_used_for_tls(secure, certificate):
    """Where the network lets nothing out but by its proxy, no call would work."""
    proxy = ConnectProxy(secure.port)
    proxies = Proxies.from_environment({"https_proxy": f"http://user:p%40ss@127.0.0.1:{proxy.port}"})
    transport = HttpTransport(proxies=proxies, authorities=lambda: trusted_by_the_sdk(str(certificate)))
    assert len(fetch(transport, secure)) == 70_000
    transport.forget()
    proxy.close()
    (head,) = proxy.requests
    assert head.splitlines()[0] == f"CONNECT localhost:{secure.port} HTTP/1.1"
    assert "proxy-authorization: Basic dXNlcjpwQHNz" in head


def test_a_proxy_that_refuses_is_a_connection_that_failed(secure):
    """Its page would be taken for the service's response."""
    proxy = ConnectProxy(secure.port, b"HTTP/1.1 407 No\r\nContent-Length: 2\r\n\r\n{}")
    transport = HttpTransport(proxies=Proxies.from_environment({"HTTPS_PROXY": f"127.0.0.1:{proxy.port}"}))
    with pytest.raises(ConnectionClosedError, match="407"):
        send(transport, secure)
    proxy.close()


@pytest.mark.parametrize(
    ("exempt", "direct"),
    [
        ("", False),
        ("*", True),
        ("sqs.us-east-1.amazonaws.com", True),
        (" .amazonaws.com ,x", True),
        ("amazonaws.com", True),
        ("zonaws.com", False),
    ],
)
def test_hosts_that_are_exempt_are_reached_directly(exempt, direct):
    """Calls to an endpoint inside the network would leave it."""
    proxies = Proxies.from_environment({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": exempt})
    assert (proxies.of("sqs.us-east-1.amazonaws.com") is None) is direct


def test_a_proxy_that_is_reached_by_tls_is_refused_at_once():
    """It would be talked to in plain text."""
    with pytest.raises(ValueError, match="unsupported"):
        Proxies.from_environment({"HTTPS_PROXY": "https://proxy:3128"})


def test_a_transport_that_is_gone_leaves_no_connection(serve):
    """A command that made one would end with its connections open; a process that makes many, run out of them."""
    server = serve(whole(b""))
    transport = HttpTransport()
    fetch(transport, server)
    (connection,) = next(iter(transport._pool._idle.values()))
    cycle = [transport]
    cycle.append(cycle)  # as clients are: found by the collector alone
    del transport, cycle
    gc.collect()
    assert connection.fileno() == -1
