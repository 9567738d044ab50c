"""A line of one's own found everywhere, and the commands that look things up: `tail`, `alarms`."""

import json
from dataclasses import replace

import pytest

from local.deployment.environment_file import TenantDestinations
from local.loader.day_shift import utc_now
from local.own_line import OwnLine
from ministack_fidelity.identities import unique
from tests.e2e.command import logrouter
from tests.e2e.tenants import onboard, remove_configs


@pytest.fixture(scope="module")
def mine(cloud):
    """A line that is in the tenant's account: its object, where it was found. The tenant is this file's own."""
    tenant = onboard(cloud)
    fields = {**tenant.s3, **tenant.cloudwatch}
    destinations = TenantDestinations(**{name: fields[name] for name in TenantDestinations.__dataclass_fields__})
    environment = replace(cloud.environment, tenants={tenant.tenant_id: destinations})
    writer = cloud.client("s3", cloud.writer)
    own = OwnLine(cloud.accounts, environment, writer, tenant.tenant_id, unique("a line of mine"))
    sent = own.send(utc_now())
    yield own, sent, {found.destination: found.where for found in own.find(sent)}
    remove_configs(cloud, tenant.tenant_id)


def test_a_line_of_ones_own_is_found_in_the_tenants_account(mine):
    """Who tries it for the first time would send a line and never see it."""
    _, sent, found = mine
    assert found["cloudwatch"].endswith("stream demo/hello/hello-0")
    assert found["s3"].startswith("s3://")
    assert found["s3"].endswith(sent.key.rpartition("/")[2])


def test_tail_prints_what_was_delivered(cloud, mine):
    """An operator who is asked what a tenant gets would see nothing, or another's."""
    own = mine[0]
    printed = logrouter(
        cloud, "tail", own.tenant_id, "--minutes", "10", "--no-follow", "--application", "hello", "--json"
    )
    events = [json.loads(event) for event in printed.splitlines()]
    assert [event["pod_name"] for event in events if event["message"] == own.text] == ["hello-0"]


def test_a_firing_alarm_is_listed_with_its_runbook(cloud):
    """Who is called at night would not see what fires, or not where to read on."""
    client = cloud.client("cloudwatch")
    name = next(
        each["AlarmName"]
        for each in client.describe_alarms(MaxRecords=100)["MetricAlarms"]
        if "AlarmsObjectDlq" in each["AlarmName"]
    )
    client.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="for a test")
    try:
        (firing,) = json.loads(logrouter(cloud, "alarms", "--json", status=1))
        assert firing["runbook"].startswith("docs/operations.md#object-dlq")
    finally:
        client.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="for a test")
    assert json.loads(logrouter(cloud, "alarms", "--json")) == []
