"""Backfill of the deployed system: a tenant whose logs were written before it was onboarded."""

import json

from ministack_fidelity.identities import unique
from tests.e2e.command import logrouter
from tests.e2e.tenants import put_configs
from tests.e2e.test_resumption import run_resumption
from tests.e2e.traffic import line, messages, object_of, objects, records, send, settled, until


def test_a_late_tenant_gets_its_older_logs_by_one_command(cloud, new_tenant):
    """Logs from before a tenant's onboarding would be lost to it (pitfall 4)."""
    tenant = new_tenant(configured=False)
    texts = [unique("old") for _ in range(3)]
    for text in texts:
        send(cloud, object_of(tenant.tenant_id, [line(text)]))
    until(lambda: len(records(cloud, tenant.tenant_id)) >= len(texts), "three refused objects")
    settled(cloud)
    put_configs(cloud, tenant.cloudwatch, tenant.s3)
    shown = logrouter(cloud, "replay", "start", tenant.tenant_id, "--everything", "--yes")
    assert "6" in shown
    run_resumption(cloud)
    until(lambda: sorted(messages(cloud, tenant)) == sorted(texts), "all events")
    until(lambda: len(objects(cloud, tenant)) == len(texts), "all copies")
    (replay,) = json.loads(logrouter(cloud, "replay", "list", tenant.tenant_id, "--json"))
    assert (replay["state"], replay["objects"], replay["deliveries"]) == ("done", 3, 6)


def test_the_operators_tables_are_of_the_deployed_system(cloud, new_tenant):
    """The commands would work on the tests' tables alone."""
    tenant = new_tenant()
    assert "0 parked" in logrouter(cloud, "deliveries", "parked", tenant.tenant_id)
    assert tenant.tenant_id in logrouter(cloud, "deliveries", "status", tenant.tenant_id, "s3")
    assert "shown" in logrouter(cloud, "deliveries", "reason", "second-hop-denied")
    assert "would be moved" in logrouter(cloud, "redrive", "deliveries", "--dry-run")
