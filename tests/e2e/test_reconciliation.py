"""The deployed reconciler: an object whose notification got lost."""

import json
import random
from datetime import UTC, datetime, timedelta

import pytest

from local.loader.objects import LogObject
from tests.e2e.traffic import delivered, line, messages, object_of, outcome, receive, send, settled, without_lambda

FIRST_HOUR = datetime(2001, 1, 1, tzinfo=UTC)


@pytest.fixture
def hour():
    """An hour that no other object's name is of, nor any of an earlier run in a cloud that was left running."""
    return FIRST_HOUR + timedelta(hours=random.SystemRandom().randrange(100_000))


def of_that_hour(tenant, text, hour):
    """An object named after the hour; its event is as young as always."""
    made = object_of(tenant.tenant_id, [line(text)])
    return LogObject(made.key.replace("/20261123-12", f"/{hour:%Y%m%d-%H}"), made.body)


def reconcile(cloud, hour):
    """Run the function as an operator does; return what it found. Nothing of that hour is on its way."""
    name = cloud.outputs["ReconciliationFunctionName"]
    until = hour + timedelta(hours=1)
    asked = {"since": hour.isoformat(), "until": until.isoformat(), "older_than_seconds": 0}
    answer = cloud.client("lambda").invoke(FunctionName=name, Payload=json.dumps(asked))
    found = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, found
    return found


def test_an_object_whose_notification_got_lost_arrives_once(cloud, new_tenant, hour):
    """Nobody would ever know of it; or what was settled long ago would be delivered again."""
    tenant = new_tenant()
    send(cloud, of_that_hour(tenant, "told of", hour))
    delivered(cloud, tenant, ["told of"])
    outcome(cloud, tenant.tenant_id, "s3", "delivered")
    with without_lambda(cloud, "object"):
        lost = send(cloud, of_that_hour(tenant, "never told of", hour))
        receive(cloud, cloud.environment.object_queue_url, lost.key.rpartition("/")[2])
    settled(cloud)  # beside messages that wait, nothing would be handed over
    first = reconcile(cloud, hour)
    assert (first["keys"], first["handed_over"], first["postponed"]) == ([lost.key], 1, "")
    delivered(cloud, tenant, ["told of", "never told of"])
    settled(cloud)
    again = reconcile(cloud, hour)
    assert (again["compared"], again["missed"], again["handed_over"]) == (2, 0, 0)
    assert sorted(messages(cloud, tenant)) == ["never told of", "told of"]
