"""The checks. Each raises ``AssertionError`` with a sentence that says what a tenant would lose."""

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import fields
from typing import Final

from runtime import scheduling
from runtime.conformance.scene import CONTENT, EVENTS, EVENTS_A_BATCH, Scene, texts_of
from runtime.conformance.stand_in import FastTime, Fault, StandIn
from runtime.costs.assumptions import Assumptions
from runtime.costs.prices import Prices
from runtime.deliveries.method import SEAM_VERSION
from runtime.deliveries.probe import StepOutcome
from runtime.delivery_config.facts import MethodFacts, Order
from runtime.delivery_config.transform import Transform
from runtime.errors import OutOfTimeError
from runtime.processor.attempt_result import AttemptResult
from runtime.processor.circuit_breaker import FAILURES_IN_A_ROW
from runtime.programs.sandbox import find_engine

type Make = Callable[[], StandIn]

_DROPS_AND_MARKS: Final = """
if ends_with(string!(.message), "7") { abort }
.message = string!(.message) + " seen"
"""
FOR_EVER: Final = 1_000_000_000
MAX_CALLS_TRIED: Final = 40
MAX_ATTEMPTS: Final = 20
SLOW_SECONDS: Final = 3.0
MANY_CONFIGS: Final = 1000
MAX_MORE_THREADS: Final = 96
"""Ours: those of the processor's own pool (64), and a few of clients."""
MAX_MORE_FILES: Final = 128


def facts_fit(make: Make) -> None:
    """The facts are true of the class: seam, name, limits, prices, secrets, example."""
    stand_in = make()
    model, facts = type(stand_in.config(0)), _facts(stand_in)
    assert getattr(stand_in.method, "seam", None) == SEAM_VERSION, f"the class has to say seam = {SEAM_VERSION}"
    assert stand_in.method.config_model.facts is facts, "the config is of another method's model"  # type: ignore[attr-defined]  # a class of the author's
    assert stand_in.config(0).method == facts.name, "the config's type is of another method"
    assert set(facts.secrets) <= set(model.model_fields), "facts.secrets names fields that the config doesn't have"
    known = {one.name for one in fields(Prices)}
    assumed = {"", *(one.name for one in fields(Assumptions))}
    for row in facts.prices:
        assert row.price in known, f"runtime.costs.prices has no price {row.price!r}"
        assert row.compression in assumed, f"runtime.costs.assumptions has no {row.compression!r}"
    example = model.model_validate({"tenant_id": "acme-corp", **facts.example})
    assert example.method == facts.name, "facts.example is no config of this method"


