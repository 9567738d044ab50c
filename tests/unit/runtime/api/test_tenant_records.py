"""A tenant's record: what each operation does, what it leaves alone, and how it binds the delivery configs."""

import pytest

from runtime.delivery_config.external_ids import issue
from tests.unit.runtime.api.gateway import CALLER, CLOUDWATCH, CONFIGS, PATCH, S3, TENANTS, items, make_app, make_client
from tests.unit.runtime.api.test_bad_requests import problem
from tests.unit.runtime.api.test_concurrency import at_once

ACME = "/tenants/acme-corp"
RECORD = {"tenant_id": "acme-corp", "accounts": ["222222222222"], "allowed_regions": ["us-east-1", "eu-west-1"]}


def records(clients):
    """Return everything that the table of tenants has."""
    return sorted(clients.client("dynamodb").scan(TableName=TENANTS)["Items"], key=lambda item: item["tenant_id"]["S"])


def put_record(clients, **fields):
    """Put a record by hand, past the API."""
    clients.client("dynamodb").put_item(TableName=TENANTS, Item={"tenant_id": {"S": "acme-corp"}, **fields})


def patch(api, **changes):
    return api.patch(ACME, json=changes, headers=PATCH)


def versions(clients):
    """Return the record's version that each config carries."""
    return [item.get("tenant_version", {}).get("N") for item in items(clients)]


def test_a_tenant_is_created_read_and_patched(api, clients):
    """The service would not do what it is there for."""
    created = api.post("/tenants", json=RECORD)
    assert created.status_code == 201, created.text
    assert created.headers["location"] == ACME
    read = api.get(ACME)
    assert (read.json(), read.headers["etag"]) == (created.json(), created.headers["etag"])
    assert read.json()["state"] == "active"
    changed = patch(api, state="suspended", allowed_regions=None)
    assert changed.status_code == 200, changed.text
    assert (changed.json()["state"], changed.json()["allowed_regions"], changed.json()["version"]) == (
        "suspended",
        [],
        2,
    )
    assert changed.json()["created_at"] == created.json()["created_at"] < changed.json()["updated_at"]
    assert api.get(ACME, headers={"if-none-match": changed.headers["etag"]}).status_code == 304
    assert len(records(clients)) == 1


def test_a_tenant_without_a_record_has_the_defaults(api, clients):
    """Tenants that have only delivery configs would stop working, or get a record by being asked for."""
    assert api.post(CONFIGS, json=CLOUDWATCH).status_code == 201
    problem(api.get(ACME), 404, "no-such-tenant")
    problem(patch(api, state="suspended"), 404, "no-such-tenant")
    assert (records(clients), versions(clients)) == ([], [None])


def test_an_existing_one_is_left_alone(api, clients):
    """Creating by mistake would lift what binds a tenant."""
    api.post("/tenants", json=RECORD)
    before = records(clients)
    problem(api.post("/tenants", json={"tenant_id": "acme-corp"}), 409, "tenant-exists")
    assert records(clients) == before


def test_a_request_under_a_key_is_done_once(api, clients):
    """A proxy that repeats a request would get 409 for its own success."""
    key = {"idempotency-key": "one"}
    first, again = (api.post("/tenants", json=RECORD, headers=key) for _ in range(2))
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert len(records(clients)) == 1


