"""Calls past the SDK altogether, against a server of our own on loopback: what leaves, what comes back, what fails."""

import json
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from botocore.session import Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from runtime.aws.answers import BrokenOffError
from runtime.aws.connections import Connections

from runtime.aws.clients import AwsClients
from runtime.aws.credentials import Credentials, use_credentials
from runtime.aws.endpoints import is_plain, plain_endpoint

CREDENTIALS = Credentials("AKIDEXAMPLE", "secret", "token", 0.0)
SERVICES = {
    "logs": "PutLogEvents",
    "s3": "GetObject",
    "sqs": "ReceiveMessage",
    "dynamodb": "Query",
    "sts": "AssumeRole",
}
SESSION = (
    "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s/+</SecretAccessKey>"
    "<SessionToken>t==</SessionToken><Expiration>2026-11-23T10:00:00Z</Expiration></Credentials></AssumeRoleResult>"
    "</AssumeRoleResponse>"
)
ASSUME = {
    "RoleArn": "arn:aws:iam::111111111111:role/a",
    "RoleSessionName": "acme",
    "DurationSeconds": 3600,
    "Policy": '{"Statement":[]}',
    "Tags": [{"Key": "tenant_id", "Value": "a&b é"}],
}
RECEIVE = {"QueueUrl": "http://q/1/objects", "MaxNumberOfMessages": 10, "WaitTimeSeconds": 20}


class Server:
    """Answers each request with the next answer (bytes as they are; ``None``: closes the connection)."""

    def __init__(self, *answers):
        self.answers, self.requests, self.connections = list(answers), [], 0
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listening.getsockname()[1]}"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.converse, args=(connection,), daemon=True).start()

    def converse(self, connection):
        with connection, connection.makefile("rb") as stream:
            while first := stream.readline():
                headers = {}
                while line := stream.readline().strip():
                    name, _, value = line.decode().partition(": ")
                    headers[name.lower()] = value
                body = stream.read(int(headers.get("content-length", 0)))
                self.requests.append((first.decode().split()[:2], headers, body))
                answer = self.answers.pop(0) if self.answers else None
                if answer is None:
                    return
                connection.sendall(answer)


def answered(body=b"", status=200, extra=""):
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{extra}\r\n".encode() + body


@pytest.fixture
def serve(monkeypatch):
    """Give a function that starts a server, and clients that find it."""
    started, made = [], []
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "OWN")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)

    def start(*answers):
        server = Server(*answers)
        started.append(server)
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        made.append(AwsClients("us-east-1", plain=True))
        return server, made[-1]

    yield start
    for clients in made:
        clients.forget()
    for server in started:
        server.listening.close()


@pytest.fixture
def pool():
    """Connections that are closed in the end."""
    made = Connections(connect_seconds=5, read_seconds=5, idle=4)
    yield made
    made.forget()


def fetch(pool, server, read=(-1,)):
    answer = pool.send("GET", server.url, "/", {"host": "h"}, b"")
    return b"".join(answer.read(size) for size in read)


@pytest.mark.parametrize(
    ("service", "operation", "request_", "good"),
    [
        ("sqs", "ReceiveMessage", RECEIVE, b'{"Messages":[{"MessageId":"m","ReceiptHandle":"r","Body":"b"}]}'),
        (
            "sqs",
            "DeleteMessageBatch",
            {"QueueUrl": "http://q/1/o", "Entries": [{"Id": "0", "ReceiptHandle": "é"}]},
            b"{}",
        ),
        ("dynamodb", "Query", {"TableName": "t", "KeyConditionExpression": "a = :a"}, b'{"Items":[{"n":{"N":"1"}}]}'),
        ("sts", "AssumeRole", ASSUME, SESSION.encode()),
    ],
)
def test_a_call_is_what_the_client_would_have_sent_and_answered(serve, service, operation, request_, good):
    """A service would refuse the call, or its answer be misread."""
    server, clients = serve(answered(good), answered(good))
    ours = clients.call(service, operation, request_)
    theirs = AwsClients("us-east-1", plain=False).call(service, operation, request_)
    theirs.pop("ResponseMetadata")
    assert {name: ours[name] for name in theirs} == theirs
    (first, mine, my_body), (second, sdks, sdk_body) = server.requests
    assert first == second
    for name in ("content-type", "x-amz-target", "host"):
        assert mine.get(name) == sdks.get(name)
    assert _members(my_body) == _members(sdk_body)
    assert "Credential=OWN/" in mine["authorization"]
    assert "x-amz-security-token" not in mine


