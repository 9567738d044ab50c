"""Deliveries to an HTTPS endpoint on loopback: what is sent, signed, sent again, set aside, and switched off."""

import base64
import gzip
import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from runtime.deliveries.method import Delivery, DeliveryProgress
from runtime.deliveries.webhook.signatures import challenge_answer
from runtime.endpoints.secret import Secret
from runtime.errors import BlockedByCustomerError, DeliveryError, RetryableError
from runtime.objects.batches import Batch
from runtime.objects.event_ids import RecordNumbers, Run
from runtime.objects.key import ObjectKey
from runtime.objects.stored_object import StoredObject
from runtime.time_budget import TimeBudget
from tests.unit.runtime.aws.service import whole
from tests.unit.runtime.deliveries.cloudwatch.doubles import KEY, NOW, NOW_MS, Source
from tests.unit.runtime.deliveries.webhook.conftest import SIGNING, TOKENS

SPLUNK = {"format": "splunk_hec", "signing_secret": (), "token": ("logrouter/acme-corp/t0", "logrouter/acme-corp/t1")}
OTLP = SPLUNK | {"format": "otlp"}


def batch(*texts, index=0):
    literals, records = [json.dumps(text).encode() for text in texts], RecordNumbers((Run(0, index * 1000, 0),))
    return Batch(index, [NOW_MS] * len(texts), literals, list(map(len, texts)), records=records)


def made(config, progress=None):
    object_ = StoredObject("central", ObjectKey.parse(KEY), "0cc1")
    return Delivery(object_, config, TimeBudget.of_seconds(60), progress or DeliveryProgress())


def deliver(scene, config, *batches):
    delivery = made(config)
    scene.method.deliver(delivery, Source(*(batches or (batch("a", "b"),))))
    return delivery.progress


def failed(scene, config, kind=DeliveryError, batches=()):
    delivery = made(config)
    with pytest.raises(kind) as raised:
        scene.method.deliver(delivery, Source(*(batches or (batch("a", "b"),))))
    for secret in (*SIGNING, *TOKENS):
        assert secret not in f"{raised.value!r} {raised.value} {raised.value.call}"
    return raised.value, delivery.progress


def messages(endpoint):
    return [[json.loads(line)["message"] for line in body.splitlines()] for _, _, body in endpoint.requests]


def answering(endpoint, reply):
    """Have an endpoint answer each request by its headers and body."""
    plain = endpoint._send
    endpoint.answers = [b"?"] * 9
    endpoint._send = lambda connection, _: plain(connection, reply(*endpoint.requests[-1][1:]))
    return endpoint


def verified(secret, body, headers):
    """Whether the receiver's own library makes the signature, too; its clock isn't the test's."""
    at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    return Webhook(secret).sign(headers["webhook-id"], at, body.decode()) in headers["webhook-signature"].split()


def test_a_batch_is_posted_signed_and_acknowledged(scene, serve):
    """A customer's endpoint would get nothing, or couldn't know from whom."""
    endpoint = serve(whole(status=202))
    progress = deliver(scene, scene.config(endpoint, headers=("x-environment: production",)))
    assert (progress.checkpoint, progress.events) == (1, 2)
    (_, headers, body) = endpoint.requests[0]
    assert messages(endpoint) == [["a", "b"]]
    assert headers["content-type"] == "application/x-ndjson"
    assert headers["x-environment"] == "production"
    assert headers["webhook-timestamp"] == str(int(NOW))
    assert (len(headers["webhook-id"]), headers["webhook-signature"].count("v1,")) == (32, 2)
    assert verified(SIGNING[0], body, headers)
    assert verified(SIGNING[1], body, headers)


def test_a_request_has_one_id_on_every_attempt_and_another_ones_differ(scene, serve):
    """A receiver couldn't tell a repetition from a new request."""
    endpoint = serve(whole(status=503), whole(), whole())
    deliver(scene, scene.config(endpoint), batch("a"), batch("b", index=1))
    first, again, other = (headers["webhook-id"] for _, headers, _ in endpoint.requests)
    assert first == again != other


