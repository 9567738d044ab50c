"""What the pages change: configs and replays, through the API, with the caller's own rights."""

import json
import re
from datetime import UTC, datetime
from html import unescape
from urllib.parse import urlencode

import pytest

from cli.console.form import FieldKind, config_of, fields_of
from cli.console.pages.configs import MODELS
from cli.console.pages.replays import selection
from cli.signing import ApiResponse
from runtime.api.schemas.written_configs import written_schema
from tests.unit.cli.console.console_scene import BASE
from tests.unit.cli.console.test_pages import Inspector, text_of
from tests.unit.test_project import ROOT

CONFIGS = "/tenants/acme-corp/configs"
S3 = {"bucket_name": "acme-logs", "bucket_prefix": "", "enabled": "yes"}


@pytest.fixture
def post(browser):
    """Post a form as the console's pages do."""

    def posted(path, fields=(), **more):
        pairs = [*(fields.items() if isinstance(fields, dict) else fields), *more.items()]
        headers = {"origin": BASE, "content-type": "application/x-www-form-urlencoded"}
        answer = browser.post(path, content=urlencode(pairs), headers=headers)
        assert answer.status_code == 200
        assert Inspector(answer.text).found == []
        return answer

    return posted


def etag_of(answer):
    return unescape(re.search(r'name="etag" value="([^"]*)"', answer.text)[1])


@pytest.mark.parametrize("method", MODELS)
def test_the_form_has_the_fields_of_the_openapi_document(method):
    """A field of the API could not be set here, or one that it refuses could."""
    documented = json.loads((ROOT / "docs/openapi.json").read_text())["components"]["schemas"][f"New_{method}"]
    fields = fields_of(MODELS[method], {})
    assert {field.name for field in fields} == {*documented["properties"]} - {"tenant_id", "type"}
    assert {field.name for field in fields if field.required} == {*documented["required"]} - {"type"}
    assert written_schema(MODELS[method], method)["properties"] == documented["properties"]


@pytest.mark.parametrize("method", MODELS)
def test_what_is_shown_is_read_back_unchanged(method):
    """Saving a config without a change would change it."""
    example = {name: value for name, value in MODELS[method].facts.example.items() if name not in {"type", "enabled"}}
    example |= {"enabled": True, "cluster_ids": ["c-1", "c-2"], "ttl": 4_000_000_000}
    example["transform"] = {"source": ".a = 1\n.b = 2", "on_error": "set-aside"}
    form = []
    for field in fields_of(MODELS[method], example):
        if field.kind is FieldKind.SWITCH:
            form += [(field.name, "yes")] if field.value else []
        elif field.kind is FieldKind.CHECKS:
            form += [(field.name, each) for each in field.value]
        elif field.kind is FieldKind.SECRET:
            form += [(field.name, ""), *((f"{field.name}.kept", each) for each in field.value)]
        elif field.kind is FieldKind.PROGRAM:
            form += [(field.name, field.value["source"].replace("\n", "\r\n"))]
            form += [
                (f"{field.name}.{part}", field.value.get(part, "")) for part in ("program", "parameters", "on_error")
            ]
        else:
            form += [(field.name, str(field.value))]
    read = config_of(MODELS[method], form)
    assert {name: read.get(name) for name in example} == example
    assert {name for name, value in read.items() if value} >= {*example}


def test_a_config_is_created_changed_and_deleted(post, browser, scene):
    """A tenant would have to write JSON."""
    made = post(f"{CONFIGS}/s3", S3, name="archive")
    assert "Saved." in text_of(made)
    stored = scene.api.get("acme-corp", "s3:archive").fields
    assert (stored["bucket_name"], stored["bucket_prefix"], stored["enabled"]) == ("acme-logs", "", True)
    shown = browser.get(f"{CONFIGS}/s3:archive/config")
    assert 'value="acme-logs"' in shown.text
    fields = {"bucket_name": "acme-logs", "bucket_prefix": "x/", "groups": "API", "cluster_ids": "c-1\r\n c-2 \r\n"}
    post(f"{CONFIGS}/s3:archive", fields, etag=etag_of(shown))
    stored = scene.api.get("acme-corp", "s3:archive").fields
    assert (stored["enabled"], stored["groups"], stored["cluster_ids"]) == (False, ["API"], ["c-1", "c-2"])
    etag = etag_of(browser.get(f"{CONFIGS}/s3:archive/config", params={"another": "question"}))
    assert "Deleted" in text_of(post(f"{CONFIGS}/s3:archive/delete", etag=etag))
    assert [*scene.api.list("acme-corp")] == []


