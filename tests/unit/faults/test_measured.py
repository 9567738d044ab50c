"""Delays against the bounds that the documents give."""

import threading

import pytest

from tests.faults.ledger import Ledger
from tests.faults.measured import beside_a_noisy_one
from tests.faults.plan import Plan
from tests.faults.scene import Numbers, Scene
from tests.faults.tenants import Tenant


def tenant(number):
    configs = {"cloudwatch": {"log_group_name": f"/g/{number}"}, "s3": {"bucket_name": f"b-{number}"}}
    return Tenant(f"fr-some-t{number:03d}", "222222222222", configs)


@pytest.fixture
def scene():
    ledger = Ledger()
    tenants = [tenant(0), tenant(1), tenant(900)]
    return Scene(None, Plan(1, ledger), ledger, "some", tenants, Numbers(), threading.Event())


def arrive(scene, who, pod, sent, seconds):
    """Let an object be written at a time, be begun a second later, and arrive after some seconds."""
    name = scene.tenants[who].tenant_id
    scene.ledger.sent_at[name, pod] = sent
    scene.ledger.begun_at[name, pod] = sent + 1.0
    scene.ledger.arrived_at[name, "s3", pod] = sent + seconds
    scene.ledger.arrived_at[name, scene.tenants[who].log_group, pod] = sent + seconds


def test_a_quiet_tenant_waits_no_longer_than_the_documented_bound(scene):
    """A noisy tenant could starve the others, and nobody would see it."""
    scene.crowd = 24
    arrive(scene, 0, "pod-000001", 0, 3.0)  # 2 s of work: (24 / (4 x 3) + 1) x 2 s
    arrive(scene, 2, "pod-000002", 0, 5.0)
    found = beside_a_noisy_one(scene)
    assert (found.seconds, found.bound_seconds, found.holds) == (5.0, 6.0, True)


def test_what_could_not_be_measured_says_so_and_does_not_hold(scene):
    """A measurement that fails would end the whole count, or pass."""
    found = beside_a_noisy_one(scene)
    assert (found.seconds, found.holds) == (None, False)
    assert found.error == "0 deliveries of the quiet tenant, 0 objects of the noisy one"
