"""What a row says, and that each of its verdicts says no to a run that went wrong."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from local.accounting.comparison import destination_key
from local.accounting.events import SentEvent, events_of
from tests.faults import verdict
from tests.faults.call import Call
from tests.faults.catalogue import KINDS
from tests.faults.exchange import Exchange, Request
from tests.faults.kind import BASELINE, Kind
from tests.faults.ledger import FUNCTION, OUTSIDE, POLLER, Ledger
from tests.faults.objects import Event, make_object, usual_events
from tests.faults.plan import Plan
from tests.faults.scene import Numbers, Phase, Scene
from tests.faults.tenants import Tenant
from tests.faults.verdict import Row, Tally, delay_added, expected_events, judge, judge_bucket, judge_log_group

CONFIGS = {"cloudwatch": {"log_group_name": "/g"}, "s3": {"bucket_name": "b", "bucket_prefix": "p/"}}
TENANT = Tenant("fr-some-t000", "222222222222", CONFIGS)
ONE, OTHER = (
    make_object(TENANT.tenant_id, pod, usual_events(TENANT.tenant_id, pod)) for pod in ("pod-000001", "pod-000002")
)
OWED = {one.key: events_of(one) for one in (ONE, OTHER)}
EVERYTHING = [event for events in OWED.values() for event in events]
COPIES = {destination_key("p/", one.key): one.body for one in (ONE, OTHER)}


def row(tally=None, **more):
    return Row("some", **{"injected": 1, "tally": tally or Tally(sent=8, delivered=8), **more})


def group(found=EVERYTHING, aside=(), parked=(), may_be_doubled=lambda _: 0, owed=None):
    return judge_log_group(owed or OWED, found, aside, set(parked), may_be_doubled)


def endpoint(found, aside=(), parked=()):
    return judge_log_group(OWED, found, aside, set(parked), lambda _: 0, type_="webhook", ordered=False)


def bucket(found, parked=()):
    return judge_bucket([ONE, OTHER], found, "p/", set(parked))


@pytest.fixture
def scene():
    ledger = Ledger()
    return Scene(None, Plan(1, ledger), ledger, "some", [TENANT], Numbers(), threading.Event())


def test_a_run_that_went_well_holds():
    """Every run would be a failure."""
    assert group() + bucket(COPIES) == Tally(sent=16, delivered=16)
    assert row(group() + bucket(COPIES)).holds


WRONG = {
    "an event is missing": (group(EVERYTHING[1:]), "1 lost"),
    "a parked delivery's events stay away for good": (
        group(OWED[OTHER.key], parked=[("cloudwatch", ONE.key)]),
        "4 parked",
    ),
    "another's parked delivery hides nothing": (group(OWED[OTHER.key], parked=[("cloudwatch", OTHER.key)]), "4 lost"),
    "another destination's parked delivery hides nothing": (
        group(OWED[OTHER.key], parked=[("s3", ONE.key)]),
        "4 lost",
    ),
    "an event is there twice, for no reason": (group([*EVERYTHING, EVERYTHING[0]]), "1 doubled"),
    "more is doubled than the fault explains": (
        group(EVERYTHING + OWED[ONE.key], may_be_doubled=lambda pod: 3 if pod == "pod-000001" else 0),
        "1 doubled",
    ),
    "another object's fault explains nothing": (
        group(EVERYTHING + OWED[ONE.key], may_be_doubled=lambda pod: 100 if pod == "pod-000002" else 0),
        "4 doubled",
    ),
    "events of one time have changed their places": (
        group([EVERYTHING[1], EVERYTHING[0], *EVERYTHING[2:]]),
        "2 misplaced",
    ),
    "an event is there that nobody sent": (
        group([*EVERYTHING, SentEvent(EVERYTHING[0].stream, 1, "whose?")]),
        "1 misplaced",
    ),
    "a stream is there that nobody sent": (group([*EVERYTHING, SentEvent("a/b/c", 1, "whose?")]), "1 misplaced"),
    "an event that CloudWatch would take is set aside": (group(EVERYTHING[1:], aside=EVERYTHING[:1]), "1 lost"),
    "an endpoint that knows ids has an event twice": (endpoint([*EVERYTHING, EVERYTHING[0]]), "1 doubled"),
    "an endpoint hasn't got an event": (endpoint(EVERYTHING[1:]), "1 lost"),
    "an endpoint's events are set aside": (endpoint(EVERYTHING[1:], aside=EVERYTHING[:1]), "1 lost"),
    "a log group's parked delivery hides no endpoint's loss": (
        endpoint(EVERYTHING[1:], parked=[("cloudwatch", ONE.key)]),
        "1 lost",
    ),
    "an endpoint's parked delivery stays": (endpoint(EVERYTHING[1:], parked=[("webhook", ONE.key)]), "1 parked"),
    "a copy is missing": (bucket(dict([*COPIES.items()][1:])), "4 lost"),
    "a copy is parked for good": (bucket(dict([*COPIES.items()][1:]), parked=[("s3", ONE.key)]), "4 parked"),
    "a parked copy that has arrived hides no other's loss": (
        bucket(dict([*COPIES.items()][1:]), parked=[("s3", OTHER.key)]),
        "4 lost",
    ),
    "a copy has other lines": (bucket({**COPIES, destination_key("p/", ONE.key): OTHER.body}), "4 lost"),
    "a copy lies elsewhere, too": (bucket({**COPIES, "p/elsewhere": ONE.body}), "4 misplaced"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_run_is_seen(what):
    """The report would say that nothing is lost, doubled or misplaced, of a run in which it is."""
    tally, said = WRONG[what]
    found = row(tally)
    assert not found.holds
    assert any(broken.startswith(said) for broken in found.broken), found.broken


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (row(injected=0), "no fault was met"),
        (row(error="KeyError('x')"), "not judged"),
        (row(healthy_delay_ratio=1.1), "healthy tenants took"),
        (row(Tally(sent=9, delivered=8)), "don't add up"),
        (row(Tally(sent=8, delivered=8, doubled=4, doubled_bound=3)), "1 doubled"),
    ],
)
def test_a_wrong_row_is_seen(wrong, said):
    """A kind that met nothing, that ended with an error, or that held its neighbours up, would pass."""
    assert not wrong.holds
    assert any(said in broken for broken in wrong.broken)


def test_what_is_lawful_passes():
    """The report would cry wolf."""
    assert row(group(EVERYTHING + OWED[ONE.key], may_be_doubled=lambda _: 4)).holds
    assert row(healthy_delay_ratio=1.09).holds
    assert row(endpoint([EVERYTHING[1], EVERYTHING[0], *EVERYTHING[2:]])).holds, "an endpoint owes no order"
    assert Row(BASELINE).holds
    old = make_object(
        TENANT.tenant_id, "pod-000003", [Event(timedelta(days=15), "old"), Event(timedelta(hours=1), "a")]
    )
    tally = group(events_of(old)[1:], aside=events_of(old)[:1], owed={old.key: events_of(old)})
    assert (tally.set_aside, row(tally).holds) == (1, True)


def test_an_event_ahead_of_its_object_is_owed_at_the_objects_time():
    """An event that is set aside as too new, which the contract no longer allows, would pass."""
    ahead = make_object(
        TENANT.tenant_id, "pod-000003", [Event(timedelta(hours=1), "a"), Event(-timedelta(hours=3), "b")]
    )
    modified = int(datetime.now(UTC).timestamp()) * 1000
    usual, moved = expected_events(ahead, modified)
    assert (usual, moved.timestamp_ms) == (events_of(ahead)[0], modified)
    tally = group([usual], aside=events_of(ahead)[1:], owed={ahead.key: [usual, moved]})
    assert tally.lost == 1


def test_a_kind_that_cannot_be_judged_is_a_row_that_says_so(scene, monkeypatch):
    """One kind's error would throw the other kinds' rows away."""
    scene.phases = [Phase(0, 1, broken=False), Phase(1, 2, broken=True), Phase(2, 3, broken=False)]
    monkeypatch.setattr(verdict, "count", lambda *_: Tally())
    found = judge(scene, Kind("some"), 0, {})
    assert "StatisticsError" in found.error
    assert not found.holds


def test_the_ratio_is_that_of_the_healthy_in_the_median_of_the_rounds(scene):
    """A broken destination that holds its neighbours up would pass, or the machine's own moods fail the report."""
    scene.tenants = [TENANT, Tenant("fr-some-t001", "222222222222", CONFIGS)]
    scene.phases = [Phase(10 * number, 10 * number + 10, broken=number % 2 == 1) for number in range(7)]
    for number, seconds in enumerate((2.0, 2.0, 2.0, 3.0, 2.0, 9.0, 2.0)):
        for tenant, delay in ((TENANT.tenant_id, 500.0), ("fr-some-t001", seconds)):
            pod = f"pod-{number:06d}"
            scene.ledger.sent_at[tenant, pod] = 10.0 * number + 1
            scene.ledger.arrived_at[tenant, "s3", pod] = 10.0 * number + 1 + delay
    assert scene.healthy_delay_ratio() == 1.5


