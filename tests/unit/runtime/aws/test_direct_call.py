"""A hot call is what the client would have sent, answered with what the client would have returned or raised."""

import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials as SigningCredentials
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from runtime.aws.clients import AwsClients
from runtime.aws.credentials import Credentials, use_credentials
from runtime.aws.response import AnswerIncompleteError, ConnectionClosedError
from runtime.aws.signature import signed
from tests.unit.runtime.aws.service import Server, document, whole

NOW = datetime(2026, 11, 23, 13, 21, 40, tzinfo=UTC)
CREDENTIALS = Credentials("AKIDEXAMPLE", "secret", "token", 0.0)
SESSION = (
    b"<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s/+</SecretAccessKey>"
    b"<SessionToken>t==</SessionToken><Expiration>2026-11-23T10:00:00Z</Expiration></Credentials></AssumeRoleResult>"
    b"</AssumeRoleResponse>"
)
ASSUME = {
    "RoleArn": "arn:aws:iam::111111111111:role/a",
    "RoleSessionName": "acme",
    "DurationSeconds": 3600,
    "Policy": '{"Statement":[]}',
    "Tags": [{"Key": "tenant_id", "Value": "a&b é"}],
}
RECEIVE = {"QueueUrl": "http://q/1/objects", "MaxNumberOfMessages": 10, "WaitTimeSeconds": 20}
DELETE = {"QueueUrl": "http://q/1/o", "Entries": [{"Id": "0", "ReceiptHandle": "é"}]}
QUERY = {"TableName": "t", "KeyConditionExpression": "a = :a"}
CODES = [
    "ResourceNotFoundException",
    "DataAlreadyAcceptedException",
    "ThrottlingException",
    "InvalidParameterException",
    "AccessDeniedException",
    "UnknownThing",
]


@pytest.fixture
def serve(monkeypatch):
    """Yield a function that starts a server, and clients that find it."""
    started, made = [], []
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "OWN")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    for module in ("clients", "botocore_transport"):
        monkeypatch.setattr(f"runtime.aws.{module}.FIRST_PAUSE_SECONDS", 0.0)

    def start(*answers):
        started.append(Server(*answers))
        monkeypatch.setenv("AWS_ENDPOINT_URL", started[-1].url)
        made.append(AwsClients("us-east-1"))
        return started[-1], made[-1]

    yield start
    for clients in made:
        clients.forget()
    for server in started:
        server.close()


@given(
    service=st.sampled_from(["logs", "s3", "lambda", "es"]),
    path=st.sampled_from(["/", "/b/tenant_id%3Da/x%20y~.gz", "/functions/arn%3Aaws%3Alambda%3A%24LATEST/invocations"]),
    query=st.sampled_from(["", "versionId=a%2Fb"]),
    body=st.binary(max_size=50),
    token=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20),
)
def test_the_signature_is_the_sdks_own(service, path, query, body, token):
    """Every call would be refused, or those with an unusual key or token."""
    if service == "logs":
        path, query = "/", ""
    headers = {"content-type": "application/x-amz-json-1.1", "user-agent": "u"}
    ours = signed(
        "POST",
        path,
        headers,
        body,
        host="example.com",
        query=query,
        credentials=Credentials("AKID", "secret", token, 0.0),
        region="eu-west-1",
        service=service,
        now=NOW,
    )
    url = f"https://example.com{path}?{query}" if query else f"https://example.com{path}"
    request = AWSRequest("POST", url, headers, body)
    request.context["timestamp"] = NOW.strftime("%Y%m%dT%H%M%SZ")
    kind = S3SigV4Auth if service == "s3" else SigV4Auth
    signer = kind(SigningCredentials("AKID", "secret", token), service, "eu-west-1")
    signer._modify_request_before_signing(request)
    # User-Agent isn't signed by botocore; it may be, and is by us: give both the same list.
    signer.headers_to_sign = lambda _: _all_headers(ours)
    text = signer.string_to_sign(request, signer.canonical_request(request))
    assert ours["authorization"].endswith(f"Signature={signer.signature(text, request)}")


def _all_headers(ours):
    headers = HTTPHeaders()
    for name, value in ours.items():
        if name != "authorization":
            headers[name] = value
    return headers


