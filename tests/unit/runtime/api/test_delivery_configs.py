"""The six endpoints."""

from tests.unit.runtime.api.gateway import (
    CLOUDWATCH,
    CONFIGS,
    PATCH,
    items,
)


def test_a_config_is_created_read_replaced_patched_and_deleted(api, clients):
    """The service would not do what it is there for."""
    created = api.post(CONFIGS, json=CLOUDWATCH)
    assert created.status_code == 201, created.text
    assert created.headers["location"] == f"{CONFIGS}/cloudwatch"
    read = api.get(f"{CONFIGS}/cloudwatch")
    assert read.json() == created.json()
    assert read.headers["etag"] == created.headers["etag"]
    replaced = api.put(f"{CONFIGS}/cloudwatch", json={**CLOUDWATCH, "groups": ["API"]})
    assert replaced.status_code == 200, replaced.text
    patched = api.patch(f"{CONFIGS}/cloudwatch", json={"enabled": False, "groups": None}, headers=PATCH)
    assert patched.status_code == 200, patched.text
    assert (patched.json()["enabled"], patched.json()["groups"]) == (False, [])
    assert patched.json()["created_at"] == created.json()["created_at"] < patched.json()["updated_at"]
    assert [each["type"] for each in api.get(CONFIGS).json()["delivery_configs"]] == ["cloudwatch"]
    assert api.delete(f"{CONFIGS}/cloudwatch").status_code == 204
    assert api.get(f"{CONFIGS}/cloudwatch").status_code == 404
    assert items(clients) == []
