"""What a row says, and when it says that a promise was broken."""

import threading
from datetime import timedelta

import pytest

from local.accounting.events import events_of
from local.faults.catalogue import KINDS
from local.faults.kind import Bound, Kind
from local.faults.ledger import Ledger
from local.faults.objects import Event, make_object, usual_events
from local.faults.plan import Plan
from local.faults.report import markdown
from local.faults.scene import Numbers, Scene
from local.faults.tenants import Tenant
from local.faults.verdict import Row, delay_added, doubled_bound, misplaced

TENANT = Tenant("fr-some-t000", "222222222222", {"cloudwatch": {"log_group_name": "/g"}, "s3": {"bucket_name": "b"}})


def row(**more):
    numbers = dict.fromkeys(
        (
            "injected",
            "sent",
            "delivered",
            "set_aside",
            "parked",
            "lost",
            "dead_lettered",
            "doubled",
            "doubled_bound",
            "misplaced",
        ),
        0,
    )
    return Row(kind="some", delay_added=None, **{**numbers, **more})


@pytest.fixture
def scene():
    ledger = Ledger()
    scene = Scene(None, Plan(1, ledger), ledger, "some", [TENANT], Numbers(), threading.Event())
    scene.sent[TENANT.tenant_id] = [
        make_object(TENANT.tenant_id, "pod-000001", usual_events(TENANT.tenant_id, "pod-000001"))
    ]
    return scene


def test_a_loss_or_an_unlawful_double_breaks_the_promise():
    """The report would end with status 0 whatever it counted."""
    assert row().holds
    assert row(doubled=3, doubled_bound=3).holds
    assert not row(lost=1).holds
    assert not row(doubled=4, doubled_bound=3).holds


@pytest.mark.parametrize(("bound", "expected"), [(Bound.UNANSWERED, 6), (Bound.CRASH, 86), (Bound.RESENT, 14)])
def test_the_bound_is_what_may_have_happened_twice(scene, bound, expected):
    """Doubles that no fault explains would pass."""
    ledger = scene.ledger
    ledger.unanswered[TENANT.tenant_id] = 1
    ledger.returned[TENANT.tenant_id] = 1
    ledger.unanswered_sends[TENANT.tenant_id] = 1
    ledger.inject("some", "a call", 2)
    assert doubled_bound(scene, Kind("some", bound=bound), ledger) == expected


def test_an_order_that_changed_is_seen_and_a_lawful_repetition_is_not():
    """A stack trace whose lines stand in another order would pass."""
    events = [Event(timedelta(hours=1), text) for text in ("a", "b", "c")]
    sent = make_object(TENANT.tenant_id, "pod-000001", events)
    written = events_of(sent)
    assert misplaced([sent], [*written, *written]) == 0
    assert misplaced([sent], [written[0], written[2]]) == 0
    assert misplaced([sent], [written[1], written[0], written[2]]) == 2
    assert not row(misplaced=2).holds


def test_the_delay_is_the_healthy_siblings_own(scene):
    """A fault that delays its neighbours would go unnoticed."""
    ledger = scene.ledger
    ledger.sent_at[TENANT.tenant_id, "pod-000001"] = 10.0
    ledger.arrived_at[TENANT.tenant_id, "s3", "pod-000001"] = 13.0
    ledger.arrived_at[TENANT.tenant_id, "/g", "pod-000001"] = 99.0
    assert delay_added(scene, Kind("some"), ledger, {"s3": 1.0, "logs": 1.0}) == 2.0


def test_there_are_kinds_enough_each_with_a_name_that_calls_can_carry():
    """A kind whose tenants have unusable names would inject nothing."""
    assert len(KINDS) >= 25
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    assert all(len(f"fr-{kind.name}-t000") <= 64 for kind in KINDS)  # STS: the session's name is the tenant's


def test_the_table_has_a_line_a_row():
    """The documented table would not be the report's."""
    assert markdown([row(), row()]).count("| some |") == 2