@pytest.mark.parametrize(
    ("service", "operation", "request_", "good"),
    [
        ("sqs", "ReceiveMessage", RECEIVE, b'{"Messages":[{"MessageId":"m","ReceiptHandle":"r","Body":"b"}]}'),
        ("sqs", "DeleteMessageBatch", DELETE, b'{"Successful":[{"Id":"0"}],"Failed":[]}'),
        ("dynamodb", "Query", QUERY, b'{"Items":[{"n":{"N":"1"}}],"Count":1,"ScannedCount":1}'),
        ("sts", "AssumeRole", ASSUME, SESSION),
        ("logs", "PutLogEvents", {"logGroupName": "g", "logStreamName": "s", "logEvents": []}, b"{}"),
    ],
)
def test_a_call_is_what_the_client_would_have_sent_and_returned(serve, service, operation, request_, good):
    """A service would refuse the call, or its answer be misread."""
    server, clients = serve(whole(good), whole(good))
    ours = clients.call(service, operation, request_)
    theirs = clients.client(service)._make_api_call(operation, request_)
    theirs.pop("ResponseMetadata")
    assert {name: ours[name] for name in theirs} == theirs
    (first, mine, my_body), (second, sdks, sdk_body) = server.requests
    assert first == second
    for name in ("content-type", "x-amz-target", "host"):
        assert mine.get(name) == sdks.get(name)
    assert _members(my_body) == _members(sdk_body)
    assert "Credential=OWN/" in mine["authorization"]
    assert "x-amz-security-token" not in mine
    assert server.connections == 1  # one transport, one pool


def _members(body):
    text = body.decode()
    return json.loads(text) if text.startswith("{") else sorted(text.split("&"))


@pytest.mark.parametrize("key", ["tenant_id=a/pod_name=p q+é/x.gz", "plain"])
@pytest.mark.parametrize("extra", [{}, {"IfMatch": '"e"'}, {"VersionId": "v/1"}])
def test_get_object_is_what_the_client_would_have_sent(serve, key, extra):
    """An object whose key has to be encoded would be missing, or another version of it be read."""
    good = whole(b"abc", extra='x-amz-request-id: r\r\nETag: "e"\r\nLast-Modified: Mon, 23 Nov 2026 10:00:00 GMT\r\n')
    server, clients = serve(good, good)
    with use_credentials(CREDENTIALS):
        body = clients.client("s3").get_object(Bucket="central-bucket", Key=key, **extra)["Body"]
    assert body.read() == b"abc"
    query = {"versionId": extra["VersionId"]} if "VersionId" in extra else None
    headers = {"if-match": extra["IfMatch"]} if "IfMatch" in extra else {}
    call = clients.direct_call("s3", "GetObject", method="GET", streams=True, bucket="central-bucket")
    assert call(CREDENTIALS, headers, key=key, query=query).read(-1) == b"abc"
    (first, sdks, _), (second, mine, _) = server.requests
    assert first == second
    for name in ("if-match", "x-amz-content-sha256", "x-amz-security-token", "host"):
        assert mine.get(name) == sdks.get(name)
    assert server.connections == 1


def test_the_current_role_signs(serve):
    """The second hop would be asked for by the processor itself."""
    server, clients = serve(whole(SESSION))
    with use_credentials(CREDENTIALS):
        clients.call("sts", "AssumeRole", ASSUME)
    ((_, headers, _),) = server.requests
    assert "Credential=AKIDEXAMPLE/" in headers["authorization"]
    assert headers["x-amz-security-token"] == "token"


PASSING = [
    whole(b"{}", 500),
    whole(b'{"__type":"ThrottlingException"}', 400),
    whole(b"no json"),
    whole(b"{}", extra=""),
    None,
    b"rubbish\r\n\r\n",
]


@pytest.mark.parametrize("bad", PASSING)
def test_a_queue_is_asked_three_times_the_same_way(serve, bad):
    """A queue that fails once would not be asked again; or another transport would be tried without a word."""
    server, clients = serve(bad, bad, document({"Messages": []}), bad, bad, bad, document({"Messages": []}))
    assert clients.call("sqs", "ReceiveMessage", RECEIVE) == {"Messages": []}
    with pytest.raises((ClientError, AnswerIncompleteError, ConnectionClosedError)):
        clients.call("sqs", "ReceiveMessage", RECEIVE)
    assert len(server.requests) == 6
    assert {headers["user-agent"] for _, headers, _ in server.requests} == {"logrouter"}


