"""Secrets through the API: written, never shown; kept while a config refers to them; and an endpoint's proof."""

import base64
import json
import logging

import pytest

from runtime.aws.direct_call import DirectCall
from runtime.aws.response import ConnectionClosedError
from tests.unit.runtime.api.gateway import CONFIGS, PATCH, items

FIRST, SECOND, THIRD = ("whsec_" + base64.b64encode(bytes([number]) * 24).decode() for number in (1, 2, 3))
CONFIG = f"{CONFIGS}/webhook"
WEBHOOK = {"type": "webhook", "enabled": False, "url": "https://logs.example.com/in", "signing_secret": FIRST}


@pytest.fixture
def manager(clients):
    """Secrets Manager as it really is."""
    return clients._find("secretsmanager", clients.region)


def kept(manager):
    """Return the values that can be read, by their references."""
    names = [each["Name"] for each in manager.list_secrets()["SecretList"] if "DeletedDate" not in each]
    return {name: manager.get_secret_value(SecretId=name)["SecretString"] for name in names}


def create(api, **fields):
    answer = api.post(CONFIGS, json=WEBHOOK | fields)
    assert answer.status_code == 201, answer.text
    return answer


def references(answer):
    assert answer.status_code in (200, 201), answer.text
    return answer.json()["signing_secret"]


def test_a_value_is_kept_and_a_reference_shown(api, clients, manager, caplog):
    """A customer's endpoint would be given away by the next GET, audit line, ETag or item."""
    caplog.set_level(logging.DEBUG)
    created = create(api)
    (reference,) = references(created)
    assert reference.startswith("logrouter/acme-corp/")
    assert references(api.get(CONFIG)) == [reference]
    assert api.get(CONFIG).headers["etag"] == created.headers["etag"]
    everything = "".join([created.text, str(created.headers), api.get(CONFIGS).text, str(items(clients)), caplog.text])
    everything += "".join(json.dumps(vars(record), default=repr) for record in caplog.records)
    assert reference in everything
    assert FIRST not in everything
    assert kept(manager) == {reference: FIRST}


def test_a_new_value_comes_before_the_old_one_which_stays_live(api, manager):
    """Events would be refused between the change here and the one at the endpoint."""
    (first,) = references(create(api))
    second, same = references(api.patch(CONFIG, json={"signing_secret": SECOND}, headers=PATCH))
    assert (same, kept(manager)) == (first, {first: FIRST, second: SECOND})
    third, same = references(api.patch(CONFIG, json={"signing_secret": THIRD}, headers=PATCH))
    assert (same, kept(manager)) == (second, {second: SECOND, third: THIRD})
    assert references(api.patch(CONFIG, json={"signing_secret": [third]}, headers=PATCH)) == [third]
    assert kept(manager) == {third: THIRD}


def test_what_was_read_can_be_written_again(api, manager):
    """A client that reads, changes and replaces would lose its secrets."""
    create(api)
    read = api.get(CONFIG).json()
    written = {name: value for name, value in read.items() if name not in SERVICE_FIELDS}
    assert references(api.put(CONFIG, json=written | {"headers": ["x-a: b"]})) == read["signing_secret"]
    assert list(kept(manager).values()) == [FIRST]


SERVICE_FIELDS = {"created_at", "updated_at", "schema_version", "version", "warnings"}


def test_a_deleted_config_takes_its_secrets_with_it(api, manager):
    """They would be paid for, and could be stolen, for ever."""
    create(api)
    assert api.delete(CONFIG).status_code == 204
    assert kept(manager) == {}
    (left,) = manager.list_secrets(IncludePlannedDeletion=True)["SecretList"]
    assert "DeletedDate" in left, "an operator can bring it back for seven days"


def test_a_secret_that_another_config_refers_to_stays(api, manager):
    """The other config's endpoint would refuse everything."""
    shared = references(create(api))
    create(api, type="webhook:eu", url="https://eu.example.com/in", signing_secret=shared)
    assert api.delete(CONFIG).status_code == 204
    assert list(kept(manager)) == shared
    assert api.delete(f"{CONFIGS}/webhook:eu").status_code == 204
    assert kept(manager) == {}