def bound_of(ledger, pod="pod-000001"):
    return ledger.may_be_doubled(TENANT.tenant_id, pod)


def note(ledger, action, *, events=0, seconds=0.0, body=b"", **became):
    """Let a call about an object be relayed."""
    call = Call("", action, TENANT.tenant_id, "pod-000001", "/g", events, FUNCTION)
    ledger.begun(call)
    exchange = Exchange(call, Request("POST", "/", {}, body), None, ("", 0))
    for name, value in {"took_effect": True, "answered": True, **became}.items():
        setattr(exchange, name, value)
    ledger.relayed(exchange, seconds)


@pytest.fixture
def ledger():
    ledger = Ledger()
    for pod in ("pod-000001", "pod-000002"):
        ledger.sent(TENANT.tenant_id, pod, 4)
    return ledger


HAND_OVER = b'{"MessageBody": "{\\"type\\": \\"cloudwatch\\"}"}'


def test_without_a_fault_nothing_may_be_doubled(ledger):
    """A run without a fault might repeat what it likes."""
    note(ledger, "GetObject")
    note(ledger, "PutLogEvents", events=2)
    note(ledger, "SendMessage", body=HAND_OVER)
    assert bound_of(ledger) == 0


def test_a_refused_call_allows_no_double(ledger):
    """Whatever fails would excuse doubles, though nothing has arrived by it."""
    note(ledger, "PutLogEvents", events=2, took_effect=False)
    note(ledger, "CopyObject", answered=False)
    assert bound_of(ledger) == 0


