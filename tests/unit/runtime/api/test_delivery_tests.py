"""Test deliveries by the API: what it starts, how far they are, and configs that one enables."""

import json

import pytest

from runtime.delivery_state.delivery_tests import DeliveryTests
from runtime.delivery_test.settings import DeliveryTesterSettings
from runtime.delivery_test.tester import DeliveryTester
from tests.unit.runtime.api.gateway import CALLER, CONFIGS, PARKED, PATCH, S3, TABLE, items, make_app, make_client
from tests.unit.runtime.aws_world import CENTRAL_ROLE, REGION, Fault

AFTER = {"params": {"enable": "after-test"}}
SECRET = "whsec_MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0"
WEBHOOK = {"type": "webhook", "url": "https://logs.example.com/in", "signing_secret": SECRET}


@pytest.fixture
def started(clients, monkeypatch):
    """What Lambda was told to call."""
    found = []
    monkeypatch.setattr("runtime.api.writes.testing.start", lambda _, *asked: found.append(asked))
    clients.client("s3").create_bucket(Bucket="acme-logs")
    return found


@pytest.fixture
def api(clients):
    return make_client(make_app(clients, tester="the-tester"))


def make(clients, started):
    """Make the test that was asked for last, as the function would."""
    settings = DeliveryTesterSettings(
        tenant_config_table=TABLE,
        parked_deliveries_table=PARKED,
        central_log_distribution_role_arn=CENTRAL_ROLE,
        central_bucket="central-bucket",
        aws_region=REGION,
        test_retry_seconds=0,
    )
    asked = started[-1][1]
    return DeliveryTester(settings, clients).run(asked["tenant_id"], asked["type"], asked["id"])


def test_a_test_is_started_by_its_names_alone_and_read_when_it_has_ended(api, clients, started):
    """Nobody could try a config; or the API would need a role that reaches every customer."""
    api.post(CONFIGS, json=S3)
    answer = api.post(f"{CONFIGS}/s3/test")
    test = answer.json()
    assert (answer.status_code, test["state"], test["steps"]) == (202, "queued", [])
    assert answer.headers["location"] == f"{CONFIGS}/s3/test/{test['id']}"
    assert started == [("the-tester", {"tenant_id": "acme-corp", "type": "s3", "id": test["id"]})]
    clients.faults["PutObject"] = Fault("AccessDenied", 403)
    make(clients, started)
    ended = api.get(answer.headers["location"]).json()
    step = ended["steps"][1]
    assert (ended["state"], step["name"], step["call"]) == ("failed", "object", "s3:PutObject")
    assert step["fixes"][0]["document"]["Effect"] == "Allow"


def test_what_is_no_test_is_not_found(api, started):
    """A caller would wait for ever for what a newer test has replaced, or for a config that isn't there."""
    assert api.post(f"{CONFIGS}/s3/test").status_code == 404
    api.post(CONFIGS, json=S3)
    first = api.post(f"{CONFIGS}/s3/test").headers["location"]
    second = api.post(f"{CONFIGS}/s3/test").headers["location"]
    assert (api.get(first).status_code, api.get(second).status_code) == (404, 200)
    assert api.get(f"{CONFIGS}/s3:other/test/{second[-32:]}").status_code == 404
    assert api.get(f"{CONFIGS}/s3/test/short").status_code == 422


def test_a_request_that_comes_twice_starts_one_test(api, started):
    """A retry would send a customer's endpoint another event."""
    api.post(CONFIGS, json=S3)
    key = {"idempotency-key": "one-key"}
    first, second = (api.post(f"{CONFIGS}/s3/test", headers=key) for _ in range(2))
    assert (first.json(), first.headers["location"]) == (second.json(), second.headers["location"])
    assert len(started) == 1


