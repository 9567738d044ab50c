"""What fires: seen as the alert function has left it."""

import pytest

from tests.unit.runtime.alerts.alert_world import STATES, AlertWorld, make_states_table
from tests.unit.runtime.api.gateway import make_app, make_client
from tests.unit.runtime.api.test_bad_requests import problem

PATH = "/tenants/acme-corp/alerts"


@pytest.fixture
def world(clients):
    """The alert function beside the API, at the same tables."""
    make_states_table(clients)
    return AlertWorld(clients)


@pytest.fixture
def api(clients):
    """The API of an installation with alerts."""
    return make_client(make_app(clients, alert_states_table=STATES))


def test_what_fires_is_shown_until_it_is_resolved_and_then_as_that(world, api):
    """Somebody who was woken could not see what goes on, or since when."""
    world.put_rule()
    world.take(world.message(1), world.message(2, timestamp="2026-11-30T10:00:07Z"))
    (shown,) = api.get(PATH).json()["alerts"]
    assert (shown["rule"], shown["state"]) == ("errors", "firing")
    assert shown["key"] == {"application": "etcd", "cluster_id": "c1"}
    assert shown["first_at"].startswith("2026-11-30T10:00:00.5")
    assert shown["last_at"].startswith("2026-11-30T10:00:07")
    assert (shown["unsent"], shown["attempts"], "resolved_at" in shown) == (0, 0, False)
    world.take(world.message(3))
    assert api.get(PATH).json()["alerts"][0]["joined"] == 2
    world.sweep(after=301)
    (shown,) = api.get(PATH).json()["alerts"]
    assert (shown["state"], shown["resolved_at"]) == ("resolved", shown["notified_at"])


def test_a_notification_that_nobody_takes_is_shown_as_unsent(world, api):
    """An alert would look as if it had been told, while the topic refuses it."""
    world.put_rule()
    world.topics.topics.clear()
    world.take(world.message(1))
    (shown,) = api.get(PATH).json()["alerts"]
    assert (shown["state"], shown["unsent"], shown["attempts"]) == ("firing", 1, 1)


def test_what_only_counts_does_not_fire(world, api):
    """A line or two of many would look like an alert; of another tenant, it would be seen."""
    world.put_rule(count=3)
    world.take(world.message(1), world.message(2))
    assert world.items()
    assert api.get(PATH).json() == {"alerts": []}
    world.take(world.message(3))
    assert api.get("/tenants/acme/alerts").json() == {"alerts": []}
    assert len(api.get(PATH).json()["alerts"]) == 1


def test_pages_have_every_alert_once(world, api):
    """An alert would be missing from a list, or be there twice."""
    world.put_rule(name="few", count=2)
    world.put_rule(join_by=["pod_name"])
    world.take(*[world.message(number, pod_name=f"p{number}", application=f"a{number}") for number in range(5)])
    found, query = [], "?limit=2"
    while query:
        page = api.get(f"{PATH}{query}").json()
        found += [each["key"]["pod_name"] for each in page["alerts"]]
        query = f"?limit=2&next_token={page['next_token']}" if "next_token" in page else ""
    assert sorted(found) == [f"p{number}" for number in range(5)]


@pytest.mark.parametrize("token", ["!", "QUEj", "ZXJyb3Jz"])
def test_a_token_that_no_page_gave_is_refused(world, api, token):
    """A made-up token would be read as a key of the table's."""
    problem(api.get(f"{PATH}?next_token={token}"), 422, "invalid-request")


def test_an_installation_without_alerts_says_so(clients):
    """A tenant would believe that nothing fires, where nothing ever will."""
    problem(make_client(make_app(clients)).get(PATH), 404, "no-alerts")


def test_a_table_that_does_not_answer_is_no_empty_list(world, api, clients):
    """Nothing would seem to fire while the table is down."""
    clients.client("dynamodb").delete_table(TableName=STATES)
    assert api.get(PATH).status_code >= 500