@pytest.mark.parametrize("lost", [{"answered": False}, {"seconds": 3.0}])
def test_an_answer_that_was_lost_allows_its_own_events(ledger, lost):
    """A batch that is sent again would be a failure, or a whole object's repetition none."""
    note(ledger, "PutLogEvents", events=2, **lost)
    assert (bound_of(ledger), bound_of(ledger, "pod-000002")) == (2, 0)


def test_a_hand_over_of_which_the_sender_knows_nothing_allows_its_object(ledger):
    """Two delivery messages of one delivery would be a failure."""
    note(ledger, "SendMessage", answered=False, body=HAND_OVER)
    assert bound_of(ledger) == 4


def test_a_hand_over_that_fails_allows_its_object_once_it_begins_again(ledger):
    """A failed try that the next one makes good would excuse doubles."""
    note(ledger, "SendMessage", took_effect=False, body=HAND_OVER)
    note(ledger, "SendMessage", body=HAND_OVER)
    note(ledger, "GetObject")
    assert bound_of(ledger) == 0
    note(ledger, "SendMessage", took_effect=False, body=HAND_OVER)
    note(ledger, "GetObject")
    assert bound_of(ledger) == 4


def test_a_crash_allows_what_its_host_had_at_work(ledger):
    """Each crash would excuse a whole run's doubles."""
    ledger.crashed(FUNCTION, time.monotonic() - 100, time.monotonic() - 100)
    note(ledger, "GetObject", crashed=True)
    assert (bound_of(ledger), bound_of(ledger, "pod-000002")) == (4, 0)
    ledger.crashed(POLLER, time.monotonic(), time.monotonic())
    assert bound_of(ledger) == 4


def test_a_pass_that_could_not_be_made_allows_what_its_host_had_at_work(ledger):
    """Its hand-over is none, the object begins again, and events that come twice would be a failure."""
    for took_effect, bound in ((True, 0), (False, 4)):
        note(ledger, "GetObject")
        exchange = Exchange(Call("kms", "GenerateMac", host=FUNCTION), None, None, ("", 0), took_effect=took_effect)
        ledger.relayed(exchange, 0.1)
        assert bound_of(ledger) == bound
    assert bound_of(ledger, "pod-000002") == 0


def test_a_crash_of_the_outside_allows_doubles_at_endpoints_alone(ledger):
    """A log group's doubles would be excused by a function that delivers nothing there."""
    ledger.begun(Call("s3", "GetObject", TENANT.tenant_id, "pod-000001", host=OUTSIDE))
    ledger.crashed(OUTSIDE, time.monotonic(), time.monotonic() + 1)
    assert bound_of(ledger) == 0
    assert ledger.may_be_doubled(TENANT.tenant_id, "pod-000001", outside=True) == 4


def test_the_delay_is_the_healthy_siblings_own(scene):
    """A fault that delays its neighbours would go unnoticed."""
    ledger = scene.ledger
    ledger.sent_at[TENANT.tenant_id, "pod-000001"] = 10.0
    ledger.arrived_at[TENANT.tenant_id, "s3", "pod-000001"] = 13.0
    ledger.arrived_at[TENANT.tenant_id, "/g", "pod-000001"] = 99.0
    assert delay_added(scene, Kind("some"), {"s3": 1.0, "logs": 1.0}) == 2.0
    assert delay_added(scene, Kind("some"), {}) is None


def test_there_are_kinds_enough_each_with_a_name_that_calls_can_carry():
    """A kind whose tenants have unusable names would inject nothing."""
    assert len(KINDS) >= 100
    assert len({kind.name for kind in KINDS}) == len(KINDS)
    assert all(len(f"fr-{kind.name}-t000") <= 64 for kind in KINDS)  # STS: the session's name is the tenant's
