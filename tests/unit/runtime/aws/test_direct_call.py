"""A call past the client is what the client would have sent, answered with what the client would have raised."""

import json
from datetime import UTC, datetime

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.credentials import Credentials as SigningCredentials
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from runtime.aws.clients import AwsClients
from runtime.aws.credentials import Credentials, use_credentials
from runtime.aws.signature import signed

NOW = datetime(2026, 11, 23, 13, 21, 40, tzinfo=UTC)
CREDENTIALS = Credentials("AKIDEXAMPLE", "secret", "token", 0.0)
PUT_HEADERS = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "Logs_20140328.PutLogEvents"}
CODES = [
    "ResourceNotFoundException",
    "DataAlreadyAcceptedException",
    "ThrottlingException",
    "InvalidParameterException",
    "AccessDeniedException",
    "UnknownThing",
]


@pytest.fixture
def clients(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    return AwsClients("us-east-1", plain=False)


class Service:
    """Stands in front of the network."""

    def __init__(self, client, status=200, body=b"{}"):
        self.status, self.body, self.requests = status, body, []
        client.meta.events.register("before-send", self.answer)

    def answer(self, request, **_):
        self.requests.append(request)
        raw = type("Raw", (), {"stream": lambda *_a, **_k: iter([self.body]), "close": lambda *_: None})()
        return AWSResponse(request.url, self.status, {"x-amzn-RequestId": "r"}, raw)


@given(
    service=st.sampled_from(["logs", "s3"]),
    path=st.sampled_from(["/", "/b/tenant_id%3Da/x%20y~.gz"]),
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
    from botocore.compat import HTTPHeaders

    headers = HTTPHeaders()
    for name, value in ours.items():
        if name != "authorization":
            headers[name] = value
    return headers


def _both(clients, service, operation, by_client, directly):
    client = clients.client(service)
    seen = Service(client)
    with use_credentials(CREDENTIALS):
        by_client(client)
    directly(clients)
    return seen.requests


def test_put_log_events_goes_where_the_client_sends_it(clients):
    """A Region with an endpoint of its own, or a FIPS setting, would be called at the wrong place."""
    first, second = _both(
        clients,
        "logs",
        "PutLogEvents",
        lambda client: client.put_log_events(logGroupName="g", logStreamName="s", logEvents=[]),
        lambda clients: clients.direct_call("logs", "PutLogEvents")(CREDENTIALS, PUT_HEADERS, b"{}"),
    )
    assert (first.method, first.url) == (second.method, second.url)
    for name in ("X-Amz-Target", "Content-Type", "X-Amz-Security-Token"):
        assert _text(first.headers[name])[:20] == _text(second.headers[name])[:20]


@pytest.mark.parametrize("bucket", ["central-bucket", "with.dots"])
@pytest.mark.parametrize("key", ["tenant_id=a/pod_name=p q+é/x.gz", "plain"])
@pytest.mark.parametrize("extra", [{}, {"IfMatch": '"e"'}, {"VersionId": "v/1"}])
def test_get_object_goes_where_the_client_sends_it(clients, bucket, key, extra):
    """An object whose key has to be encoded would be missing, or another version of it be read."""
    query = {"versionId": extra["VersionId"]} if "VersionId" in extra else None
    headers = {"if-match": extra["IfMatch"]} if "IfMatch" in extra else {}
    first, second = _both(
        clients,
        "s3",
        "GetObject",
        lambda client: client.get_object(Bucket=bucket, Key=key, **extra),
        lambda clients: clients.direct_call("s3", "GetObject", method="GET", streams=True, bucket=bucket)(
            CREDENTIALS, headers, key=key, query=query
        ),
    )
    assert (first.method, first.url) == (second.method, second.url)
    assert first.headers.get("If-Match") == second.headers.get("If-Match")
    assert _text(first.headers["X-Amz-Content-SHA256"]) == _text(second.headers["X-Amz-Content-SHA256"])


@pytest.mark.parametrize("status", [400, 500, 503])
@pytest.mark.parametrize("code", CODES)
def test_an_error_is_the_clients_own(clients, status, code):
    """A missing stream or a throttled call would be taken for something else."""
    client = clients.client("logs")
    Service(client, status, json.dumps({"__type": code, "message": "told"}).encode())
    with pytest.raises(ClientError) as expected:
        client.put_log_events(logGroupName="g", logStreamName="s", logEvents=[])
    call = clients.direct_call("logs", "PutLogEvents")
    with pytest.raises(ClientError) as raised:
        call.content(call(CREDENTIALS, PUT_HEADERS, b"{}"))
    assert type(raised.value) is type(expected.value)
    assert raised.value.response["Error"] == expected.value.response["Error"]
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_a_connection_that_fails_is_the_sdks_own_error(clients, monkeypatch):
    """A network failure would not be known as one that passes."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    call = AwsClients("us-east-1", plain=False).direct_call("logs", "PutLogEvents")
    with pytest.raises(Exception, match="Could not connect") as raised:
        call(CREDENTIALS, PUT_HEADERS, b"{}")
    assert type(raised.value).__name__ == "EndpointConnectionError"


def _text(value):
    return value.decode() if isinstance(value, bytes) else value
