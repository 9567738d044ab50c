"""What one tenant may have and do."""

from tests.unit.runtime.api.gateway import CONFIGS, PATCH, S3, items, make_app, make_client
from tests.unit.runtime.api.test_concurrency import at_once


def numbered(number):
    return {**S3, "type": f"s3:n{number}", "bucket_name": f"logs-{number}"}


def test_writes_of_a_minute_are_limited(clients):
    """One tenant's script would keep the table, and every processor's reads of it, busy."""
    now = [60_000.0]
    api = make_client(make_app(clients, lambda: now[0], max_writes_a_minute=3))
    assert [api.post(CONFIGS, json=numbered(n)).status_code for n in range(4)] == [201, 201, 201, 429]
    refused = api.patch(f"{CONFIGS}/s3:n0", json={"enabled": False}, headers=PATCH)
    assert (refused.status_code, refused.json()["type"]) == (429, "urn:logrouter:problem:too-many-writes")
    assert "3 writes" in refused.json()["detail"]
    assert api.delete(f"{CONFIGS}/s3:n0").status_code == 429
    assert api.post("/tenants/globex/delivery-configs", json=S3).status_code == 201
    assert api.get(f"{CONFIGS}/s3:n0").status_code == 200
    now[0] += int(refused.headers["retry-after"])
    assert api.delete(f"{CONFIGS}/s3:n0").status_code == 204


def test_the_number_of_configs_is_limited_also_for_those_who_race(clients):
    """Three hundred configs of one tenant would make each of its objects three hundred deliveries."""
    app = make_app(clients, max_configs=3)
    answers = at_once([make_client(app) for _ in range(8)], lambda writer, n: writer.post(CONFIGS, json=numbered(n)))
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [409] * 5
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert refused.json()["type"] == "urn:logrouter:problem:too-many-configs"
    assert len(items(clients)) == 3
    api = make_client(app)
    kept = items(clients)[0]["type"]["S"]
    assert api.put(f"{CONFIGS}/{kept}", json={"bucket_name": "other"}).status_code == 200  # none is added
    assert api.delete(f"{CONFIGS}/{kept}").status_code == 204
    assert api.post(CONFIGS, json=S3).status_code == 201


def test_names_of_a_filter_are_limited(api):
    """A filter of thousands of names would be read and expanded for each object."""
    assert api.post(CONFIGS, json={**S3, "desired_logs": [f"app-{n}" for n in range(100)]}).status_code == 201
    refused = api.put(f"{CONFIGS}/s3", json={"bucket_name": "acme-logs", "desired_logs": [f"a{n}" for n in range(101)]})
    assert refused.status_code == 422
    assert "100" in refused.json()["errors"][0]["problem"]
