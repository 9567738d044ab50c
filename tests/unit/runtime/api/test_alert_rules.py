"""Alert rules: what each operation does, what it leaves alone, and how the tenant's record binds them."""

import pytest

from runtime.alerts.rules import AlertRules, read_rule
from runtime.delivery_config.change_reader import CONFIG_CHANGES, noted_in
from runtime.delivery_config.external_ids import issue
from tests.unit.runtime.alerts.alert_scene import NOTICE, ROLE, TOPIC
from tests.unit.runtime.api.gateway import PARKED, PATCH, RULES, make_app, make_client
from tests.unit.runtime.api.test_bad_requests import problem
from tests.unit.runtime.api.test_concurrency import at_once

PATH = "/tenants/acme-corp/alert-rules"
RULE = {"name": "errors", "level": "error", "contains": ["disk"], "notify": NOTICE}


def rules(clients):
    """Return everything that the table has, by name."""
    found = clients.client("dynamodb").scan(TableName=RULES)["Items"]
    return sorted(found, key=lambda item: item["name"]["S"])


def wrong_fields(answer):
    """Return the fields that a 422 names."""
    return {each["field"] for each in problem(answer, 422, "invalid-rule")["errors"]}


def test_a_rule_is_created_read_replaced_and_deleted(api, clients):
    """The service would not do what it is there for."""
    created = api.post(PATH, json=RULE)
    assert created.status_code == 201, created.text
    assert created.headers["location"] == f"{PATH}/errors"
    read = api.get(f"{PATH}/errors")
    assert (read.json(), read.headers["etag"]) == (created.json(), created.headers["etag"])
    assert RULE.items() <= read.json().items()
    assert api.get(f"{PATH}/errors", headers={"if-none-match": created.headers["etag"]}).status_code == 304
    replaced = api.put(f"{PATH}/errors", json={"ready_made": "etcd-slow-disk", "notify": NOTICE})
    assert replaced.status_code == 200, replaced.text
    assert (replaced.json()["count"], replaced.json()["contains"]) == (5, [])
    assert replaced.json()["created_at"] == created.json()["created_at"] < replaced.json()["updated_at"]
    assert api.delete(f"{PATH}/errors").status_code == 204
    problem(api.get(f"{PATH}/errors"), 404, "no-such-rule")
    problem(api.delete(f"{PATH}/errors"), 404, "no-such-rule")
    assert rules(clients) == []


def test_what_is_stored_is_what_the_alert_function_reads(api, clients):
    """A rule would fire by other numbers, or join other lines, than the customer has written."""
    bus = {"event_bus_arn": "arn:aws:events:us-east-1:222222222222:event-bus/alerts"}
    notice = {"method": "eventbridge", "log_distribution_role_arn": ROLE, **bus}
    written = RULE | {"join_by": [], "count": 7, "enabled": False, "notify": notice, "cluster_ids": ["c1"]}
    answered = api.post(PATH, json=written).json()
    (stored,) = AlertRules(clients, RULES).of_tenant("acme-corp").rules
    assert stored == read_rule(answered)
    assert (stored.join_by, stored.limits.count, stored.enabled) == ((), 7, False)
    assert AlertRules(clients, RULES).of_tenant("acme").rules == ()


def test_an_existing_one_is_left_alone(api, clients):
    """Creating by mistake would replace what somebody relies on."""
    api.post(PATH, json=RULE)
    before = rules(clients)
    problem(api.post(PATH, json=RULE | {"level": "info"}), 409, "rule-exists")
    problem(api.put(f"{PATH}/errors", json=RULE, headers={"if-none-match": "*"}), 412, "precondition-failed")
    assert rules(clients) == before


def test_an_absent_one_is_created_only_where_that_is_said(api):
    """A misspelt name would become a second rule, and the first would go on."""
    problem(api.put(f"{PATH}/errors", json=RULE), 404, "no-such-rule")
    assert api.put(f"{PATH}/errors", json=RULE, headers={"if-none-match": "*"}).status_code == 201


