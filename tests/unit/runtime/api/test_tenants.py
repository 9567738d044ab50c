"""The list of tenants: each once, whole, whatever the size of a page."""

import pytest


@pytest.fixture
def tenants(api):
    """Seven tenants with one to three configs each."""
    found = {}
    for number in range(7):
        types = [f"s3:bucket-{each}" for each in range(number % 3 + 1)]
        for type_ in types:
            body = {"type": type_, "bucket_name": f"acme-{number}-{type_[-1]}"}
            assert api.request("POST", f"/tenants/tenant-{number}/delivery-configs", json=body).status_code == 201
        found[f"tenant-{number}"] = types
    return found


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 100])
def test_every_tenant_is_listed_once_with_all_its_types(api, tenants, limit):
    """An operator would miss a tenant, see one twice, or with a part of its configs: where a page ends."""
    found, token = [], None
    while True:
        answer = api.request("GET", "/tenants", params={"limit": limit} | ({"next_token": token} if token else {}))
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert len(page["tenants"]) <= limit
        found += page["tenants"]
        token = page.get("next_token")
        if token is None:
            break
    assert len(found) == len(tenants)
    assert {each["tenant_id"]: each["types"] for each in found} == tenants


@pytest.mark.parametrize("token", ["", "x", "e30", "WyJhIiwiYiJd=", "WzEsMl0", "é"])
def test_a_token_that_no_page_gave_is_refused(api, token):
    """A request of somebody's making would go to the table as it is."""
    answer = api.request("GET", "/tenants", params={"next_token": token})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "next_token"
