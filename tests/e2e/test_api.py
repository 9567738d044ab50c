"""The deployed API: API Gateway, the function, the table; and the processor that reads what it wrote."""

import json
from datetime import timedelta

import pytest

from cli.client import ApiProblemError
from local.accounting.destinations import log_group_events
from local.waiting import wait_until
from ministack_fidelity.identities import unique
from tests.e2e.traffic import line, messages, object_of, send, settled, until

CONFIG = {"type": "s3", "bucket_name": "acme-logs"}


@pytest.fixture
def tenant_id(cloud):
    """A tenant of this test alone, whose configs are removed."""
    made = unique("tenant")
    yield made
    for stored in list(cloud.api().list(made)):
        cloud.api().delete(made, stored.type)


def test_a_change_through_the_api_changes_what_the_running_processor_delivers(cloud, new_tenant):
    """The configs that the API writes would not be those that the processor reads."""
    tenant = new_tenant()
    send(cloud, object_of(tenant.tenant_id, [line("before")]))
    until(lambda: messages(cloud, tenant) == ["before"], "the event before the change")
    cloud.api().patch(tenant.tenant_id, "cloudwatch", {"desired_logs": ["another-application"]})
    send(cloud, object_of(tenant.tenant_id, [line("filtered out")]))
    settled(cloud)
    cloud.api().patch(tenant.tenant_id, "cloudwatch", {"desired_logs": None})
    send(cloud, object_of(tenant.tenant_id, [line("after", age=timedelta(minutes=1))]))
    until(lambda: len(messages(cloud, tenant)) > 1, "the event after the change")
    assert messages(cloud, tenant) == ["before", "after"]


def test_a_config_lives_its_whole_life_through_the_gateway(cloud, tenant_id):
    """Something between client, gateway and function would change a body, a header or a path."""
    api = cloud.api()
    made = api.create(tenant_id, {**CONFIG, "type": "s3:archive-eu", "groups": ["API", "no-such-group"]})
    assert made.warnings
    assert api.get(tenant_id, "s3:archive-eu").etag == made.etag
    changed = api.patch(tenant_id, "s3:archive-eu", {"groups": None}, etag=made.etag)
    with pytest.raises(ApiProblemError) as stale:
        api.delete(tenant_id, "s3:archive-eu", etag=made.etag)
    assert stale.value.problem.status == 412
    assert api.effective(tenant_id, "s3:archive-eu").everything
    verdicts = api.match(tenant_id, "s3:archive-eu", applications=["etcd"]).verdicts
    assert [(each.application, each.delivered, each.reason) for each in verdicts] == [("etcd", True, "selected")]
    assert api.put(tenant_id, "s3:archive-eu", CONFIG | {"type": "s3:archive-eu"}, etag=changed.etag).etag
    api.delete(tenant_id, "s3:archive-eu")
    assert list(api.list(tenant_id)) == []


def test_a_problem_has_its_shape_through_the_gateway(cloud, tenant_id):
    """A client would get base64, or the gateway's own words, in place of what is wrong."""
    with pytest.raises(ApiProblemError) as refused:
        cloud.api().create(tenant_id, {"type": "s3", "bucket_name": "UPPER.-.BAD", "ttl": 5, "shiny": True})
    assert {each.field for each in refused.value.problem.errors} == {"bucket_name", "ttl", "shiny"}
    assert refused.value.problem.request_id


def test_the_central_bucket_is_refused_as_a_destination(cloud, tenant_id):
    """Logs would be delivered into the bucket that they come from, without end."""
    with pytest.raises(ApiProblemError, match="422"):
        cloud.api().create(tenant_id, {"type": "s3", "bucket_name": cloud.environment.central_bucket})


def test_each_change_is_in_the_audit_trail(cloud, tenant_id):
    """Nobody could say who changed where a tenant's logs go."""
    cloud.api().create(tenant_id, CONFIG)
    cloud.api().patch(tenant_id, "s3", {"enabled": False})

    def trail():
        logs = log_group_events(cloud.client("logs"), cloud.outputs["ApiLogGroupName"])
        lines = [json.loads(event.message) for event in logs if event.message.startswith("{")]
        found = [line["audit"] for line in lines if line.get("audit", {}).get("tenant_id") == tenant_id]
        return {line["action"]: line for line in found} if len(found) == 2 else None

    changes = wait_until(trail, what="two audit lines", timeout_seconds=30)
    created, patched = changes["create"], changes["patch"]  # within one millisecond their order isn't kept
    assert (created["before"], created["caller"]) == (None, "arn:aws:iam::111111111111:root")
    assert (patched["before"]["enabled"], patched["after"]["enabled"]) == (True, False)