def test_a_stale_change_is_refused(api):
    """One writer's change would undo another's, or delete what it hasn't seen."""
    etag = api.post(PATH, json=RULE).headers["etag"]
    assert api.put(f"{PATH}/errors", json=RULE, headers={"if-match": etag}).status_code == 200
    for answer in (
        api.put(f"{PATH}/errors", json=RULE, headers={"if-match": etag}),
        api.delete(f"{PATH}/errors", headers={"if-match": etag}),
    ):
        problem(answer, 412, "precondition-failed")


def test_a_request_under_a_key_is_done_once(api):
    """A proxy that repeats a request would get 409 for its own success."""
    first, again = (api.post(PATH, json=RULE, headers={"idempotency-key": "one"}) for _ in range(2))
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())


def test_pages_have_every_rule_once(api):
    """A rule would be missing from a list, or be there twice."""
    names = [f"rule-{number}" for number in range(5)]
    for name in names:
        assert api.post(PATH, json=RULE | {"name": name}).status_code == 201
    found, query = [], "?limit=2"
    while query:
        page = api.get(f"{PATH}{query}").json()
        found += [each["name"] for each in page["alert_rules"]]
        query = f"?limit=2&next_token={page['next_token']}" if "next_token" in page else ""
    assert found == names
    assert api.get("/tenants/acme/alert-rules").json() == {"alert_rules": [], "invalid": []}