def test_what_is_wrong_stands_beside_its_field(post, scene):
    """Somebody would see a number, and have to guess which of ten fields it means; or type everything again."""
    answer = post(f"{CONFIGS}/s3", bucket_name="UPPER", bucket_prefix="kept/", ttl="soon", enabled="yes")
    assert re.search(r'id="bucket_name-problem">must be a bucket&#39;s name', answer.text)
    assert re.search(r'id="ttl-problem">must be a whole number', answer.text)
    assert 'aria-describedby="bucket_name-problem" aria-invalid="true"' in answer.text
    assert 'value="kept/"' in answer.text
    assert "Not saved" in text_of(answer)
    assert [*scene.api.list("acme-corp")] == []


def test_a_change_that_meets_another_one_is_shown_and_nothing_is_lost(post, browser, scene):
    """One of two people who edit a config would overwrite the other without knowing."""
    post(f"{CONFIGS}/s3", S3)
    etag = etag_of(browser.get(f"{CONFIGS}/s3/config"))
    scene.api.patch("acme-corp", "s3", {"desired_logs": ["etcd"]})
    answer = post(f"{CONFIGS}/s3", {**S3, "bucket_prefix": "mine/"}, etag=etag)
    text = text_of(answer)
    assert "Somebody changed this config while you edited it" in text
    assert "desired_logs etcd" in text
    assert 'value="mine/"' in answer.text
    assert scene.api.get("acme-corp", "s3").fields["desired_logs"] == ["etcd"]
    assert etag_of(answer) != etag
    assert "Saved." in text_of(post(f"{CONFIGS}/s3", {**S3, "bucket_prefix": "mine/"}, etag=etag_of(answer)))
    assert scene.api.get("acme-corp", "s3").fields["bucket_prefix"] == "mine/"


def test_the_filter_is_tried_before_anything_is_saved(post, scene):
    """A wrong filter would be found by missing logs."""
    key = "tenant_id=acme-corp/cluster_id=c/application=etcd/pod_name=p/f.json.gz"
    form = {"bucket_name": "acme-logs", "enabled": "yes", "groups": "API"}
    text = text_of(post(f"{CONFIGS}/s3/match", form, applications="kube-apiserver etcd", keys=key))
    assert "kube-apiserver yes selected" in text
    assert "etcd no application-filtered" in text
    assert f"{key} no application-filtered" in text
    assert [*scene.api.list("acme-corp")] == []
    assert "Give an application's name" in text_of(post(f"{CONFIGS}/s3/match", form))


@pytest.mark.parametrize(
    "program", [{"source": ".message = upcase!(.message)"}, {"program": "redact", "parameters": {"kinds": ["email"]}}]
)
def test_a_program_is_read_back_unchanged(program):
    """Saving a config would drop the ready-made program that it has."""
    (field,) = [each for each in fields_of(MODELS["cloudwatch"], {"transform": program}) if each.name == "transform"]
    parts = [("transform", field.value.get("source", ""))]
    parts += [(f"transform.{part}", field.value.get(part, "")) for part in ("program", "parameters")]
    assert config_of(MODELS["cloudwatch"], parts)["transform"] == {**program, "on_error": "pass"}