def test_a_body_may_be_compressed_and_is_signed_as_it_leaves(scene, serve):
    """The signature would fail at a receiver that verifies before it decompresses."""
    endpoint = serve(whole())
    deliver(scene, scene.config(endpoint, compression="gzip"))
    _, headers, body = endpoint.requests[0]
    assert headers["content-encoding"] == "gzip"
    assert [json.loads(line)["message"] for line in gzip.decompress(body).splitlines()] == ["a", "b"]
    key = base64.b64decode(SIGNING[0].removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{int(NOW)}.".encode() + body
    expected = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert f"v1,{expected}" in headers["webhook-signature"].split()


@pytest.mark.parametrize("verified_host", [None, "other.example", "localhost"])
def test_no_event_is_sent_to_a_host_that_has_not_proven_itself(scene, serve, verified_host):
    """An item that was written by hand would send a tenant's logs, or a flood of them, to anybody."""
    endpoint = serve(whole())
    error, progress = failed(scene, scene.config(endpoint, verified_host=verified_host), BlockedByCustomerError)
    assert (error.reason, progress.checkpoint, endpoint.requests) == ("endpoint-not-verified", 0, [])


def test_an_endpoint_that_is_gone_switches_its_config_off(scene, serve):
    """It asked for no more, and would be asked for each object until somebody notices."""
    error, progress = failed(scene, scene.config(serve(whole(status=410))), BlockedByCustomerError)
    assert (error.reason, scene.marks.noted) == ("endpoint-gone", [("off", "endpoint-gone")])
    assert progress.checkpoint == 0


@pytest.mark.parametrize("status", [401, 403, 404, 302])
def test_another_refusal_leaves_the_config_on(scene, serve, status):
    """A deployment that answers 404 for a minute would end a customer's logs."""
    failed(scene, scene.config(serve(*[whole(status=status)] * 3)), BlockedByCustomerError)
    assert scene.marks.noted == []


def test_retry_after_reaches_the_next_attempt(scene, serve):
    """A busy endpoint would be asked again at once by the next message."""
    answers = [whole(status=429, extra="Retry-After: 120\r\n")] * 3
    error, _ = failed(scene, scene.config(serve(*answers)), RetryableError)
    assert (error.reason, error.retry_after) == ("throttled", 120.0)


def test_an_event_that_is_refused_is_found_and_its_neighbours_arrive(scene, serve):
    """One line that an endpoint can't take would keep all others from it, or be lost."""
    endpoint = answering(serve(), lambda _, body: whole(status=422 if b'"bad"' in body else 200))
    progress = deliver(scene, scene.config(endpoint), batch("a", "bad", "c", "d"))
    assert (progress.events, dict(progress.set_aside)) == (3, {"request-refused": 1})
    assert [(reason, literal) for _, reason, literal in scene.kept.events] == [("request-refused", b'"bad"')]


def test_a_refused_token_is_read_again_and_the_older_one_tried(scene, serve):
    """A rotation would cut the delivery off for five minutes, or until the old token's end."""
    endpoint = serve(whole(status=401), whole(status=401), whole(b'{"text":"Success","code":0}'))
    assert deliver(scene, scene.config(endpoint, **SPLUNK)).checkpoint == 1
    sent = [headers["authorization"] for _, headers, _ in endpoint.requests]
    assert sent == [f"Splunk {TOKENS[0]}", f"Splunk {TOKENS[0]}", f"Splunk {TOKENS[1]}"]
    assert scene.manager.read == [f"logrouter/acme-corp/t{number}" for number in (0, 1, 0, 1)]


@pytest.mark.parametrize(
    ("fields", "name", "value"),
    [
        (OTLP, "authorization", f"Bearer {TOKENS[0]}"),
        (OTLP | {"auth_header": "x-api-key"}, "x-api-key", TOKENS[0]),
    ],
)
def test_a_token_is_sent_as_the_config_says(scene, serve, fields, name, value):
    """No collector would let us in."""
    endpoint = serve(whole(b"{}"))
    deliver(scene, scene.config(endpoint, **fields))
    assert endpoint.requests[0][1][name] == value
    assert "webhook-signature" not in endpoint.requests[0][1]


def test_a_partial_success_of_otlp_is_kept_counted_and_not_repeated(scene, serve):
    """The rejected records would be lost, the others doubled for ever, or those that arrived counted as set aside."""
    endpoint = serve(whole(b'{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"a"}}'))
    progress = deliver(scene, scene.config(endpoint, **OTLP))
    assert (len(endpoint.requests), progress.checkpoint) == (1, 1)
    assert (dict(progress.set_aside), progress.events) == ({"endpoint-rejected-some": 1}, 1)
    assert [reason for _, reason, _ in scene.kept.events] == ["endpoint-rejected-some"] * 2


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 O", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"])
def test_a_success_that_was_cut_acknowledges_nothing(scene, serve, answer):
    """Events would be lost that the endpoint has never read."""
    endpoint = serve(*[answer] * 3, closes=True)
    error, progress = failed(scene, scene.config(endpoint), RetryableError)
    assert (error.reason, progress.checkpoint, progress.events) == ("connection", 0, 0)
    assert len({headers["webhook-id"] for _, headers, _ in endpoint.requests}) == 1


def test_a_secret_that_is_unusable_blocks_before_anything_is_read(scene, serve):
    """An object would be downloaded for each attempt, or be sent without a signature."""
    scene.manager.values["logrouter/acme-corp/s0"] = "not-a-signing-secret"
    endpoint = serve(whole())
    error, _ = failed(scene, scene.config(endpoint), BlockedByCustomerError)
    assert (error.reason, endpoint.requests) == ("secret-unusable", [])


