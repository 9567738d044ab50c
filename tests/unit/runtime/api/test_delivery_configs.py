"""The six endpoints: what each does, and what it leaves alone."""

import pytest

from tests.unit.runtime.api.gateway import CLOUDWATCH, CONFIGS, PATCH, S3, items, make_app, make_client, put_item

CLOUDWATCH_CONFIG = f"{CONFIGS}/cloudwatch"
S3_CONFIG = f"{CONFIGS}/s3"


def made(api, **fields):
    """Make an S3 config."""
    answer = api.post(CONFIGS, json=S3 | fields)
    assert answer.status_code == 201, answer.text
    return answer


def test_a_config_is_created_read_replaced_patched_and_deleted(api, clients):
    """The service would not do what it is there for."""
    created = api.post(CONFIGS, json=CLOUDWATCH)
    assert created.status_code == 201, created.text
    assert created.headers["location"] == CLOUDWATCH_CONFIG
    read = api.get(CLOUDWATCH_CONFIG)
    assert read.json() == created.json()
    assert read.headers["etag"] == created.headers["etag"]
    replaced = api.put(CLOUDWATCH_CONFIG, json={**CLOUDWATCH, "groups": ["API"]})
    assert replaced.status_code == 200, replaced.text
    patched = api.patch(CLOUDWATCH_CONFIG, json={"enabled": False, "groups": None}, headers=PATCH)
    assert patched.status_code == 200, patched.text
    assert (patched.json()["enabled"], patched.json()["groups"]) == (False, [])
    assert patched.json()["created_at"] == created.json()["created_at"] < patched.json()["updated_at"]
    assert [each["type"] for each in api.get(CONFIGS).json()["delivery_configs"]] == ["cloudwatch"]
    assert api.delete(CLOUDWATCH_CONFIG).status_code == 204
    assert api.get(CLOUDWATCH_CONFIG).status_code == 404
    assert items(clients) == []


def test_an_existing_one_is_left_alone(api, clients):
    """Creating by mistake would overwrite a tenant's config."""
    made(api)
    before = items(clients)
    assert api.post(CONFIGS, json={**S3, "bucket_name": "another-bucket"}).status_code == 409
    assert items(clients) == before


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_an_absent_one_is_404(api, clients, method):
    """A client could not tell a missing config from a wrong request; a PUT could make one by a typing error."""
    more = {"json": S3} if method in {"put", "patch"} else {}
    assert api.request(method, S3_CONFIG, **more).status_code == 404
    assert items(clients) == []


def test_put_replaces_whole_and_creates_only_when_asked(api):
    """What the body leaves out would linger, or a PUT would create what was deleted meanwhile."""
    created = api.put(S3_CONFIG, json=S3 | {"groups": ["API"]}, headers={"if-none-match": "*"})
    assert (created.status_code, created.headers["location"]) == (201, S3_CONFIG)
    assert api.put(S3_CONFIG, json=S3, headers={"if-none-match": "*"}).status_code == 412
    assert api.put(S3_CONFIG, json=S3).json()["groups"] == []


@pytest.mark.parametrize("written", ["s3:archive-eu", "s3%3Aarchive-eu", "s3%3aarchive-eu"])
def test_a_named_type_is_found_encoded_or_not(api, written):
    """Clients that encode the colon, as they may, would get 404."""
    made(api, type="s3:archive-eu")
    assert api.get(f"{CONFIGS}/{written}").json()["type"] == "s3:archive-eu"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("enabled", False),
        ("desired_logs", ["etcd"]),
        ("groups", ["API"]),
        ("cluster_ids", ["c-1"]),
        ("target_region", "eu-west-1"),
        ("ttl", 4_000_000_000),
        ("external_id", "issued-for-acme"),
        ("bucket_name", "another-bucket"),
        ("bucket_prefix", "logs/"),
        ("bucket_owner", "222222222222"),
    ],
)
def test_patch_changes_any_mutable_field_and_null_removes_an_optional_one(api, field, value):
    """PATCH would change two fields and ignore the rest."""
    before = made(api).json()
    assert api.patch(S3_CONFIG, json={field: value}, headers=PATCH).json()[field] == value
    removed = api.patch(S3_CONFIG, json={field: None}, headers=PATCH)
    if field == "bucket_name":
        assert removed.status_code == 422
        assert removed.json()["errors"] == [{"field": "bucket_name", "problem": "is required"}]
    else:
        assert removed.json().get(field) == before.get(field)


def test_an_empty_patch_refreshes_updated_at_alone(api):
    """A patch of nothing would change something."""
    before, after = made(api).json(), api.patch(S3_CONFIG, json={}, headers=PATCH).json()
    assert {name for name in after if after[name] != before[name]} == {"updated_at", "version"}