@pytest.mark.parametrize("token", ["!", "QUEj"])
def test_a_token_that_no_page_gave_is_refused(api, token):
    """A made-up token would be read as a key of the table's."""
    problem(api.get(f"{PATH}?next_token={token}"), 422, "invalid-request")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"level": None, "contains": []}, {""}),
        ({"level": "loud"}, {"level"}),
        ({"ready_made": "no-such"}, {"ready_made"}),
        ({"count": "7"}, {"count"}),
        ({"count": 0, "window_seconds": 1}, {"count", "window_seconds"}),
        ({"enabled": 1}, {"enabled"}),
        ({"applications": "etcd"}, {"applications"}),
        ({"cluster_ids": ["a/b"]}, {"cluster_ids"}),
        ({"more": 1}, {"more"}),
        ({"version": "1"}, {"version"}),
        ({"tenant_id": "other"}, {"tenant_id"}),
        ({"notify": None}, {"notify"}),
        ({"notify": NOTICE | {"more": 1}}, {"notify.more"}),
        ({"notify": NOTICE | {"topic_arn": TOPIC.replace("us-east-1", "mars-east-1")}}, {"notify.topic_arn"}),
        ({"notify": NOTICE | {"topic_arn": TOPIC.replace("us-east-1", "cn-north-1")}}, {"notify.topic_arn"}),
        (
            {"notify": NOTICE | {"log_distribution_role_arn": ROLE.replace("222222222222", "111111111111")}},
            {"notify.log_distribution_role_arn"},
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_field(api, clients, fields, wrong):
    """A rule would be stored that fires never, always, or to nobody; or its writer wouldn't know what is wrong."""
    assert wrong_fields(api.post(PATH, json=RULE | fields)) == wrong
    assert rules(clients) == []


def test_an_item_that_cannot_be_read_is_named_and_can_be_corrected(api, clients):
    """One wrong item would hide a tenant's other rules, or could never be corrected."""
    api.post(PATH, json=RULE | {"name": "good"})
    item = {"tenant_id": {"S": "acme-corp"}, "name": {"S": "bad"}, "level": {"S": "loud"}}
    clients.client("dynamodb").put_item(TableName=RULES, Item=item)
    page = api.get(PATH).json()
    assert [each["name"] for each in page["alert_rules"]] == ["good"]
    assert [(each["name"], set(each["fields"])) for each in page["invalid"]] == [("bad", {"level", "notify"})]
    problem(api.get(f"{PATH}/bad"), 409, "invalid-stored-rule")
    found = AlertRules(clients, RULES).of_tenant("acme-corp")
    assert ([each.name for each in found.rules], [each.name for each in found.invalid]) == (["good"], ["bad"])
    assert api.put(f"{PATH}/bad", json=RULE | {"name": "bad"}).status_code == 200


def test_an_item_of_a_newer_release_is_never_overwritten(api, clients):
    """What this release doesn't know of a rule would be lost."""
    api.post(PATH, json=RULE)
    (item,) = rules(clients)
    clients.client("dynamodb").put_item(TableName=RULES, Item=item | {"schema_version": {"N": "2"}})
    problem(api.put(f"{PATH}/errors", json=RULE), 409, "newer-schema-version")


def test_a_tenant_s_record_binds_its_rules(api):
    """A tenant could have its lines sent to another account, or out of its Regions."""
    record = {"tenant_id": "acme-corp", "accounts": ["333333333333"], "allowed_regions": ["us-east-1"]}
    assert api.post("/tenants", json=record).status_code == 201
    west = NOTICE | {"topic_arn": TOPIC.replace("us-east-1", "us-west-2")}
    named = {"notify.log_distribution_role_arn", "notify.topic_arn"}
    assert wrong_fields(api.post(PATH, json=RULE | {"notify": west})) == named
    assert api.post(PATH, json=RULE | {"notify": west, "enabled": False}).status_code == 201
    patched = api.patch("/tenants/acme-corp", json={"accounts": ["222222222222"]}, headers=PATCH)
    assert patched.status_code == 200, patched.text
    assert api.put(f"{PATH}/errors", json=RULE).status_code == 200
    api.patch("/tenants/acme-corp", json={"state": "leaving"}, headers=PATCH)
    problem(api.put(f"{PATH}/errors", json=RULE), 409, "tenant-leaving")


def test_an_external_id_of_another_tenant_is_refused(api):
    """A rule could act as another tenant in that tenant's account."""
    notice = NOTICE | {"external_id": issue("globex")}
    assert wrong_fields(api.post(PATH, json=RULE | {"notify": notice})) == {"notify.external_id"}


def test_a_tenant_has_no_more_rules_and_writes_than_it_may(clients):
    """One tenant could fill the table, or slow the evaluation of all its lines down."""
    few = make_client(make_app(clients, max_alert_rules=2))
    for number in range(2):
        assert few.post(PATH, json=RULE | {"name": f"r{number}"}).status_code == 201
    problem(few.post(PATH, json=RULE | {"name": "r2"}), 409, "too-many-rules")
    slow = make_client(make_app(clients, clock=lambda: 600.0, max_writes_a_minute=1))
    assert slow.put(f"{PATH}/r0", json=RULE | {"name": "r0"}).status_code == 200
    problem(slow.put(f"{PATH}/r0", json=RULE | {"name": "r0"}), 429, "too-many-writes")


def test_rules_created_at_once_are_all_there_and_no_more_than_may_be(clients):
    """Two writers at once could have one more than the limit between them."""
    app = make_app(clients, max_alert_rules=3)
    writers = [make_client(app) for _ in range(6)]
    assert writers[0].get(PATH).status_code == 200

    def create(writer, number):
        return writer.post(PATH, json=RULE | {"name": f"r{number}"}).status_code

    answers = at_once(writers, create)
    assert sorted(answers) == [201] * 3 + [409] * 3
    assert len(rules(clients)) == 3


def test_each_change_is_in_the_audit_trail_and_noted_for_caches(api, clients, caplog):
    """Nobody could say who switched an alert off; a process would go on by the rule of minutes ago."""
    api.post(PATH, json=RULE)
    api.put(f"{PATH}/errors", json=RULE | {"enabled": False})
    api.delete(f"{PATH}/errors")
    lines = [each.audit for each in caplog.records if hasattr(each, "audit")]
    assert [(each["action"], each["rule"], each["tenant_id"]) for each in lines] == [
        (action, "errors", "acme-corp") for action in ("create", "replace", "delete")
    ]
    assert (lines[1]["before"]["enabled"], lines[1]["after"]["enabled"], lines[2]["after"]) == (True, False, None)
    noted = clients.client("dynamodb").get_item(TableName=PARKED, Key=CONFIG_CHANGES)["Item"]
    assert "acme-corp" in noted_in(noted)


def test_ready_made_rules_are_listed(api):
    """Nobody could know what there is, and how often it has to happen."""
    found = {each["name"]: each for each in api.get("/alert-rules").json()["rules"]}
    assert found["etcd-slow-disk"]["count"] == 5
    assert all(each["title"] and each["next_step"] for each in found.values())
