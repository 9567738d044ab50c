"""``logrouter alerts`` against the API itself."""

import json

import pytest
from typer.testing import CliRunner

from cli.client import Client
from cli.connection import ApiConnection
from cli.exit_status import ExitStatus
from cli.main import app
from tests.unit.cli.test_config_commands import InProcess
from tests.unit.runtime.alerts.alert_scene import NOTICE, TOPIC
from tests.unit.runtime.alerts.alert_world import STATES, AlertWorld, make_states_table
from tests.unit.runtime.api.gateway import (
    RULES,
    clients_of_a_table,
    make_app,
    make_client,
    serve_tester,
    signed_client,
)
from tests.unit.runtime.api.stored_scene import NOW, iso, put

__all__ = ["clients_of_a_table", "signed_client"]


@pytest.fixture
def run(api, monkeypatch):
    """Run the command."""
    monkeypatch.setattr(ApiConnection, "client", lambda _: Client(InProcess(api)))
    return lambda *words, **more: CliRunner().invoke(app, ["alerts", *words], **more)


@pytest.fixture
def file(tmp_path):
    """A rule in a file."""
    path = tmp_path / "rule.json"
    path.write_text(json.dumps({"ready_made": "etcd-slow-disk", "contains": ["fdatasync"], "notify": NOTICE}))
    return str(path)


def test_a_rule_is_put_listed_shown_and_deleted(run, file):
    """An operator could not do what the API can."""
    assert run("put", "acme-corp", "slow", file).exit_code == ExitStatus.NOT_FOUND
    done = run("put", "acme-corp", "slow", file, "--new")
    assert done.exit_code == 0, done.output
    (row,) = run("list", "acme-corp").output.splitlines()[1:]
    assert row.split("\t")[:5] == ["slow", "yes", "etcd-slow-disk, fdatasync", "5 within 60 s", TOPIC]
    assert json.loads(run("get", "acme-corp", "slow", "--json").output)["window_seconds"] == 60
    assert run("delete", "acme-corp", "slow", input="n\n").exit_code == 1
    assert run("delete", "acme-corp", "slow", "--yes").exit_code == 0
    assert run("get", "acme-corp", "slow").exit_code == ExitStatus.NOT_FOUND


def test_what_was_got_can_be_put_back_once(run, file, tmp_path):
    """Get, edit, put: the fields that the service sets would be refused, or a stale copy taken."""
    run("put", "acme-corp", "slow", file, "--new")
    stored = json.loads(run("get", "acme-corp", "slow", "--json").output)
    again = tmp_path / "again.json"
    again.write_text(json.dumps(stored | {"enabled": False}))
    assert run("put", "acme-corp", "slow", str(again), "--if-match", stored["etag"]).exit_code == 0
    assert run("put", "acme-corp", "slow", str(again), "--if-match", stored["etag"]).exit_code == ExitStatus.REFUSED


def test_a_rule_that_cannot_be_read_is_named(run, clients):
    """An operator would take an alert that never fires for one that has nothing to say."""
    item = {"tenant_id": {"S": "acme-corp"}, "name": {"S": "bad"}, "level": {"S": "loud"}, "notify": {"S": "x"}}
    clients.client("dynamodb").put_item(TableName=RULES, Item=item)
    assert "wrong: level, notify" in run("list", "acme-corp").output


def test_what_fires_is_listed(clients, monkeypatch):
    """An operator would have to read the table to see what goes on."""
    make_states_table(clients)
    world = AlertWorld(clients)
    world.put_rule()
    world.take(world.message(1))
    api = make_client(make_app(clients, alert_states_table=STATES))
    monkeypatch.setattr(ApiConnection, "client", lambda _: Client(InProcess(api)))
    done = CliRunner().invoke(app, ["alerts", "fired", "acme-corp"])
    assert done.exit_code == 0, done.output
    (row,) = done.output.splitlines()[1:]
    assert row.split("\t")[:3] == ["errors", "firing", "etcd c1"]
    assert row.split("\t")[5:] == ["0", "0"]


def test_an_installation_without_alerts_is_no_quiet_one(run):
    """An operator would wait for alerts that no rule can make."""
    assert run("fired", "acme-corp").exit_code == ExitStatus.NOT_FOUND


def test_ready_made_rules_are_listed(run):
    """A tenant would have to read the source to know what there is."""
    assert "etcd-slow-disk\tetcd's disk is slow\t5\t60" in run("ready-made").output


def test_what_would_have_fired_is_shown_with_its_time(clients, monkeypatch, tmp_path):
    """A tenant would have to call the API by hand to see what a rule does."""
    serve_tester(monkeypatch, clients)
    api = make_client(make_app(clients, tester="the-tester"))
    monkeypatch.setattr(ApiConnection, "client", lambda _: Client(InProcess(api)))
    put(clients, 600, "E1123 10:00:00.000000 1 a.go:1] it failed")
    rule = tmp_path / "rule.json"
    rule.write_text(json.dumps({"level": "error"}))
    done = CliRunner().invoke(app, ["alerts", "try", "acme-corp", "--rule", str(rule)])
    assert done.exit_code == 0, done.output
    rows = [line.split("\t") for line in done.output.splitlines()[1:3]]
    assert [(row[0], *row[1:5]) for row in rows] == [
        (iso(NOW - 600), "tried", "firing", "1", "etcd c1"),
        (iso(NOW - 300), "tried", "resolved", "0", "etcd c1"),
    ]
    assert "1 lines, 1 of them copied; matched: 1 tried" in done.output
    asked = ["alerts", "try", "acme-corp", "--rule", str(rule), "--until", iso(NOW - 700), "--json"]
    assert json.loads(CliRunner().invoke(app, asked).output)["notifications"] == []
    done = CliRunner().invoke(app, ["program", "try", "acme-corp", "s3", "--last", "5", "--program", "redact"])
    assert done.output.splitlines()[0] == "  E1123 10:00:00.000000 1 a.go:1] it failed"
    assert CliRunner().invoke(app, ["program", "try", "acme-corp", "s3"]).exit_code == 2