def test_tests_count_as_writes(clients, started):
    """One caller could have a customer's endpoint asked a thousand times a minute."""
    api = make_client(make_app(clients, tester="the-tester", max_writes_a_minute=2))
    api.post(CONFIGS, json=S3)
    assert [api.post(f"{CONFIGS}/s3/test").status_code for _ in range(2)] == [202, 429]
    assert len(started) == 1


def test_a_tester_that_cannot_be_called_is_said_so(api, clients, monkeypatch):
    """The caller would wait for a test that nobody makes."""
    api.post(CONFIGS, json=S3)

    def fail(*_):
        raise TimeoutError

    monkeypatch.setattr("runtime.api.writes.testing.start", fail)
    answer = api.post(f"{CONFIGS}/s3/test")
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (503, "tester-unavailable")
    without = make_client(make_app(clients))
    assert without.post(f"{CONFIGS}/s3/test").status_code == 503
    assert without.put(f"{CONFIGS}/s3", json=S3, **AFTER).status_code == 503
    assert api.get(f"{CONFIGS}/s3").json()["enabled"], "nothing was written"


@pytest.mark.parametrize("way", ["create", "replace", "patch"])
def test_a_config_is_enabled_by_its_test_alone(api, clients, started, way):
    """It would deliver before anybody knows whether it can; or never."""
    if way == "create":
        answer = api.post(CONFIGS, json=S3, **AFTER)
    else:
        api.post(CONFIGS, json=S3)
        send = {"replace": lambda: api.put(f"{CONFIGS}/s3", json=S3, **AFTER)}
        send["patch"] = lambda: api.patch(f"{CONFIGS}/s3", content=b'{"groups": ["API"]}', headers=PATCH, **AFTER)
        answer = send[way]()
    assert answer.json()["enabled"] is False
    link = answer.headers["link"].removeprefix("<").removesuffix('>; rel="status"')
    assert api.get(f"{CONFIGS}/s3").headers["link"] == answer.headers["link"]
    test = api.get(link).json()
    assert (test["state"], test["enables"]) == ("queued", True)
    assert DeliveryTests(clients, PARKED).of("acme-corp", "s3", test["id"]).requested_by == CALLER
    make(clients, started)
    found = api.get(f"{CONFIGS}/s3")
    assert (found.json()["enabled"], "link" in found.headers) == (True, False)


def test_a_write_meanwhile_takes_the_test_away(api, clients, started):
    """What was never tested would be enabled."""
    api.post(CONFIGS, json=S3, **AFTER)
    api.patch(f"{CONFIGS}/s3", content=b'{"bucket_prefix": "other/"}', headers=PATCH)
    assert make(clients, started).state == "failed"
    assert api.get(f"{CONFIGS}/s3").json()["enabled"] is False


def test_what_overlaps_is_refused_before_it_is_tested(api, clients, started):
    """Its test would enable what the API never would: logs would arrive twice."""
    api.post(CONFIGS, json=S3)
    answer = api.post(CONFIGS, json={**S3, "type": "s3:again"}, **AFTER)
    assert (answer.status_code, started) == (409, [])
    assert len(items(clients)) == 1


def test_a_webhook_waits_for_its_proof(api, clients, started):
    """A webhook could be enabled by nobody but an operator."""
    assert api.post(CONFIGS, json=WEBHOOK).status_code == 409
    answer = api.post(CONFIGS, json=WEBHOOK, **AFTER)
    assert (answer.status_code, answer.json()["enabled"]) == (201, False)
    assert started[-1][1]["type"] == "webhook"


@pytest.mark.parametrize("value", ["now", "", "true"])
def test_only_a_test_enables_later(api, started, value):
    """A word that isn't understood would leave the config enabled."""
    assert api.post(CONFIGS, json=S3, params={"enable": value}).status_code == 422
    assert api.delete(f"{CONFIGS}/s3", params={"enable": "after-test"}).status_code == 400
    assert json.loads(api.get(CONFIGS).content)["delivery_configs"] == []
