"""Who sends a request: secrets that rotate, and signatures of the customer's role."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials

from runtime import scheduling
from runtime.aws.credentials import Credentials
from runtime.deliveries.elasticsearch.authorization import BulkCall, SecretAuthorization, SignedAuthorization
from runtime.deliveries.elasticsearch.bulk import ANSWER_FILTER
from runtime.endpoints.classify_http import EndpointAnswer
from runtime.endpoints.egress import CustomerEndpoint
from runtime.endpoints.secret import Secret
from runtime.errors import RetryableError

CALL = BulkCall(
    CustomerEndpoint("https", "search.example.com", 443, f"/logs-2026.11.18/_bulk?{ANSWER_FILTER}"),
    {"content-type": "application/x-ndjson"},
    b"{}\n",
)
NOW = 1_795_000_000.0


class Reader:
    """Holds the live secrets, and what they become when they are read again."""

    def __init__(self, *values, later=None):
        self.values, self.later, self.refreshed = values, later, 0

    def live(self, tenant_id, references, *, role=None, refresh=False):
        if refresh:
            self.refreshed += 1
            self.values = self.later or self.values
        return [Secret(value) for value in self.values]


class Destination:
    """Takes one authorization header, and remembers those that it was shown."""

    def __init__(self, accepted, status=401, body=b""):
        self.accepted, self.seen, self.status, self.body = accepted, [], status, body

    def post(self, call, headers):
        self.seen.append(headers["authorization"])
        good = headers["authorization"] == self.accepted
        return EndpointAnswer("https://x", 200 if good else self.status, {}, b"" if good else self.body)


def config(**fields):
    return SimpleNamespace(
        **{
            "tenant_id": "t",
            "auth": "api_key",
            "credentials": ("logrouter/t/1",),
            "external_id": None,
            "allowed_regions": (),
        }
        | fields
    )


@pytest.mark.parametrize(
    ("auth", "secret", "header"),
    [("api_key", "aWQ6a2V5", "ApiKey aWQ6a2V5"), ("basic", "user:pässword", "Basic dXNlcjpww6Rzc3dvcmQ=")],
)
def test_a_secret_becomes_a_header(auth, secret, header):
    """No request would be let in."""
    destination = Destination(header)
    assert SecretAuthorization(config(auth=auth), Reader(secret)).send(CALL, destination.post).status == 200


def test_the_older_secret_is_tried_where_the_newer_is_refused_and_kept():
    """A rotation would stop deliveries, or each request of an object would be sent twice."""
    destination, reader = Destination("ApiKey old"), Reader("new", "old")
    sender = SecretAuthorization(config(), reader)
    assert [sender.send(CALL, destination.post).status for _ in range(3)] == [200] * 3
    assert destination.seen == ["ApiKey new", *["ApiKey old"] * 3]
    assert reader.refreshed == 1


def test_a_secret_that_has_changed_is_read_again():
    """Deliveries would fail for as long as a replaced secret is remembered."""
    destination = Destination("ApiKey second")
    sender = SecretAuthorization(config(), Reader("first", later=("second",)))
    assert sender.send(CALL, destination.post).status == 200


def test_a_refusal_of_every_secret_is_the_answer():
    """The customer would not be told that the password is wrong; or it would be tried for ever."""
    destination = Destination("another")
    assert SecretAuthorization(config(), Reader("a", "b")).send(CALL, destination.post).status == 401
    assert destination.seen == ["ApiKey a", "ApiKey b"]


class Sessions:
    """Gives the customer's session, and takes note of one that is called expired."""

    def __init__(self):
        self.credentials, self.expired = Credentials("AKIDEXAMPLE", "secret", "token", NOW + 3600), []

    def customer(self, tenant_id, role_arn, external_id=None, regions=()):
        assert (tenant_id, role_arn, external_id) == ("t", "role", None)
        return self.credentials

    def invalidate(self, credentials):
        self.expired.append(credentials)


@pytest.mark.parametrize("service", ["es", "aoss"])
def test_a_signature_is_the_sdks(service, monkeypatch):
    """OpenSearch Service would refuse every request."""
    monkeypatch.setattr(scheduling, "now", lambda: NOW)
    sent = {}
    made = SignedAuthorization(config(target_region="eu-west-1", aws_service=service), "role", Sessions())
    made.send(CALL, lambda call, headers: sent.update(headers) or EndpointAnswer("x", 200, {}, b""))
    request = AWSRequest(
        "POST", f"https://search.example.com{CALL.endpoint.target}", data=CALL.body, headers=CALL.headers
    )
    if service == "aoss":  # Serverless developer guide: the header is required
        request.headers["x-amz-content-sha256"] = sent["x-amz-content-sha256"]
    monkeypatch.setattr(
        "botocore.auth.get_current_datetime", lambda: datetime.fromtimestamp(NOW, UTC).replace(tzinfo=None)
    )
    SigV4Auth(ReadOnlyCredentials("AKIDEXAMPLE", "secret", "token"), service, "eu-west-1").add_auth(request)
    assert sent["authorization"] == request.headers["Authorization"]


def test_a_session_that_has_expired_is_renewed():
    """A delivery would be blocked until the process is replaced."""
    sessions = Sessions()
    made = SignedAuthorization(config(target_region="eu-west-1", aws_service="es"), "role", sessions)
    expired = Destination("", 403, b'{"message":"The security token included in the request is expired"}')
    with pytest.raises(RetryableError, match="expired-token"):
        made.send(CALL, expired.post)
    assert sessions.expired == [sessions.credentials]
    forbidden = Destination("", 403, b'{"Message":"User is not authorized to perform: es:ESHttpPost"}')
    assert made.send(CALL, forbidden.post).status == 403
