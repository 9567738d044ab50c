"""Alarms, saved queries and a tenant's events: what is asked of AWS, and what is made of the answers."""

import gzip
import json
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from cli.connection import ApiConnection
from cli.main import app
from cli.operation.alarms import installed_alarms
from cli.operation.saved_queries import InsightsQuery, run_query, saved_queries
from cli.operation.tail import Tail
from cli.problems import NotFoundError
from constructs_lib.saved_queries import KEY, QUERIES, TENANT
from tests.unit.cli.operation.operation_scene import NOW, OBJECT, Scene, record
from tests.unit.runtime.aws_world import (
    recording_clients,  # noqa: F401 - the fixture "clients"
)


class Answers:
    """Clients that answer each operation as a test says, a call after the other, and keep what was asked."""

    region = "eu-west-1"

    def __init__(self, **answers):
        self.answers, self.asked = {name: [*found] for name, found in answers.items()}, []

    def client(self, _):
        return self

    def get_paginator(self, name):
        return SimpleNamespace(paginate=lambda **_: self.answers[name])

    def __getattr__(self, name):
        def answer(**asked):
            self.asked.append((name, asked))
            return self.answers[name].pop(0)

        return answer


def described(name, state, text):
    at = datetime.fromtimestamp(NOW - 60, UTC)
    return {"AlarmName": name, "StateValue": state, "StateUpdatedTimestamp": at, "AlarmDescription": text}


TEXT = "page: Dead letters. Look at the reasons. Then redrive. Runbook: docs/operations.md#dead-letters"


@pytest.fixture
def alarms(monkeypatch):
    stack = {
        "StackResourceSummaries": [
            {"ResourceType": kind, "PhysicalResourceId": name}
            for kind, name in (
                ("AWS::CloudWatch::Alarm", "a"),
                ("AWS::SNS::Topic", "t"),
                ("AWS::CloudWatch::Alarm", "b"),
            )
        ]
    }
    found = {"MetricAlarms": [described("b", "OK", TEXT), described("a", "ALARM", TEXT)]}
    clients = Answers(list_stack_resources=[stack], describe_alarms=[found])
    installation = SimpleNamespace(clients=clients, outputs={})
    monkeypatch.setattr(ApiConnection, "installation", lambda _: installation)
    return clients


def test_those_that_fire_come_first_with_their_runbook(alarms):
    """Whoever is woken would look for the alarm's page, or through alarms that are well."""
    first, second = installed_alarms(alarms)
    assert (first.name, first.firing, second.firing) == ("a", True, False)
    assert (first.severity, first.title, first.text) == ("page", "Dead letters", "Look at the reasons. Then redrive.")
    assert (first.runbook, first.since) == ("docs/operations.md#dead-letters", NOW - 60)
    assert alarms.asked == [("describe_alarms", {"AlarmNames": ["a", "b"], "MaxRecords": 100})]


@pytest.mark.usefixtures("alarms")
def test_a_firing_alarm_is_a_status_of_its_own():
    """A script would take a page for silence."""
    done = CliRunner().invoke(app, ["alarms", "--json"])
    assert done.exit_code == 1, done.output
    (shown,) = json.loads(done.stdout)
    assert (shown["name"], shown["runbook"]) == ("a", "docs/operations.md#dead-letters")


def saved():
    return [
        {"name": f"logrouter/production/{each.name}", "queryString": each.text, "logGroupNames": ["g"]}
        for each in QUERIES
    ]


def test_every_saved_query_can_be_asked_about_its_own_subject():
    """A query would run about the placeholder's tenant, and show nothing."""
    found = saved_queries(Answers(describe_query_definitions=[{"queryDefinitions": saved()}]))
    assert [each.name for each in found] == sorted(each.name for each in QUERIES)
    other = OBJECT.format("globex", "20261118-112600")
    for query in found:
        text = query.about("globex", other)
        assert TENANT not in text
        assert KEY not in text
        assert ("globex" in text) == bool(query.wants)
        if query.wants:
            with pytest.raises(ValueError, match=query.name):
                query.about(None, None)


def test_a_query_is_polled_to_its_end_and_its_rows_are_plain():
    """The rows would be CloudWatch's own lists of pairs, or those of a query that still runs."""
    row = [{"field": "Outcome", "value": "parked"}, {"field": "@ptr", "value": "x"}]
    clients = Answers(
        start_query=[{"queryId": "q"}],
        get_query_results=[{"status": "Running"}, {"status": "Complete", "results": [row]}],
    )
    query = InsightsQuery("parked-deliveries", "fields a", ("g",))
    assert run_query(clients, query, query.text, 0, 60, wait=lambda _: None) == [{"Outcome": "parked"}]
    assert clients.asked[0][1]["logGroupNames"] == ["g"]


def test_a_query_that_fails_is_no_empty_answer():
    """A query that CloudWatch gave up would look like nothing found."""
    clients = Answers(start_query=[{"queryId": "q"}], get_query_results=[{"status": "Failed"}])
    with pytest.raises(NotFoundError, match="Failed"):
        run_query(clients, InsightsQuery("n", "t", ("g",)), "t", 0, 60, wait=lambda _: None)


@pytest.fixture
def scene(clients):
    made = Scene(clients)
    lines = [
        b'{"timestamp":"2026-11-18T11:26:00Z","message":"a \\u001b[31mline"}',
        b"no JSON",
        b'{"message":{"b":1}}',
        b"",
    ]
    made.world.put_object(OBJECT.format("acme-corp", "20261118-112600"), gzip.compress(b"\n".join(lines)))
    made.records = [record(20), record(10, type_="s3"), record(15, tenant="globex"), record(5, outcome="parked")]
    return made


def test_an_object_is_shown_once_when_its_first_destination_has_it(scene):
    """A tenant with two destinations would see each line twice; or another tenant's lines; or what isn't delivered."""
    tail = Tail(scene.sources, "acme-corp", wait=lambda _: None)
    assert [each.message for each in tail.follow(NOW - 60, NOW)] == ["a \x1b[31mline", "no JSON", '{"b": 1}']
    assert [*tail.follow(NOW - 60, NOW)] == []


def test_another_application_is_left_out(scene):
    """Someone who watches one application would be flooded by the others, and read their objects."""
    assert [*Tail(scene.sources, "acme-corp", "kube-apiserver").follow(NOW - 60, NOW)] == []


def test_a_line_can_not_steer_the_terminal(scene, monkeypatch):
    """A tenant's log line could clear an operator's screen, or type for them."""
    monkeypatch.setattr("cli.tail_command.Sources", lambda _: scene.sources)
    monkeypatch.setattr(ApiConnection, "installation", lambda _: None)
    done = CliRunner().invoke(app, ["tail", "acme-corp", "--minutes", "1", "--no-follow"])
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[0].split("\t") == ["2026-11-18T11:26:00Z", "etcd", "p-0", "a \ufffd[31mline"]
