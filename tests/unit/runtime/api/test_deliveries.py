"""The tenant's view of its deliveries, and replays."""

import base64
import json

import pytest

from runtime.delivery_state.destination_status import DestinationStatuses
from runtime.delivery_state.parked_deliveries import ParkedDeliveries
from runtime.delivery_state.parked_delivery import ParkedDelivery
from runtime.errors import BlockedByCustomerError, FailedCall
from runtime.messages.delivery_message import DeliveryMessage
from tests.unit.runtime.api.gateway import CLOUDWATCH, CONFIGS, PARKED, S3
from tests.unit.runtime.replay_scene import key

TENANT = "/tenants/acme-corp"
BROKEN = BlockedByCustomerError("no-such-bucket", "the detail")
BROKEN.call = FailedCall("DESTINATION", "s3:CopyObject", "s3://acme-logs")


@pytest.fixture
def scene(api, clients):
    """Two configs, some objects of two tenants, one parked delivery of each tenant."""
    for config in (CLOUDWATCH, S3):
        assert api.post(CONFIGS, json=config).status_code == 201
    s3 = clients.client("s3")
    for number in range(3):
        s3.put_object(Bucket="central-bucket", Key=key(number), Body=b"0123456789")
        s3.put_object(Bucket="central-bucket", Key=key(number, tenant="globex"), Body=b"x")
    for tenant in ("acme-corp", "globex"):
        park(clients, tenant, 1)
    return clients


def park(clients, tenant, *numbers):
    table, statuses = ParkedDeliveries(clients, PARKED), DestinationStatuses(clients, PARKED)
    for number in numbers:
        where = key(number, tenant=tenant)
        message = DeliveryMessage(
            "central-bucket", where, tenant, "s3", attempt=7, first_attempt_at=1_795_000_000.0, reason="no-such-bucket"
        )
        parked = ParkedDelivery.of(message, BROKEN, now=1_795_086_400.0, expires_at=1_800_000_000)
        table.park(parked, 1_795_090_000.0)
        statuses.failed(tenant, "s3", BROKEN)


def test_a_tenant_sees_what_is_parked_and_what_to_do(api, scene):
    """A customer would learn of a mistake in their bucket policy from its missing logs."""
    (found,) = api.get(f"{TENANT}/deliveries", params={"state": "parked"}).json()["deliveries"]
    assert found == {
        "type": "s3",
        "object_key": key(1),
        "attempts": 7,
        "checkpoint": 0,
        "first_attempt_at": "2026-11-18T11:06:40.000Z",
        "last_attempt_at": "2026-11-19T11:06:40.000Z",
        "expires_at": "2027-01-15T08:00:00.000Z",
        "failure": {
            "reason": "no-such-bucket",
            "detail": "the detail",
            "hop": "DESTINATION",
            "action": "s3:CopyObject",
            "resource": "s3://acme-logs",
            "next_step": "customer: create the bucket, or correct bucket_name in the delivery config",
        },
    }


def test_pages_of_parked_deliveries_follow_each_other(api, scene):
    """A tenant with many would see the first page alone."""
    park(scene, "acme-corp", 2, 3, 4)
    found, query = [], {"limit": 3}
    while True:
        page = api.get(f"{TENANT}/deliveries", params=query).json()
        found += [each["object_key"] for each in page["deliveries"]]
        if "next_token" not in page:
            break
        query["next_token"] = page["next_token"]
    assert found == [key(number) for number in (1, 2, 3, 4)]
    assert api.get(f"{TENANT}/deliveries", params={"type": "cloudwatch"}).json() == {"deliveries": []}


def test_a_page_of_another_tenant_cannot_be_asked_for(api, scene):
    """A token that names another tenant would be a way to its parked deliveries."""
    stolen = {"tenant_id": {"S": "globex"}, "delivery": {"S": "s3#"}}
    token = base64.urlsafe_b64encode(json.dumps(stolen).encode()).decode().rstrip("=")
    answer = api.get(f"{TENANT}/deliveries", params={"next_token": token})
    assert answer.status_code == 422


def test_the_status_says_how_the_destination_is(api, scene):
    """A tenant could not tell a quiet day from a broken delivery."""
    status = api.get(f"{CONFIGS}/s3/status").json()
    assert (status["works"], status["parked"], status["next_probe_at"]) == (False, 1, "2026-11-19T12:06:40.000Z")
    assert status["last_failure"]["action"] == "s3:CopyObject"
    assert status["log_group_created_at"] is None
    DestinationStatuses(scene, PARKED).succeeded("acme-corp", "s3", 3.5, created_log_group=True)
    status = api.get(f"{CONFIGS}/s3/status").json()
    assert (status["works"], status["lag_seconds"]) == (True, 3.5)
    assert status["log_group_created_at"] == status["last_success_at"]
    assert api.get(f"{CONFIGS}/cloudwatch/status").json()["works"] is None
    assert api.get(f"{CONFIGS}/s3:none/status").status_code == 404