@pytest.mark.parametrize(
    ("service", "operation", "request_", "answer"),
    [
        ("sqs", "ReceiveMessage", RECEIVE, whole(b'{"__type":"AccessDeniedException","message":"m"}', 400)),
        ("sts", "AssumeRole", ASSUME, whole(b"", 500)),
    ],
)
def test_what_repeating_does_not_help_is_asked_once(serve, service, operation, request_, answer):
    """A refusal would cost three calls, or a role be assumed outside the time budget."""
    server, clients = serve(answer, answer, answer)
    with pytest.raises(ClientError):
        clients.call(service, operation, request_)
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [400, 500, 503])
@pytest.mark.parametrize("code", CODES)
def test_an_error_is_the_clients_own(serve, status, code):
    """A missing stream or a throttled call would be taken for something else."""
    error = whole(json.dumps({"__type": code, "message": "m"}).encode(), status)
    _, clients = serve(error, error)
    with pytest.raises(ClientError) as expected:
        clients.client("logs").put_log_events(logGroupName="g", logStreamName="s", logEvents=[])
    with pytest.raises(ClientError) as raised:
        clients.direct_call("logs", "PutLogEvents").members(CREDENTIALS, b"{}")
    assert type(raised.value) is type(expected.value)
    assert raised.value.response["Error"] == expected.value.response["Error"]
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_a_refusal_of_a_role_is_the_clients_own_error(serve):
    """A denied role could not be told from a network failure."""
    denied = b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"
    _, clients = serve(whole(denied, 403))
    with pytest.raises(ClientError, match="AccessDenied") as raised:
        clients.call("sts", "AssumeRole", ASSUME)
    assert raised.value.response["Error"]["Code"] == "AccessDenied"


def test_after_forgetting_nothing_of_before_is_used(serve):
    """Environments of one snapshot would write into each other's connections."""
    good = document({"Items": [], "Count": 0})
    server, clients = serve(good, good)
    clients.call("dynamodb", "Query", {})
    call = clients.direct_call("dynamodb", "Query")
    clients.forget()
    assert clients.direct_call("dynamodb", "Query") is not call
    clients.call("dynamodb", "Query", {})
    assert server.connections == 2


def test_a_sessions_expiry_is_a_time_in_utc(serve):
    """A session would be renewed hours too late."""
    _, clients = serve(whole(SESSION))
    answer = clients.call("sts", "AssumeRole", ASSUME)["Credentials"]
    assert answer["Expiration"] == datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert (answer["SecretAccessKey"], answer["SessionToken"]) == ("s/+", "t==")


@pytest.mark.parametrize("module", ["msgspec", "isal", "botocore.session", "urllib3", "ssl"])
def test_hot_calls_load_none_of_what_they_do_not_need(module):
    """The API's function, which has no decoder of logs, would not start; the processor's would take 0.1 s more."""
    program = (
        f"import sys; sys.modules[{module!r}] = None; import runtime.aws.clients; runtime.aws.clients.AwsClients('r')"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


INVALID_MAC = whole(b'{"__type":"KMSInvalidMacException","message":"m"}', 400)
TOO_MANY = whole(b'{"Type":"User"}', 429, extra="x-amzn-errortype: TooManyRequestsException\r\nx-amzn-requestid: r\r\n")
INVOCATIONS = "/2015-03-31/functions/issuer/invocations"


@pytest.mark.parametrize(
    ("action", "key", "answer", "code"),
    [
        (("kms", "VerifyMac"), "", INVALID_MAC, "KMSInvalidMacException"),
        (("kms", "VerifyMac"), "", whole(b"", 500), "500"),
        (("lambda", "Invoke"), INVOCATIONS, TOO_MANY, "TooManyRequestsException"),
    ],
)
def test_an_error_is_known_without_the_services_description(serve, action, key, answer, code):
    """A function's zip would need the descriptions of two more services, or a refused pass look like an outage."""
    server, clients = serve(answer)
    clients._find = lambda *_: pytest.fail("a client is made")
    with pytest.raises(ClientError) as caught:
        clients.direct_call(*action)(CREDENTIALS, {}, b"{}", key=key)
    assert caught.value.response["Error"]["Code"] == code
    assert server.requests[0][0][1] == (key or "/")


def test_kms_is_called_as_the_sdk_would(serve):
    """KMS would refuse the call, or sign something else than was meant."""
    made = whole(b'{"KeyId":"k","Mac":"AAEC","MacAlgorithm":"HMAC_SHA_256"}')
    server, clients = serve(made, made)
    about = {"KeyId": "k", "MacAlgorithm": "HMAC_SHA_256"}
    assert clients.call("kms", "GenerateMac", {**about, "Message": "Ynl0ZXM="})["Mac"] == "AAEC"
    client = clients._find("kms", "us-east-1")
    assert client.generate_mac(**about, Message=b"bytes")["Mac"] == b"\x00\x01\x02"
    (first, mine, my_body), (second, sdks, sdk_body) = server.requests
    assert first == second
    assert json.loads(my_body) == json.loads(sdk_body)
    for name in ("content-type", "x-amz-target", "host"):
        assert mine.get(name) == sdks.get(name)