def test_a_stale_change_is_refused(api):
    """One operator's change would undo another's."""
    etag = api.post("/tenants", json=RECORD).headers["etag"]
    assert api.patch(ACME, json={"state": "suspended"}, headers=PATCH | {"if-match": etag}).status_code == 200
    problem(api.patch(ACME, json={"state": "active"}, headers=PATCH | {"if-match": etag}), 412)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"accounts": ["12345"]}, "accounts.0"),
        ({"accounts": "222222222222"}, "accounts"),
        ({"accounts": ["222222222222"] * 2}, "accounts"),
        ({"accounts": [f"{n:012}" for n in range(101)]}, "accounts"),
        ({"allowed_regions": ["us-east-1", "mars-north-1"]}, "allowed_regions.1"),
        ({"allowed_regions": ["eu-west-1"]}, "allowed_regions"),
        ({"state": "gone"}, "state"),
        ({"cluster_ids": ["a/b"]}, "cluster_ids"),
        ({"contacts": ["nobody"]}, "contacts"),
        ({"contacts": ["a@b c"]}, "contacts"),
        ({"contacts": [f"a{n}@b" for n in range(21)]}, "contacts"),
        ({"version": 7}, "version"),
        ({"shiny": 1}, "shiny"),
        ({"tenant_id": "-acme"}, "tenant_id"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_changed(api, clients, fields, field):
    """A record would be stored that binds nothing, or stops every delivery."""
    content = problem(api.post("/tenants", json=RECORD | fields), 422, "invalid-tenant")
    assert [each["field"] for each in content["errors"]] == [field]
    assert records(clients) == []
    api.post("/tenants", json=RECORD)
    before = records(clients)
    problem(api.patch(ACME, json=fields, headers=PATCH), 422, "invalid-tenant")
    assert records(clients) == before


@pytest.mark.parametrize(
    ("config", "field"),
    [
        (
            CLOUDWATCH | {"log_distribution_role_arn": "arn:aws:iam::333333333333:role/Logs"},
            "log_distribution_role_arn",
        ),
        (CLOUDWATCH | {"target_region": "eu-central-1"}, "target_region"),
        (S3 | {"bucket_owner": "333333333333"}, "bucket_owner"),
        (S3 | {"target_region": "ap-south-1"}, "target_region"),
    ],
)
def test_a_config_is_held_to_the_record(api, clients, config, field):
    """A tenant's config would deliver into another's account, or out of its Regions."""
    api.post("/tenants", json=RECORD)
    content = problem(api.post(CONFIGS, json=config), 422, "invalid-config")
    assert [each["field"] for each in content["errors"]] == [field]
    assert items(clients) == []
    assert api.post(CONFIGS, json=config | {"enabled": False}).status_code == 201
    problem(api.patch(f"{CONFIGS}/{config['type']}", json={"enabled": True}, headers=PATCH), 422)


def test_with_several_accounts_a_bucket_names_its_owner(api):
    """A bucket's name alone says nothing of whose it is: the call would be sent to whoever owns it."""
    api.post("/tenants", json=RECORD | {"accounts": ["222222222222", "333333333333"]})
    problem(api.post(CONFIGS, json=S3), 422)
    assert api.post(CONFIGS, json=S3 | {"bucket_owner": "333333333333"}).status_code == 201


def test_a_record_that_forbids_what_is_enabled_is_refused(api, clients):
    """A mistyped account would park every delivery of a tenant."""
    api.post(CONFIGS, json=CLOUDWATCH)
    before = items(clients)
    content = problem(api.post("/tenants", json=RECORD | {"accounts": ["333333333333"]}), 409, "configs-not-allowed")
    assert [each["field"] for each in content["errors"]] == ["cloudwatch log_distribution_role_arn"]
    assert (records(clients), items(clients)) == ([], before)
    api.patch(f"{CONFIGS}/cloudwatch", json={"enabled": False}, headers=PATCH)
    assert api.post("/tenants", json=RECORD | {"accounts": ["333333333333"]}).status_code == 201


def test_every_config_carries_the_records_version_and_keeps_its_etag(api, clients):
    """A delivery could go by an older record; every caller's If-Match would fail after an operator's change."""
    etag = api.post(CONFIGS, json=CLOUDWATCH).headers["etag"]
    api.post("/tenants", json=RECORD)
    assert versions(clients) == ["1"]
    api.post(CONFIGS, json=S3)
    patch(api, state="suspended")
    assert versions(clients) == ["2", "2"]
    assert api.get(f"{CONFIGS}/cloudwatch").headers["etag"] == etag
    headers = PATCH | {"if-match": etag}
    assert api.patch(f"{CONFIGS}/cloudwatch", json={"groups": ["API"]}, headers=headers).status_code == 200
    assert versions(clients) == ["2", "2"]


def test_who_races_a_records_change_carries_its_version(clients):
    """A config that is created while a record is would go by the defaults for good."""
    app = make_app(clients)

    def write(writer, number):
        if number == 0:
            return writer.post("/tenants", json={"tenant_id": "acme-corp"})
        return writer.post(CONFIGS, json=S3 | {"type": f"s3:n{number}", "bucket_name": f"logs-{number}"})

    answers = at_once([make_client(app) for _ in range(6)], write)
    assert {answer.status_code for answer in answers} == {201}
    assert versions(clients) == ["1"] * 5


def test_a_leaving_tenant_enables_nothing(api):
    """Who leaves would get new deliveries that are erased a little later."""
    api.post("/tenants", json=RECORD)
    patch(api, state="leaving")
    problem(api.post(CONFIGS, json=CLOUDWATCH), 409, "tenant-leaving")


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": {"S": "gone"}},
        {"accounts": {"S": "222222222222"}},
        {"allowed_regions": {"L": [{"N": "1"}]}},
        {"version": {"S": "x"}},
    ],
)
def test_a_record_that_cant_be_read_is_named_and_corrected_by_a_patch(api, clients, wrong):
    """A record that was spoilt by hand would count as none, and bind nothing; or could never be corrected."""
    put_record(clients, **{"version": {"N": "3"}, **wrong})
    problem(api.get(ACME), 409, "invalid-stored-tenant")
    problem(api.post(CONFIGS, json=CLOUDWATCH), 409, "invalid-stored-tenant")
    corrected = patch(api, state="active", accounts=None, allowed_regions=None)
    assert corrected.status_code == 200, corrected.text
    assert api.post(CONFIGS, json=CLOUDWATCH).status_code == 201