def everything_arrives_once(make: Make) -> None:
    """Where nothing fails, each event arrives once and is counted, and nothing stays in a client."""
    with _scene(make) as scene:
        result = scene.deliver()
        assert result.error is None, f"a delivery failed although nothing is wrong: {result.error}"
        assert _arrived(scene) == Counter(_expected(scene)), "events are missing, doubled or changed at the destination"
        if _facts(scene.stand_in).reads_events:
            assert result.progress.events == EVENTS, "the record would count other events than were delivered"
            assert result.progress.checkpoint == -(-EVENTS // EVENTS_A_BATCH), "the checkpoint isn't at the plan's end"
        _nothing_is_left(scene)


def nothing_is_lost_by_a_failure(make: Make) -> None:
    """Whatever fails at whichever call: the checkpoint is exact, and the next attempts bring the rest."""
    for fault, scene in _faults(make):
        first = scene.deliver()
        arrived = _arrived(scene) + Counter(scene.stand_in.set_aside)
        acknowledged = Counter(scene.acknowledged(first))
        assert acknowledged <= arrived, f"the checkpoint counts events that have not arrived ({fault})"
        whole = arrived >= Counter(_expected(scene))
        assert first.error is not None or whole, f"a delivery that isn't whole counts as delivered ({fault})"
        _nothing_is_left(scene)
        last = _until_delivered(scene, first)
        assert last.error is None, f"the delivery never ends after {fault}: {last.error}"
        assert set(_expected(scene)) <= set(_arrived(scene)), f"events are lost after {fault}"
        again = [text for text in acknowledged if _arrived(scene)[text] > arrived[text]]
        assert not again, f"{len(again)} acknowledged events were sent again after {fault}"


def order_is_kept(make: Make) -> None:
    """An object's events arrive in the order that the facts promise."""
    with _scene(make) as scene:
        if _facts(scene.stand_in).order is Order.NONE:
            return
        scene.deliver()
        found = [event.text for event in scene.stand_in.taken()]
        assert found == _expected(scene), "the events arrive in another order than the object's"


def ids_are_stable(make: Make) -> None:
    """An event has the same id on every attempt and host, and no two events share one."""
    if not make().sends_ids:
        return
    known: dict[str, bytes | None] = {}
    for _ in range(2):
        with _scene(make) as scene:
            scene.deliver()
            found = {event.text: event.id for event in scene.stand_in.taken()}
        assert None not in found.values(), "an event arrives without its id"
        assert len(set(found.values())) == len(found), "two events have one id: the destination drops one of them"
        assert not known or known == found, "another host gives other ids: a replay doubles everything"
        known = found
    for fault, scene in _faults(make):
        _until_delivered(scene, scene.deliver())
        for event in scene.stand_in.taken():
            assert event.id == known[event.text], f"an event has another id after {fault}"


def a_program_is_applied(make: Make) -> None:
    """What a tenant's program makes of the events arrives, none of what it drops, and nothing raw."""
    if find_engine() is None:
        return
    with _scene(make) as scene:
        if not _facts(scene.stand_in).reads_events:
            return  # what it delivers instead of the object is its own matter
        result = scene.deliver(transform=Transform(source=_DROPS_AND_MARKS))
        if not getattr(scene.method, "runs_programs", False):
            assert not _arrived(scene), "events arrive raw, although their config has a program"
            return
        assert result.error is None, f"a delivery with a program failed: {result.error}"
        made = [f"{text} seen" for text in _expected(scene) if not text.endswith("7")]
        assert _arrived(scene) == Counter(made), "what arrives isn't what the program made"
        counts = result.progress.program_counts
        assert (counts["out"], counts["dropped"]) == (len(made), EVENTS - len(made)), "the record counts other events"


def the_deadline_is_kept(make: Make) -> None:
    """A destination that is slow, or that fails and fails, holds a delivery no longer than its budget."""
    for error in (None, ConnectionResetError(CONTENT)):
        with _scene(make) as scene:
            scene.stand_in.fault = Fault(error, 0, FOR_EVER, seconds=SLOW_SECONDS)
            begun = scheduling.monotonic()
            result = scene.deliver(seconds=2.5 * SLOW_SECONDS)
            took = scheduling.monotonic() - begun
            assert took <= 5 * SLOW_SECONDS, f"a budget of {2.5 * SLOW_SECONDS} s took {took:.1f} s"
            assert Counter(scene.acknowledged(result)) <= _arrived(scene), "the checkpoint counts what has not arrived"
    with _scene(make) as scene:
        result = scene.deliver(seconds=0.0)
        assert isinstance(result.error, OutOfTimeError), "a delivery without any time isn't handed over as such"
        assert scene.stand_in.taken() == [], "something was sent although the time was spent"


def the_circuit_opens(make: Make) -> None:
    """A destination that fails with every delivery isn't called for each further one."""
    with _scene(make) as scene:
        scene.stand_in.fault = Fault(ConnectionResetError(CONTENT), 0, FOR_EVER)
        called = 0
        for number in range(3 * FAILURES_IN_A_ROW):
            before = scene.stand_in.calls
            result = scene.deliver(number)
            called += scene.stand_in.calls > before
        assert called <= FAILURES_IN_A_ROW, f"{called} deliveries in a row called a broken destination"
        assert result.error is not None
        assert result.error.reason == "circuit-open", "the circuit is closed although every delivery fails"


def nothing_is_disclosed(make: Make) -> None:
    """No secret and none of the tenant's words is in a log line, a record, an error, a repr or a probe's report."""
    for _, scene in _faults(make, content=" ".join([CONTENT, *make().secrets])):
        result = scene.deliver()
        config = scene.stand_in.config(0)
        shown = [*scene.written, repr(config), str(config), repr(scene.method), str(result.error), repr(result.error)]
        shown += [result.error.detail, result.error.reason] if result.error else []
        shown.append(repr(scene.method.probe(config.in_region("us-east-1"))))
        for text in shown:
            assert CONTENT not in text, f"the tenant's words are disclosed: {text[:200]}"
            for secret in scene.stand_in.secrets:
                assert secret not in text, "a secret is disclosed, in a log line, record, error, repr or report"


def a_probe_names_the_step(make: Make) -> None:
    """A test delivery says whether it passed, and if not, at which step; it never raises."""
    with _scene(make) as scene:
        report = scene.method.probe(scene.stand_in.config(0).in_region("us-east-1"))
        assert report.passed, f"a test delivery fails although nothing is wrong: {report}"
        assert report.steps, "a test delivery has no steps"
    with _scene(make) as scene:
        scene.stand_in.fault = Fault(ConnectionResetError(CONTENT), 0, FOR_EVER)
        report = scene.method.probe(scene.stand_in.config(0).in_region("us-east-1"))
        failed = [step for step in report.steps if step.outcome is StepOutcome.FAILED]
        assert not report.passed, "a test delivery passes although the destination is broken"
        assert len(failed) == 1, "a test delivery names no step, or several"


def many_configs_fit_into_one_process(make: Make) -> None:
    """A thousand tenants' destinations leave neither threads nor files behind."""
    threads, files = threading.active_count(), _open_files()
    with _scene(make, events=1) as scene:
        for number in range(MANY_CONFIGS):
            result = scene.deliver(number, config=number)
            assert result.error is None, f"delivery {number} failed: {result.error}"
        assert threading.active_count() - threads <= MAX_MORE_THREADS, "each destination has threads of its own"
        assert _open_files() - files <= MAX_MORE_FILES, "each destination has open files of its own"
        scene.method.close()
        scene.method.close()
        _nothing_is_left(scene)


CHECKS: Final = (
    facts_fit,
    everything_arrives_once,
    nothing_is_lost_by_a_failure,
    order_is_kept,
    ids_are_stable,
    a_program_is_applied,
    the_deadline_is_kept,
    the_circuit_opens,
    nothing_is_disclosed,
    a_probe_names_the_step,
    many_configs_fit_into_one_process,
)


def run(check: Callable[[Make], None], make: Make) -> None:
    """Run one check, with pauses that take no time."""
    with scheduling.use(FastTime()):
        check(make)


class _scene:  # noqa: N801 - used like a function
    """A scene that ends with its block."""

    def __init__(self, make: Make, events: int = EVENTS) -> None:
        self._scene = Scene(make(), int(scheduling.now() * 1000), events)

    def __enter__(self) -> Scene:
        return self._scene

    def __exit__(self, *_: object) -> None:
        self._scene.method.close()


def _faults(make: Make, content: str = CONTENT) -> Iterator[tuple[str, Scene]]:
    """Yield a scene for each call that a delivery makes and each way in which it may fail, once or for a while."""
    with _scene(make) as scene:
        scene.deliver()
        calls = min(scene.stand_in.calls, MAX_CALLS_TRIED)
    for call in range(calls):
        for kind in (ConnectionResetError, TimeoutError, ValueError):
            for times in (1, 12):
                with _scene(make) as scene:
                    scene.stand_in.fault = Fault(kind(content), call, times)
                    yield f"{kind.__name__} at call {call}, {times} times", scene


def _until_delivered(scene: Scene, last: AttemptResult) -> AttemptResult:
    for _ in range(MAX_ATTEMPTS):
        if last.error is None:
            break
        scheduling.sleep(3600.0)  # what the schedule would wait for, and longer than any circuit is open
        last = scene.deliver(previous=last)
    return last


def _facts(stand_in: StandIn) -> MethodFacts:
    return type(stand_in.config(0)).facts


def _expected(scene: Scene) -> list[str]:
    """Return what has to arrive of object 0."""
    if _facts(scene.stand_in).reads_events:
        return texts_of(0, scene.events)
    return [scene.key()]


def _arrived(scene: Scene) -> Counter[str]:
    return Counter(event.text for event in scene.stand_in.taken())


def _nothing_is_left(scene: Scene) -> None:
    left = scene.stand_in.left_in_client()
    assert left == 0, f"{left} events are left in a client: they would arrive after the checkpoint says they haven't"


def _open_files() -> int:
    return len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0  # noqa: PTH112, PTH208 - counted
