"""Facts about a public implementation of the same design, where our contract agrees with them."""

import json

import pytest

from tests.unit.runtime.api.gateway import CLOUDWATCH, S3
from tests.unit.runtime.known_cases import cases

CASES = cases("api")
REFUSED = [number for number, case in CASES.items() if case["expect"].get("status") == 422 and "body" in case["given"]]


@pytest.mark.parametrize("number", REFUSED)
def test_known_refusals(api, number):
    """A config would be stored that the other implementation refuses."""
    body, expected = CASES[number]["given"]["body"], CASES[number]["expect"]
    answer = api.post(f"/tenants/{body['tenant_id'] or 'x' * 129}/delivery-configs", json=body)
    assert answer.status_code == 422
    assert expected.get("detail_contains", "").split(" ")[0] in json.dumps(answer.json()["errors"])


def test_known_creation(api):
    """What the other implementation creates would be refused."""
    body = CASES["013"]["given"]["body"]
    answer = api.post("/tenants/new-tenant/delivery-configs", json=body)
    assert answer.status_code == CASES["013"]["expect"]["status"]
    assert body.items() <= answer.json().items()


def test_known_reads_and_changes(api):
    """Default limit, an unknown limit, PUT of what isn't there, PATCH of one field, concurrent creations."""
    path = "/tenants/test-tenant/delivery-configs"
    assert api.put(f"{path}/s3", json=S3).status_code == CASES["037"]["expect"]["status"]
    assert api.get(f"{path}?limit=abc").status_code == CASES["035"]["expect"]["status"]
    assert api.post(path, json=CLOUDWATCH).status_code == 201
    assert api.get(f"{path}/cloudwatch").json()["type"] == CASES["011"]["expect"]["body"]["data.type"]
    patched = api.patch(f"{path}/cloudwatch", json=CASES["039"]["given"]["body"])
    assert patched.json()["enabled"] is CASES["039"]["expect"]["data.enabled"]
    assert api.get("/health").status_code == CASES["001"]["expect"]["status"]