def test_a_program_is_tried_before_it_is_saved(post):
    """A program would be tried on a tenant's logs, which can't be undone."""
    form = {"transform": '.message = "x" + string!(.message)', "lines": "one\r\ntwo\r\n", "log_group_name": "/g"}
    answer = text_of(post(f"{CONFIGS}/cloudwatch/program", form))
    assert "one xone delivered" in answer
    assert "two xtwo delivered" in answer
    assert "µs an event" in answer
    assert "Give a program" in text_of(post(f"{CONFIGS}/cloudwatch/program", lines="one"))


def test_a_denied_change_keeps_the_form(post, scene, browser):
    """Somebody who may only read would lose what they had typed, and not learn why."""
    scene.api.signer.send = lambda *_, **__: ApiResponse(403, {}, b'{"Message": "User is not authorized"}')
    answer = post(f"{CONFIGS}/s3", S3)
    assert (answer.headers["hx-retarget"], answer.headers["hx-reswap"]) == ("#config-failed", "innerHTML")
    assert "User is not authorized" in text_of(answer)


def test_an_unknown_method_is_said(browser):
    """A mistyped address would be a failure of the console."""
    text = text_of(browser.get(f"{CONFIGS}/new/ftp/config"))
    assert "no delivery method 'ftp'" in text


def test_a_secret_is_never_shown(post, browser, scene):
    """A token would stand in the page of whoever may read the config."""
    reference = "logrouter/acme-corp/0123456789abcdef0123456789abcdef"
    fields = fields_of(MODELS["webhook"], {"signing_secret": [reference]})
    (secret,) = [field for field in fields if field.name == "signing_secret"]
    assert (secret.kind, secret.value) == (FieldKind.SECRET, [reference])
    refused = post(f"{CONFIGS}/webhook", url="http://example.com", signing_secret="whsec_hunter2hunter2hunter2")
    assert "hunter2" not in refused.text


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"period": "yesterday"}, ("2026-11-29T00:00:00+00:00", "2026-11-30T00:00:00+00:00")),
        ({"period": "hour"}, ("2026-11-30T11:30:00+00:00", "2026-11-30T12:30:00+00:00")),
        ({"period": "given", "since": "2026-11-01T10:00"}, ("2026-11-01T10:00Z", None)),
        ({"period": "given"}, (None, None)),
    ],
)
def test_a_replays_times_are_utc(fields, expected):
    """A replay would deliver other hours than those that were asked for."""
    asked = selection({**fields, "type": "s3", "application": ""}, datetime(2026, 11, 30, 12, 30, tzinfo=UTC))
    assert (asked.get("since"), asked.get("until"), asked["type"]) == (*expected, "s3")
    assert "application" not in asked


def test_a_replay_is_priced_first_started_and_stopped(post, browser, scene):
    """Somebody would start what they can't pay, or couldn't stop it."""
    post(f"{CONFIGS}/s3", S3)
    scene.put_object(name="20261118-110500")
    when = {"period": "given", "since": "2026-11-18T00:00", "until": "2026-11-19T00:00"}
    priced = post("/tenants/acme-corp/replays/estimate", when)
    text = text_of(priced)
    assert "Objects 1 " in text
    assert "Costs the provider about $" in text
    assert scene.api.replays("acme-corp").replays == []
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', priced.text))
    assert "Started" in text_of(post("/tenants/acme-corp/replays", hidden))
    (replay,) = scene.api.replays("acme-corp").replays
    shown = browser.get("/tenants/acme-corp/parts/replays").text
    assert f"/replays/{replay.id}/stop" in shown
    assert "<progress" in shown or "of 1" in shown
    assert "Stopped" in text_of(post(f"/tenants/acme-corp/replays/{replay.id}/stop"))
    assert scene.api.replay("acme-corp", replay.id).state == "cancelled"


def test_a_replay_of_everything_isnt_started_by_leaving_the_times_empty(post, scene):
    """An empty form would deliver a tenant's whole past again."""
    assert "say what to replay" in text_of(post("/tenants/acme-corp/replays/estimate", period="given"))


def test_a_form_that_is_too_large_is_refused(post):
    """A page that floods the console would fill this machine's memory."""
    assert "the form is too large" in text_of(post("/tenants/acme-corp/replays/estimate", type="x" * 1_100_000))