def test_a_replay_is_estimated_started_seen_and_cancelled(api, scene):
    """A tenant onboarded late would have to ask for its older logs, and never know whether they come."""
    answer = api.post(f"{TENANT}/replays", json={"everything": True, "dry_run": True})
    assert answer.status_code == 200  # nothing was accepted to be done later
    estimated = answer.json()
    assert (estimated["state"], estimated["estimate"]["objects"], estimated["estimate"]["bytes"]) == (
        "estimated",
        3,
        30,
    )
    assert api.get(f"{TENANT}/replays").json() == {"replays": []}
    started = api.post(f"{TENANT}/replays", json={"type": "s3", "since": "2026-11-20T00:00:01Z"})
    assert started.status_code == 202, started.text
    found = api.get(f"{TENANT}/replays/{started.json()['id']}").json()
    assert (found["state"], found["total_deliveries"], found["deliveries"]) == ("running", 2, 0)
    assert found["selection"] == {"tenant_id": "acme-corp", "type": "s3", "since": "2026-11-20T00:00:01.000Z"}
    assert [each["id"] for each in api.get(f"{TENANT}/replays").json()["replays"]] == [found["id"]]
    assert api.get(f"/tenants/globex/replays/{found['id']}").status_code == 404
    assert api.delete(f"/tenants/globex/replays/{found['id']}").status_code == 404
    assert api.delete(f"{TENANT}/replays/{found['id']}").status_code == 204
    assert api.get(f"{TENANT}/replays/{found['id']}").json()["state"] == "cancelled"
    assert api.delete(f"{TENANT}/replays/{found['id']}").status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"object_keys": ["no key"]},
        {"object_keys": [key(1, tenant="globex")]},
        {"since": "2026-11-20T00:00:01Z", "until": "2026-11-20T00:00:01Z"},
        {"since": "2026-11-20T00:00:01"},
        {"application": "a/b"},
        {"per_second": 0},
        {"unknown": 1},
        {},
        {"type": "s3"},
        {"everything": True, "application": "etcd"},
    ],
)
def test_a_replay_that_makes_no_sense_is_refused(api, scene, body):
    """A typing error would replay everything; or another tenant's objects."""
    answer = api.post(f"{TENANT}/replays", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"]


def test_a_replay_to_nowhere_is_refused(api, scene):
    """It would run through a year of objects and deliver nothing."""
    assert api.post(f"{TENANT}/replays", json={"type": "s3:none", "everything": True}).status_code == 409


def running(api):
    return [each["id"] for each in api.get(f"{TENANT}/replays").json()["replays"] if each["state"] == "running"]


def test_the_same_selection_is_replayed_once_at_a_time(api, scene):
    """A request that was sent twice would deliver a tenant's whole history twice."""
    first = api.post(f"{TENANT}/replays", json={"everything": True})
    again = api.post(f"{TENANT}/replays", json={"everything": True, "per_second": 7})
    assert (first.status_code, again.status_code) == (202, 409)
    assert again.json()["type"].endswith(":same-replay-running")
    assert running(api) == [first.json()["id"]]
    assert api.post(f"{TENANT}/replays", json={"everything": True, "type": "s3"}).status_code == 202
    assert api.delete(f"{TENANT}/replays/{first.json()['id']}").status_code == 204
    assert api.post(f"{TENANT}/replays", json={"everything": True}).status_code == 202


def test_a_tenant_has_a_limited_number_of_running_replays(api, scene):
    """One tenant's scripts would keep every other's replays waiting."""
    for number in range(5):
        assert api.post(f"{TENANT}/replays", json={"application": f"app-{number}"}).status_code == 202
    refused = api.post(f"{TENANT}/replays", json={"application": "app-5"})
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:logrouter:problem:too-many-replays")
    assert "5" in refused.json()["detail"]
    assert api.delete(f"{TENANT}/replays/{running(api)[0]}").status_code == 204
    assert api.post(f"{TENANT}/replays", json={"application": "app-5"}).status_code == 202


def test_an_unreadable_replay_hides_no_other(api, scene):
    """One forged or damaged item would make the list answer 500 for ever."""
    started = api.post(f"{TENANT}/replays", json={"everything": True}).json()["id"]
    for name, more in {"f" * 32: {}, "0" * 32: {"selection": {"S": "[]"}, "state": {"S": "x"}}}.items():
        forged = {"tenant_id": {"S": "acme-corp"}, "delivery": {"S": f"!replay#{name}"}, **more}
        scene.client("dynamodb").put_item(TableName=PARKED, Item=forged)
    assert running(api) == [started]
    assert api.get(f"{TENANT}/replays/{'f' * 32}").status_code == 404
    assert api.get(f"{CONFIGS}/s3/status").status_code == 200


def test_a_count_ends_in_time(api, scene, monkeypatch):
    """A tenant with millions of objects would get a gateway's time-out in place of an answer."""
    monkeypatch.setattr("runtime.api.routers.deliveries.COUNT_SECONDS", 0.0)
    estimate = api.post(f"{TENANT}/replays", json={"everything": True, "dry_run": True}).json()["estimate"]
    assert estimate["complete"] is False
    started = api.post(f"{TENANT}/replays", json={"everything": True}).json()
    assert "total_deliveries" not in started