def test_pages_hold_every_config_once_and_tokens_survive_a_url(api):
    """A tenant's list would lack a config, or show one twice."""
    for number in range(7):
        made(api, type=f"s3:bucket-{number}", bucket_name=f"bucket-{number}")
    seen, token = [], None
    while True:
        page = api.get(CONFIGS, params={"limit": 3} | ({"next_token": token} if token else {})).json()
        seen += [each["type"] for each in page["delivery_configs"]]
        token = page.get("next_token")
        assert token is None or token.replace("-", "").replace("_", "").isalnum()
        if token is None:
            break
    assert seen == [f"s3:bucket-{number}" for number in range(7)]


@pytest.mark.parametrize("token", ["", "!", "zzz=", "AAAA", "é", "czM=", "c 3"])
def test_a_token_that_no_page_gave_is_refused(api, token):
    """A broken token would be a 500, or silently start from the beginning."""
    answer = api.get(CONFIGS, params={"next_token": token})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "next_token"


def test_tenants_see_their_own_alone(api):
    """One tenant's list would show another's destinations."""
    made(api)
    assert api.get("/tenants/globex/delivery-configs").json() == {"delivery_configs": [], "invalid": []}
    assert api.get("/tenants/ACME-corp/delivery-configs/s3").status_code == 404


def test_an_expired_config_counts_as_absent(clients):
    """It would be listed, or stand in the way of a new one, until DynamoDB deletes it days later."""
    now = [1_000_000.0]
    api = make_client(make_app(clients, clock=lambda: now[0]))
    made(api, ttl=1_000_100)
    now[0] = 1_000_200.0
    assert api.get(CONFIGS).json()["delivery_configs"] == []
    for method in ("get", "patch", "delete"):
        assert api.request(method, S3_CONFIG, **({"json": {}} if method == "patch" else {})).status_code == 404
    assert made(api).json()["bucket_name"] == "acme-logs"


def test_an_item_put_by_hand_is_shown_as_invalid_and_can_be_mended(api, clients):
    """An operator could not see why a tenant's logs don't arrive, or not mend it through the API."""
    put_item(clients, tenant_id={"S": "acme-corp"}, type={"S": "s3"}, bucket_name={"S": "UPPER.-.BAD"})
    assert [each["fields"] for each in api.get(CONFIGS).json()["invalid"]] == [["bucket_name"]]
    assert api.get(S3_CONFIG).json()["type"] == "urn:logrouter:problem:invalid-stored-config"
    assert api.patch(S3_CONFIG, json={"bucket_name": "good-bucket"}, headers=PATCH).status_code == 200
    assert api.get(S3_CONFIG).json()["bucket_name"] == "good-bucket"


def test_an_item_of_sets_is_read_and_patched(api, clients):
    """String sets, which DynamoDB's console makes, would be a 500."""
    put_item(
        clients,
        tenant_id={"S": "acme-corp"},
        type={"S": "s3"},
        bucket_name={"S": "acme-logs"},
        desired_logs={"SS": ["b", "a"]},
    )
    assert api.patch(S3_CONFIG, json={"enabled": False}, headers=PATCH).json()["desired_logs"] == ["a", "b"]


def test_a_newer_releases_item_is_never_overwritten(api, clients):
    """During a rollback, what the newer release stored would be lost."""
    item = {"tenant_id": {"S": "acme-corp"}, "type": {"S": "s3"}, "bucket_name": {"S": "acme-logs"}}
    put_item(clients, **item, schema_version={"N": "2"}, shiny={"S": "new"})
    before = items(clients)
    for method in ("put", "patch"):
        answer = api.request(method, S3_CONFIG, json={"bucket_name": "another"})
        assert answer.json()["type"] == "urn:logrouter:problem:newer-schema-version"
    assert items(clients) == before
    assert api.get(S3_CONFIG).status_code == 200


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({**S3, "bucket_prefix": "\u65e5" * 255}, "bucket_prefix"),
        ({**S3, "bucket_prefix": "?" * 700}, "bucket_prefix"),
        (
            {**CLOUDWATCH, "log_distribution_role_arn": f"arn:aws:iam::222222222222:role/{'?' * 500}/R"},
            "log_distribution_role_arn",
        ),
    ],
)
def test_what_no_session_policy_can_hold_is_refused(api, config, field):
    """A config would be taken, called right by `match`, and never deliver anything."""
    refused = api.post(CONFIGS, json=config)
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert error["field"] == field
    assert "characters" in error["problem"]


def test_a_role_in_the_central_account_is_refused(api):
    """Every delivery would be refused by STS, and the customer told to change a role that isn't theirs."""
    ours = "arn:aws:iam::111111111111:role/CentralLogDistributionRole"
    refused = api.post(CONFIGS, json={**CLOUDWATCH, "log_distribution_role_arn": ours})
    assert refused.status_code == 422
    assert "customer's account" in refused.json()["errors"][0]["problem"]