def test_a_test_delivery_sends_one_event(scene, serve):
    """A customer couldn't try a config before it counts."""
    endpoint = serve(whole())
    report = scene.method.probe(scene.config(endpoint))
    assert (report.passed, [step.name for step in report.steps]) == (True, ["open", "send"])
    assert "A test of this delivery config" in messages(endpoint)[0][0]
    failing = scene.method.probe(scene.config(serve(whole(status=404))))
    assert [(step.outcome, step.reason) for step in failing.steps][1] == ("failed", "endpoint-not-found")


def outcomes(report):
    return [(step.name, str(step.outcome), step.reason) for step in report.steps]


@pytest.mark.parametrize("secret", SIGNING)
@pytest.mark.parametrize("format_", ["ndjson", "json"])
def test_an_endpoint_that_answers_its_challenge_is_noted(scene, serve, secret, format_):
    """No webhook could ever be enabled, or not during a rotation."""

    def reply(headers, body):
        if b'"challenge"' not in body:
            return whole()
        asked = json.loads(body)
        assert asked.keys() == {"type", "challenge"}
        assert asked["type"] == "endpoint.verify"
        assert verified(SIGNING[0], body, headers)
        return whole(json.dumps({"challenge": challenge_answer(asked["challenge"], Secret(secret))}).encode())

    endpoint = answering(serve(), reply)
    report = scene.method.probe(scene.config(endpoint, verified_host=None, format=format_))
    steps = ("address", "challenge", "note", "open", "send")
    assert outcomes(report) == [(name, "passed", "") for name in steps]
    assert scene.marks.noted == [("verified", f"localhost:{endpoint.port}")]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (whole(), "challenge-failed"),
        (whole(b"<html>"), "challenge-failed"),
        (whole(b'{"challenge":"no"}'), "challenge-failed"),
        (whole(b'{"challenge":1}'), "challenge-failed"),
        (whole(status=404), "endpoint-not-found"),
        (whole(status=301, extra="Location: https://other.example/\r\n"), "redirected"),
        (whole(status=503), "unavailable"),
    ],
)
def test_an_endpoint_that_does_not_is_not_noted(scene, serve, reply, reason):
    """Logs, or a flood of them, would be sent to somebody who hasn't asked for any."""
    report = scene.method.probe(scene.config(serve(reply), verified_host=None))
    assert outcomes(report)[1:] == [
        ("challenge", "failed", reason), ("note", "not-reached", ""), ("open", "not-reached", ""),
        ("send", "not-reached", ""),
    ]  # fmt: skip
    assert scene.marks.noted == []


def test_an_echo_is_no_proof(scene, serve):
    """A server that mirrors what it gets would be taken for the tenant's."""
    endpoint = answering(serve(), lambda headers, body: whole(body))
    report = scene.method.probe(scene.config(endpoint, verified_host=None))
    assert outcomes(report)[1] == ("challenge", "failed", "challenge-failed")


def collector(good, refusal):
    """A collector that takes the tenant's token, and answers others with a status."""

    def reply(headers, body):
        if headers["authorization"].split()[1] != TOKENS[0]:
            return refusal
        return good

    return reply


@pytest.mark.parametrize(
    ("fields", "good", "refusal", "reason"),
    [
        (OTLP, whole(b"{}"), whole(status=401), ""),
        (OTLP, whole(b"{}"), whole(b"{}"), "challenge-failed"),
        (OTLP, whole(b""), whole(status=401), "answer-incomplete"),
        (SPLUNK, whole(b'{"text":"No data","code":5}', 400), whole(b'{"code":4}', 403), ""),
        (SPLUNK, whole(b'{"text":"No data","code":5}', 400), whole(b'{"code":5}', 400), "challenge-failed"),
        (SPLUNK, whole(b'{"text":"Invalid token","code":4}', 403), whole(b'{"code":4}', 403), "challenge-failed"),
        (SPLUNK, whole(b"<html>"), whole(status=403), "challenge-failed"),
        (SPLUNK, whole(b"<html>", 502), whole(status=403), "unavailable"),
    ],
)
def test_a_collector_proves_itself_by_the_tenants_token(scene, serve, fields, good, refusal, reason):  # noqa: PLR0917 - a row of a table
    """A collector can't answer a challenge: one that takes any token may be anybody's."""
    endpoint = answering(serve(), collector(good, refusal))
    report = scene.method.probe(scene.config(endpoint, verified_host=None, **fields))
    assert outcomes(report)[1] == ("challenge", "failed" if reason else "passed", reason)
    assert bool(scene.marks.noted) is not bool(reason)