@pytest.mark.parametrize(
    ("call", "status"),
    [
        (lambda api: api.post(CONFIGS, json=WEBHOOK | {"signing_secret": SECOND}), 409),
        (
            lambda api: api.post(
                CONFIGS, json=WEBHOOK | {"type": "webhook:b", "url": "http://x", "signing_secret": SECOND}
            ),
            422,
        ),
        (lambda api: api.put(CONFIG, json=WEBHOOK | {"signing_secret": SECOND}, headers={"if-match": '"old"'}), 412),
        (lambda api: api.patch(CONFIG, json={"signing_secret": SECOND, "enabled": True}, headers=PATCH), 409),
        (lambda api: api.put(f"{CONFIGS}/webhook:c", json=WEBHOOK | {"type": "webhook:c"}), 404),
    ],
)
def test_a_write_that_is_refused_leaves_no_secret(api, manager, call, status):
    """A 412 would have changed what the endpoint has to accept, or secrets pile up."""
    before = references(create(api))
    assert call(api).status_code == status
    assert list(kept(manager)) == before
    assert references(api.get(CONFIG)) == before


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("canary-not-whsec", "whsec_"),
        ("whsec_canary", "whsec_"),
        ("whsec_" + base64.b64encode(b"canary").decode(), "whsec_"),
        (["logrouter/other-tenant/canary"], "references"),
        (["logrouter/acme-corp/../canary canary"], "references"),
        ([FIRST], "references"),
        ([1], "references"),
        ({"canary": 1}, "list"),
        (1, "list"),
    ],
)
@pytest.mark.parametrize("write", ["post", "put", "patch"])
def test_a_wrong_secret_is_named_and_never_quoted(api, clients, caplog, value, words, write):  # noqa: PLR0917 - a table
    """What somebody typed almost right would stand in an answer, or a log."""
    create(api)
    caplog.set_level(logging.DEBUG)
    if write == "post":
        answer = api.post(CONFIGS, json=WEBHOOK | {"type": "webhook:b", "signing_secret": value})
    elif write == "put":
        answer = api.put(CONFIG, json=WEBHOOK | {"signing_secret": value})
    else:
        answer = api.patch(CONFIG, json={"signing_secret": value}, headers=PATCH)
    assert answer.status_code == 422, answer.text
    (problem,) = [each for each in answer.json()["errors"] if each["field"].startswith("signing_secret")]
    assert words in problem["problem"]
    assert "canary" not in answer.text + caplog.text
    assert FIRST not in answer.text + caplog.text + str(items(clients))


@pytest.mark.parametrize("error", [ConnectionClosedError("whsec_"), TimeoutError("whsec_"), RuntimeError(FIRST)])
def test_a_secret_that_cannot_be_kept_is_a_503_and_no_config(api, clients, monkeypatch, caplog, error):
    """A config would refer to nothing, or the failure quote the value."""

    def fail(*_, **__):
        raise error

    monkeypatch.setattr(DirectCall, "members", fail)
    answer = api.post(CONFIGS, json=WEBHOOK)
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:logrouter:problem:secrets-unavailable")
    assert items(clients) == []
    assert "whsec_" not in answer.text + caplog.text


def test_a_secret_that_cannot_be_deleted_is_named_and_the_change_holds(api, clients, monkeypatch, caplog):
    """A config could not be deleted while Secrets Manager is down."""
    (reference,) = references(create(api))

    def fail(*_, **__):
        raise TimeoutError

    monkeypatch.setattr(DirectCall, "members", fail)
    assert api.delete(CONFIG).status_code == 204
    assert items(clients) == []
    assert [record.secret for record in caplog.records if hasattr(record, "secret")] == [reference]


def note(clients, **attributes):
    """Note something in the stored config, as the outside processor does."""
    (item,) = items(clients)
    clients.client("dynamodb").put_item(TableName="configs", Item=item | attributes)


