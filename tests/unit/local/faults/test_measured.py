"""Delays against the bounds that the documents give."""

import threading

import pytest

from local.faults.ledger import Ledger
from local.faults.measured import beside_a_broken_one, beside_a_noisy_one
from local.faults.plan import Plan
from local.faults.run import Result
from local.faults.scene import Numbers, Phase, Scene
from local.faults.tenants import Tenant


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


@pytest.mark.parametrize(("slower", "holds"), [(2.1, True), (2.3, False)])
def test_what_a_broken_destination_adds_is_compared_with_the_phases_without_it(scene, slower, holds):
    """A broken destination that delays its neighbours would pass, or the machine's own moods fail the report."""
    scene.phases = [Phase(0, 10, broken=False), Phase(10, 20, broken=True), Phase(20, 30, broken=False)]
    for number, at in enumerate((1, 2, 21, 22)):
        arrive(scene, 1 + number % 2, f"pod-{number:06d}", at, 2.0)
    arrive(scene, 1, "pod-000010", 11, slower)
    arrive(scene, 0, "pod-000011", 11, 500.0)  # the broken one's own
    found = beside_a_broken_one(scene)
    assert (found.seconds, found.bound_seconds) == (pytest.approx(slower - 2.0), 0.2)
    assert found.holds is holds
    assert found.samples == 10


def test_a_quiet_tenant_waits_no_longer_than_the_documented_bound(scene):
    """A noisy tenant could starve the others, and nobody would see it."""
    scene.crowd = 24
    arrive(scene, 0, "pod-000001", 0, 3.0)  # 2 s of work: (24 / (4 x 3) + 1) x 2 s
    arrive(scene, 2, "pod-000002", 0, 5.0)
    found = beside_a_noisy_one(scene)
    assert (found.seconds, found.bound_seconds, found.holds) == (5.0, 6.0, True)


def test_a_kind_that_met_no_fault_proves_nothing():
    """A run in which nothing was injected would end with status 0."""
    assert Result(short={"slow": 7}).holds
    assert not Result(short={"slow": 7, "none-at-all": 0}).holds
