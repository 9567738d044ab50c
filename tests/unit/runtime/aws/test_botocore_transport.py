"""botocore's clients over the one transport: what they send, and what is no answer to them."""

import pytest
from botocore.exceptions import BotoCoreError, ConnectionClosedError, ReadTimeoutError

from runtime.aws.clients import AwsClients
from runtime.aws.http_transport import CallLimits
from runtime.aws.proof import UnknownActionError
from runtime.aws.request_head import UnsafeRequestError
from runtime.aws.response import ConnectionClosedError as CutError
from tests.unit.runtime.aws.service import Server, document, whole

ETAG = 'x-amz-request-id: r\r\nETag: "e"\r\n'
OBJECT = {"Bucket": "central-bucket", "Key": "k"}


@pytest.fixture
def serve(monkeypatch):
    """Yield a function that starts a server, and clients that find it."""
    started = []
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setattr("runtime.aws.botocore_transport.FIRST_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr("time.sleep", lambda _: None)

    def start(*answers, closes=False):
        server = Server(*answers, closes=closes)
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        started.append((server, AwsClients("us-east-1")))
        return started[-1]

    yield start
    for server, clients in started:
        clients.forget()
        server.close()


def test_a_body_arrives_as_it_was_given(serve):
    """An object that is set aside would be stored cut, or framed by the SDK's own chunks."""
    body = b"x" * 300_000
    server, clients = serve(whole(extra=ETAG), whole(extra=ETAG))
    for _ in range(2):
        clients.client("s3").put_object(**OBJECT, Body=body)
    (request, headers, sent), _ = server.requests
    assert request == ["PUT", "/central-bucket/k"]
    assert sent == body
    assert headers["content-length"] == str(len(body))
    assert "expect" not in headers
    assert server.connections == 1


def test_a_body_that_is_read_like_a_file_is_sent_whole(serve, tmp_path):
    """Over TLS the SDK frames an object's bytes with a checksum behind them, as a file of its own."""
    file = tmp_path / "body"
    file.write_bytes(b"abc" * 100_000)
    server, clients = serve(whole(extra=ETAG))
    with file.open("rb") as opened:
        clients.client("s3").put_object(**OBJECT, Body=opened)
    assert server.requests[0][2] == file.read_bytes()


def test_a_query_and_an_odd_key_arrive_as_the_sdk_encodes_them(serve):
    """The signature would not fit the request."""
    server, clients = serve(whole(b"abc", extra=ETAG + "Last-Modified: Mon, 23 Nov 2026 10:00:00 GMT\r\n"))
    answer = clients.client("s3").get_object(Bucket="central-bucket", Key="a b/é+", VersionId="v/1")
    assert answer["Body"].read() == b"abc"
    assert server.requests[0][0] == ["GET", "/central-bucket/a%20b/%C3%A9%2B?versionId=v%2F1"]


@pytest.mark.parametrize(
    "raw",
    [
        None,
        b"HTTP/1.1 200 O",
        b'HTTP/1.1 200 OK\r\nx-amz-request-id: r\r\nETag: "e"\r\n',
        b'HTTP/1.1 200 OK\r\nx-amz-request-id: r\r\nETag: "e"\r\nContent-Length: 0\r\n',
        b'HTTP/1.1 200 OK\r\nx-amz-request-id: r\r\nETag: "e"\r\n\r\n',
        b'HTTP/1.1 200 OK\r\nx-amz-request-id: r\r\nETag: "e"\r\nContent-Length: 2\r\n\r\n',
        b'HTTP/1.1 200 OK\r\nx-amz-request-id: r\r\nETag: "e"\r\nTransfer-Encoding: chunked\r\n\r\n',
    ],
)
def test_a_connection_that_is_closed_early_is_no_success(serve, raw):
    """A set-aside event, a copy or a message that never arrived would count as kept."""
    _, clients = serve(raw, closes=True)
    with pytest.raises(ConnectionClosedError):
        clients.client("s3").put_object(**OBJECT, Body=b"x")


def test_a_streamed_body_that_is_cut_is_no_short_object(serve):
    """An object would be read to where its connection broke, and no further."""
    head = ETAG + "Last-Modified: Mon, 23 Nov 2026 10:00:00 GMT\r\n"
    _, clients = serve(whole(b"abcdef", extra=head)[:-3], closes=True)
    body = clients.client("s3").get_object(**OBJECT)["Body"]
    with pytest.raises(CutError):
        body.read()


def test_a_time_out_is_the_sdks_own(serve, monkeypatch):
    """The API would answer 500 where it should say that a service isn't available."""
    monkeypatch.setattr("runtime.aws.clients.DEFAULT_LIMITS", CallLimits(1, 0.05, 0.1))
    _, clients = serve([0.2, whole(b"{}")])
    with pytest.raises(ReadTimeoutError):
        clients.client("sns").get_topic_attributes(TopicArn="arn:aws:sns:us-east-1:111111111111:t")


def test_a_table_is_asked_again_where_an_answer_lacks_its_proof(serve):
    """An answer of nothing would be read as a config, or a parked delivery, that isn't there."""
    server, clients = serve(whole(b"{}", extra=""), document({}), whole(b"{}", extra=""), *[whole(b"", extra="")] * 2)
    get = {"TableName": "configs", "Key": {"tenant_id": {"S": "a"}}}
    assert "Item" not in clients.client("dynamodb").get_item(**get)
    assert len(server.requests) == 2
    with pytest.raises(BotoCoreError, match="dynamodb:GetItem: the answer has no proof of success: request id"):
        clients.client("dynamodb").get_item(**get)
    assert len(server.requests) == 5


@pytest.mark.parametrize("bad", ["a\r\nx-injected: 1", "a\nb"])
def test_a_header_from_a_message_begins_no_request(serve, bad):
    """One tenant's message would send a request whose answer the next tenant's reader gets."""
    server, clients = serve(whole(extra=ETAG))
    with pytest.raises((UnsafeRequestError, BotoCoreError, ValueError)):
        clients.client("s3").copy_object(**OBJECT, CopySource="b/k", CopySourceIfMatch=bad)
    assert server.requests == []


def test_an_action_without_a_row_is_not_called(serve):
    """A new call would be believed whatever comes back."""
    server, clients = serve(whole(extra=ETAG))
    with pytest.raises(UnknownActionError, match="s3:DeleteBucket"):
        clients.client("s3").delete_bucket(Bucket="central-bucket")
    assert server.requests == []