def test_a_webhook_is_enabled_only_after_its_host_has_proven_itself(api, clients):
    """Anybody could have a tenant's logs, or a flood of them, sent to somebody else's server."""
    refused = api.post(CONFIGS, json=WEBHOOK | {"enabled": True})
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:logrouter:problem:endpoint-not-verified")
    assert (
        api.post(CONFIGS, json={name: value for name, value in WEBHOOK.items() if name != "enabled"}).status_code == 409
    )
    create(api)
    assert api.patch(CONFIG, json={"enabled": True}, headers=PATCH).status_code == 409
    note(clients, verified_host={"S": "logs.example.com"})
    enabled = api.patch(CONFIG, json={"enabled": True}, headers=PATCH)
    assert (enabled.status_code, enabled.json()["verified_host"]) == (200, "logs.example.com")


def test_another_host_has_to_prove_itself_again_and_another_path_has_not(api, clients):
    """A proof of one host would open every other one."""
    create(api)
    note(clients, verified_host={"S": "logs.example.com"})
    path = api.patch(CONFIG, json={"url": "https://logs.example.com/other", "enabled": True}, headers=PATCH)
    assert path.status_code == 200, path.text
    for url in ("https://evil.example.com/in", "https://logs.example.com:8443/in"):
        assert api.patch(CONFIG, json={"url": url}, headers=PATCH).status_code == 409
    moved = api.patch(CONFIG, json={"url": "https://evil.example.com/in", "enabled": False}, headers=PATCH)
    assert "verified_host" not in moved.json()
    back = api.patch(CONFIG, json={"url": "https://logs.example.com/in"}, headers=PATCH)
    assert "verified_host" not in back.json()


@pytest.mark.parametrize("field", ["verified_host", "disabled_reason"])
def test_what_the_service_notes_cannot_be_written(api, field):
    """A caller would write the proof itself."""
    answer = api.post(CONFIGS, json=WEBHOOK | {field: "logs.example.com"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


def test_why_a_config_was_switched_off_is_shown_until_it_is_enabled(api, clients):
    """A customer would see a config that somebody disabled, and not that its endpoint did."""
    create(api)
    note(clients, verified_host={"S": "logs.example.com"}, disabled_reason={"S": "endpoint-gone"})
    assert api.get(CONFIG).json()["disabled_reason"] == "endpoint-gone"
    kept_on = api.patch(CONFIG, json={"headers": ["x-a: b"]}, headers=PATCH)
    assert kept_on.json()["disabled_reason"] == "endpoint-gone"
    assert "disabled_reason" not in api.patch(CONFIG, json={"enabled": True}, headers=PATCH).json()


ROLE = "arn:aws:iam::222222222222:role/CustomerLogDistributionRole/acme"
THEIRS = "arn:aws:secretsmanager:us-west-2:222222222222:secret:webhook-AbCdEf"


@pytest.mark.parametrize("given", [THEIRS, [THEIRS]])
def test_a_secret_that_the_customer_keeps_is_referred_to_and_left_alone(api, clients, manager, given):
    """Its ARN would be kept as a secret's text, or the customer's secret be deleted with the config."""
    created = create(api, signing_secret=given, log_distribution_role_arn=ROLE)
    assert references(created) == [THEIRS]
    assert kept(manager) == {}
    (ours, theirs) = references(api.patch(CONFIG, json={"signing_secret": SECOND}, headers=PATCH))
    assert (theirs, kept(manager)) == (THEIRS, {ours: SECOND})
    asked = len(clients.requested)
    assert api.delete(CONFIG).status_code == 204
    assert kept(manager) == {}
    assert THEIRS not in str(clients.requested[asked:])


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "needs log_distribution_role_arn"),
        ({"log_distribution_role_arn": ROLE.replace("2222:", "2223:")}, "in the account of"),
        (
            {"log_distribution_role_arn": ROLE, "signing_secret": [THEIRS.replace("us-west-2", "us-west-9")]},
            "AWS Region",
        ),
        ({"log_distribution_role_arn": ROLE, "signing_secret": [THEIRS + " x"]}, "must be a secret's text"),
    ],
)
def test_a_secret_that_the_role_could_not_read_is_refused(api, fields, words):
    """A delivery would fail that nobody had said anything against."""
    answer = api.post(CONFIGS, json=WEBHOOK | {"signing_secret": [THEIRS]} | fields)
    assert answer.status_code == 422
    assert words in answer.text