def _members(body):
    text = body.decode()
    return json.loads(text) if text.startswith("{") else sorted(text.split("&"))


def test_an_acting_role_signs(serve):
    """The second hop would be asked for by the processor itself."""
    server, clients = serve(answered(SESSION.encode()))
    with use_credentials(CREDENTIALS):
        clients.call("sts", "AssumeRole", ASSUME)
    ((_, headers, _),) = server.requests
    assert "Credential=AKIDEXAMPLE/" in headers["authorization"]
    assert headers["x-amz-security-token"] == "token"


@pytest.mark.parametrize("bad", [answered(b"{}", 500), answered(b"no json"), None, b"rubbish\r\n\r\n"])
def test_what_is_not_answered_well_is_asked_again_through_the_client(serve, bad):
    """A queue that fails once would not be asked again, or its error be a made-up one."""
    server, clients = serve(bad, answered(b'{"Messages":[]}'))
    assert clients.call("sqs", "ReceiveMessage", RECEIVE)["Messages"] == []
    assert len(server.requests) == 2


def test_a_refusal_is_the_clients_own_error(serve):
    """A denied role could not be told from a network failure."""
    denied = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"
    _, clients = serve(answered(denied, 403), answered(denied, 403))
    with pytest.raises(Exception, match="AccessDenied") as raised:
        clients.call("sts", "AssumeRole", ASSUME)
    assert raised.value.response["Error"]["Code"] == "AccessDenied"


def test_an_error_past_the_client_is_the_clients_own(serve):
    """A missing log stream would not be created."""
    _, clients = serve(answered(b'{"__type":"ResourceNotFoundException","message":"m"}', 400))
    call = clients.direct_call("logs", "PutLogEvents")
    with pytest.raises(clients.client("logs").exceptions.ResourceNotFoundException):
        call.content(call(CREDENTIALS, {}, b"{}"))


def test_a_connection_is_used_again(serve, pool):
    """Each small object would pay for connections, and for TLS."""
    server, _ = serve(*[answered(b"x" * size) for size in (0, 5, 70_000)])
    assert [len(fetch(pool, server)) for _ in range(3)] == [0, 5, 70_000]
    assert server.connections == 1


def test_a_connection_that_the_service_has_closed_is_not(serve, pool):
    """The first call after a pause would fail."""
    server, _ = serve(answered(b"a"), None)
    assert fetch(pool, server) == b"a"
    (idle,) = pool._idle[server.url]
    idle.shutdown(socket.SHUT_WR)  # the server sees an end, and closes
    idle.recv(1, socket.MSG_PEEK)
    server.answers = [answered(b"b")]
    assert fetch(pool, server) == b"b"
    assert server.connections == 2


def test_an_answer_not_read_to_its_end_ends_its_connection(serve, pool):
    """The rest of one object would be taken for the next answer."""
    server, _ = serve(answered(b"abc"), answered(b"d"))
    answer = pool.send("GET", server.url, "/", {"host": "h"}, b"")
    assert answer.read(1) == b"a"
    answer.close()
    assert fetch(pool, server) == b"d"
    assert server.connections == 2