def test_a_newer_releases_record_is_read_and_never_overwritten(api, clients):
    """What this release doesn't know would be lost."""
    put_record(clients, schema_version={"N": "2"}, version={"N": "1"}, shiny={"S": "x"})
    assert api.get(ACME).status_code == 200
    problem(patch(api, state="suspended"), 409, "newer-schema-version")


def test_a_change_is_in_the_audit_trail_and_a_refused_one_isnt(api, caplog):
    """Nobody could say who suspended a tenant."""
    api.post("/tenants", json=RECORD)
    patch(api, state="suspended")
    patch(api, state="gone")
    lines = [record.audit for record in caplog.records if record.name == "logrouter.audit"]
    assert [(line["action"], line["caller"], line["type"]) for line in lines] == [
        ("create", CALLER, None),
        ("patch", CALLER, None),
    ]
    assert (lines[1]["before"]["state"], lines[1]["after"]["state"]) == ("active", "suspended")


def test_a_record_counts_as_a_write_of_the_tenant(clients):
    """A script that patches records would keep the table busy."""
    api = make_client(make_app(clients, max_writes_a_minute=1))
    assert api.post("/tenants", json=RECORD).status_code == 201
    problem(patch(api, state="suspended"), 429, "too-many-writes")


def test_a_record_has_as_many_configs_as_one_transaction(api, clients, monkeypatch):
    """A record's change would fail half-way, or leave configs without its version."""
    monkeypatch.setattr("runtime.api.writes.tenant_changes.MAX_CONFIGS", 1)
    for number in range(2):
        api.post(CONFIGS, json=S3 | {"type": f"s3:n{number}", "bucket_name": f"logs-{number}"})
    problem(api.post("/tenants", json={"tenant_id": "acme-corp"}), 409, "too-many-configs")
    assert records(clients) == []


def test_tenants_with_a_record_alone_are_listed_too(api):
    """A tenant that is being taken on would be nowhere to be seen."""
    api.post(CONFIGS, json=CLOUDWATCH)
    for name in ("acme-corp", "globex", "initech"):
        api.post("/tenants", json={"tenant_id": name})
    api.post("/tenants/hooli/delivery-configs", json=S3)
    found, token = [], ""
    while token is not None:
        page = api.get("/tenants", params={"limit": 1} | ({"next_token": token} if token else {})).json()
        found += [(each["tenant_id"], each.get("state"), len(each["types"])) for each in page["tenants"]]
        token = page.get("next_token")
    assert sorted(found) == [
        ("acme-corp", "active", 1), ("globex", "active", 0), ("hooli", None, 1), ("initech", "active", 0),
    ]  # fmt: skip


def test_an_external_id_is_issued_used_at_once_without_roles_and_rotated(api):
    """A new tenant would wait for nothing; one with roles would be denied until its stack is updated."""
    api.post("/tenants", json={"tenant_id": "acme-corp"})
    first = api.post(f"{ACME}/external-ids")
    assert (first.status_code, "pending_external_id" in first.json()) == (201, False)
    used = first.json()["external_id"]
    api.post(CONFIGS, json=CLOUDWATCH | {"external_id": used})
    second = api.post(f"{ACME}/external-ids").json()
    assert (second["external_id"], second["pending_external_id"] != used) == (used, True)
    problem(api.post(f"{ACME}/external-ids"), 409, "external-id-pending")
    active = api.post(f"{ACME}/external-ids/activate").json()
    assert (active["external_id"], active["retired_external_id"]) == (second["pending_external_id"], used)
    problem(api.post(f"{ACME}/external-ids/activate"), 409, "no-pending-external-id")


def test_issued_ids_are_the_services_and_outlive_every_patch(api, clients):
    """A change by an operator, or a correction, would lock the provider out of the roles."""
    problem(api.post(f"{ACME}/external-ids"), 404, "no-such-tenant")
    api.post("/tenants", json={"tenant_id": "acme-corp"})
    used = api.post(f"{ACME}/external-ids").json()["external_id"]
    problem(patch(api, external_id="mine"), 422, "invalid-tenant")
    assert patch(api, state="suspended").json()["external_id"] == used
    (stored,) = records(clients)
    put_record(clients, **{**stored, "state": {"S": "gone"}})
    problem(api.post(f"{ACME}/external-ids"), 409, "invalid-stored-tenant")
    assert patch(api, state="active").json()["external_id"] == used


def test_a_config_names_no_id_but_the_tenants_own(api):
    """A config would be stored that no role lets in; or one that names another tenant's id."""
    anothers = issue("globex")
    problem(api.post(CONFIGS, json=CLOUDWATCH | {"external_id": anothers}), 422, "invalid-config")
    api.post("/tenants", json={"tenant_id": "acme-corp"})
    used = api.post(f"{ACME}/external-ids").json()["external_id"]
    problem(api.post(CONFIGS, json=CLOUDWATCH | {"external_id": "111111111111"}), 422, "invalid-config")
    assert api.post(CONFIGS, json=CLOUDWATCH | {"external_id": used}).status_code == 201
