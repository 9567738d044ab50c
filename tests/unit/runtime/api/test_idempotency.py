"""``Idempotency-Key``: a request that is sent again does nothing again."""

import pytest

from runtime.api.writes import idempotency
from tests.unit.runtime.api.gateway import CONFIGS, S3, make_app, make_client

KEY = {"idempotency-key": "order-66"}
REPLAYS = "/tenants/acme-corp/replays"


@pytest.fixture
def app(clients):
    """The API under a clock that can be set."""
    now = [1_795_000_000.0]
    made = make_app(clients, lambda: now[0])
    made.now = now
    return made


@pytest.fixture
def client(app):
    """A caller of a tenant with one config."""
    client = make_client(app)
    assert client.post(CONFIGS, json=S3).status_code == 201
    return client


def test_a_repeated_request_gets_the_first_answer(client):
    """A caller whose answer was lost could only guess whether to send it again."""
    first = client.post(REPLAYS, json={"everything": True}, headers=KEY)
    again = client.post(REPLAYS, json={"everything": True}, headers=KEY)
    assert (first.status_code, again.status_code) == (202, 202)
    assert again.json() == first.json()
    assert len(client.get(REPLAYS).json()["replays"]) == 1


def test_a_repeated_creation_gets_its_headers_too(client):
    """A client that goes on with the ETag would have none after its own retry."""
    body = {**S3, "type": "s3:eu", "bucket_name": "eu-logs"}
    first = client.post(CONFIGS, json=body, headers=KEY)
    again = client.post(CONFIGS, json=body, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert [again.headers[name] for name in ("etag", "location")] == [
        first.headers[name] for name in ("etag", "location")
    ]


def test_a_key_of_another_request_is_refused(client):
    """A program that reuses a key by mistake would believe that its second request was done."""
    assert client.post(REPLAYS, json={"application": "etcd"}, headers=KEY).status_code == 202
    refused = client.post(REPLAYS, json={"application": "api"}, headers=KEY)
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:logrouter:problem:idempotency-key-reused")
    others = client.post("/tenants/globex/replays", json={"application": "api"}, headers=KEY)
    assert others.json()["type"].endswith("no-such-config")  # another tenant's key is another key


def test_a_refused_request_leaves_its_key_free(client):
    """A corrected cause (a config that was missing) would not help for a day."""
    elsewhere = "/tenants/globex"
    assert client.post(f"{elsewhere}/replays", json={"everything": True}, headers=KEY).status_code == 409
    assert client.post(f"{elsewhere}/delivery-configs", json=S3).status_code == 201
    assert client.post(f"{elsewhere}/replays", json={"everything": True}, headers=KEY).status_code == 202


def test_two_at_once_are_one(app, client, monkeypatch):
    """A retry that overtakes the first request would do everything twice."""
    seen = []

    def action(self, answer):
        seen.append(client.post(REPLAYS, json={"everything": True}, headers=KEY))
        remember(self, answer)

    remember = idempotency.Idempotency._remember
    monkeypatch.setattr(idempotency.Idempotency, "_remember", action)
    assert client.post(REPLAYS, json={"everything": True}, headers=KEY).status_code == 202
    (meanwhile,) = seen
    assert (meanwhile.status_code, meanwhile.json()["type"]) == (409, "urn:logrouter:problem:request-running")


def test_a_key_ends_after_a_day_and_a_crash_after_half_a_minute(app, client, monkeypatch):
    """A key would be taken for good, or by a process that was killed."""
    monkeypatch.setattr(idempotency.Idempotency, "_remember", lambda *_: None)  # as if killed before it could
    assert client.post(REPLAYS, json={"application": "a"}, headers=KEY).status_code == 202
    assert client.post(REPLAYS, json={"application": "a"}, headers=KEY).json()["type"].endswith("request-running")
    monkeypatch.undo()
    app.now[0] += idempotency.RUNNING_SECONDS + 1
    assert client.post(REPLAYS, json={"application": "a"}, headers=KEY).json()["type"].endswith("same-replay-running")
    assert client.post(REPLAYS, json={"application": "b"}, headers={"idempotency-key": "2"}).status_code == 202
    app.now[0] += idempotency.KEPT_SECONDS + 2
    assert client.post(REPLAYS, json={"application": "c"}, headers={"idempotency-key": "2"}).status_code == 202


@pytest.mark.parametrize("key", ["", "two words", "k" * 256])
def test_a_key_has_a_form(client, key):
    """A header with anything in it would be stored."""
    assert client.post(REPLAYS, json={"everything": True}, headers={"idempotency-key": key}).status_code == 422