@pytest.mark.parametrize(
    "framed",
    [
        (b"HTTP/1.1 100 Continue\r\n\r\n" + answered(b"abc"), b"abc", True),
        (answered(b"abc", extra="Connection: close\r\n"), b"abc", False),
        (b"HTTP/1.1 204 X\r\n\r\n", b"", True),
        (
            b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nA: b\r\n\r\n",
            b"abcde",
            True,
        ),
        (b"HTTP/1.0 200 X\r\nContent-Length: 3\r\n\r\nabc", b"abc", False),
    ],
)
@pytest.mark.parametrize("read", [(-1,), (1, 2, 3, 4, 5, 6, 7)])
def test_every_framing_of_a_body_is_read(pool, serve, framed, read):
    """A proxy, or another emulator, frames its answers in another way."""
    raw, body, again = framed
    server, _ = serve(raw, answered(b"next"))
    assert fetch(pool, server, read) == body
    assert fetch(pool, server) == b"next"
    assert server.connections == (1 if again else 2)


@pytest.mark.parametrize(
    "raw",
    [
        None,
        b"SMTP ready\r\n\r\n",
        b"HTTP/1.1 200 X\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_no_answer_is_a_connection_that_failed(pool, serve, raw):
    """It would be taken for something else than a failure that passes."""
    server, _ = serve(raw)
    with pytest.raises(BrokenOffError):
        fetch(pool, server)


@pytest.mark.parametrize("head", ["Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n"])
def test_an_answer_that_ends_early_is_not_taken_for_a_short_one(pool, head):
    """An object whose transfer broke off would be taken for a corrupt one, and be settled."""
    ours, theirs = socket.socketpair()
    theirs.sendall(f"HTTP/1.1 200 X\r\n{head}\r\n".encode() + (b"5\r\nabc" if "chunked" in head else b"abc"))
    pool._take = lambda _: ours
    answer = pool.send("GET", "http://h", "/", {"host": "h"}, b"")
    theirs.close()
    assert answer.read(3) == b"abc"
    with pytest.raises(BrokenOffError):
        answer.read(3)


def test_a_service_that_does_not_answer_is_a_timeout(serve):
    """A hanging service would be known as something else, or hold the delivery for ever."""
    listening = socket.create_server(("127.0.0.1", 0))
    pool = Connections(connect_seconds=5, read_seconds=0.05, idle=1)
    with listening, pytest.raises(TimeoutError):
        pool.send("GET", f"http://127.0.0.1:{listening.getsockname()[1]}", "/", {"host": "h"}, b"")


def test_after_forgetting_nothing_of_before_is_used(serve):
    """Environments of one snapshot would write into each other's connections."""
    server, clients = serve(answered(b"{}"), answered(b"{}"))
    clients.call("dynamodb", "Query", {})
    call = clients.direct_call("dynamodb", "Query")
    clients.forget()
    assert clients.direct_call("dynamodb", "Query") is not call
    clients.call("dynamodb", "Query", {})
    assert server.connections == 2


def test_plain_endpoints_are_the_sdks(monkeypatch):
    """A Region would be called under a name that it doesn't have."""
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    session, compared = Session(), 0
    known = {one for part in session.get_available_partitions() for one in session.get_available_regions("logs", part)}
    for region in ("us-east-1", "eu-central-1", "me-central-1", "mx-central-1", "us-gov-west-1", "cn-north-1"):
        assert region in known
        sdk = AwsClients(region, plain=False)
        sdk._session = session
        for service, operation in SERVICES.items():
            for bucket in ("central-bucket",) if service == "s3" else ("",):
                wire = sdk._wire(service, operation, region, bucket)
                assert plain_endpoint(service, region, bucket) == wire.endpoint(bucket)
                compared += 1
    assert compared == 6 * len(SERVICES)


@pytest.mark.parametrize("url", ["http://127.0.0.1:4566", "http://127.0.0.1:4566/base"])
def test_plain_endpoints_of_an_emulator_are_the_sdks(monkeypatch, url):
    """The embedded cloud would be called under another path than by the SDK."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    sdk = AwsClients("us-east-1", plain=False)
    for service, bucket in (("logs", ""), ("s3", "central")):
        wire = sdk._wire(service, SERVICES[service], "us-east-1", bucket)
        assert plain_endpoint(service, "us-east-1", bucket, endpoint_url=url) == wire.endpoint(bucket)


@pytest.mark.parametrize(
    ("region", "bucket", "url"),
    [
        ("us-iso-east-1", "", None),
        ("eusc-de-east-1", "", None),
        ("us-east-1", "with.dots", None),
        ("us-east-1", "central", "http://localhost:4566"),
    ],
)
def test_what_follows_no_plain_rule_is_left_to_the_sdk(region, bucket, url):
    """It would be called at a made-up place."""
    assert plain_endpoint("s3", region, bucket, endpoint_url=url) is None


@pytest.mark.parametrize(
    ("variables", "plain"),
    [
        ({"AWS_REGION": "us-east-1", "AWS_ENDPOINT_URL": "http://x", "AWS_LAMBDA_FUNCTION_NAME": "f"}, True),
        ({"AWS_STS_REGIONAL_ENDPOINTS": "regional", "AWS_ROLE_ARN": "r", "https_proxy": ""}, True),
        ({"AWS_STS_REGIONAL_ENDPOINTS": "legacy"}, False),
        ({"AWS_USE_FIPS_ENDPOINT": "true"}, False),
        ({"AWS_ENDPOINT_URL_S3": "http://x"}, False),
        ({"AWS_PROFILE": "p"}, False),
        ({"AWS_CA_BUNDLE": "/ca"}, False),
        ({"https_proxy": "http://proxy"}, False),
        ({"HTTPS_PROXY": "http://proxy"}, False),
    ],
)
def test_an_environment_that_says_more_than_where_is_left_to_the_sdk(tmp_path, variables, plain):
    """A proxy, a profile or a FIPS setting would be passed over."""
    assert is_plain(variables, tmp_path) is plain


def test_a_config_file_is_left_to_the_sdk(tmp_path):
    """Its settings would be passed over."""
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").touch()
    assert not is_plain({}, tmp_path)


def test_a_sessions_expiry_is_a_time_in_utc(serve):
    """A session would be renewed hours too late."""
    _, clients = serve(answered(SESSION.encode()))
    answer = clients.call("sts", "AssumeRole", ASSUME)["Credentials"]
    assert answer["Expiration"] == datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert (answer["SecretAccessKey"], answer["SessionToken"]) == ("s/+", "t==")


def test_calls_need_nothing_that_the_api_does_not_have():
    """The API's function, whose bundle has no decoder of logs, would not start."""
    program = "import sys; sys.modules['msgspec'] = sys.modules['isal'] = None; import runtime.aws.clients"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_user_without_a_home_is_plain(monkeypatch):
    """A container whose user isn't in its list of users would not start."""
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr("pwd.getpwuid", lambda _: (_ for _ in ()).throw(KeyError))
    assert is_plain({})


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
    """A server that speaks TLS, and its address."""
    server, _ = serve(answered(b"a" * 70_000), answered(b"b"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    plain = server.converse

    def converse(connection):
        with suppress(OSError):
            plain(context.wrap_socket(connection, server_side=True))

    server.converse = converse
    return server.url.replace("http://127.0.0.1", "https://localhost")


def test_a_call_over_tls_is_made_and_its_connection_kept(pool, secure, certificate, monkeypatch):
    """No call to a real service would work."""
    monkeypatch.setattr("runtime.aws.connections._context", ssl.create_default_context(cafile=str(certificate)))
    body = b"x" * 1_000_000
    assert (
        pool.send("POST", secure, "/", {"host": "h", "content-length": str(len(body))}, body).read(-1) == b"a" * 70_000
    )
    assert pool.send("GET", secure, "/", {"host": "h"}, b"").read(-1) == b"b"
    assert len(pool._idle[secure]) == 1


def test_nobody_is_trusted_whom_the_sdk_does_not_trust(pool, secure, monkeypatch):
    """Whoever stands in between would read every tenant's logs."""
    monkeypatch.setattr("runtime.aws.connections._context", None)
    with pytest.raises(BrokenOffError, match="SSLCertVerificationError"):
        pool.send("GET", secure, "/", {"host": "h"}, b"")
