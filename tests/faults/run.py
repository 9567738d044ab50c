"""The run: tenants, the proxies, a baseline, every kind, the end of all faults, the count."""

import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from statistics import median

from local.waiting import WaitedTooLongError, wait_until
from tests.faults import memory
from tests.faults.endpoint import serve_endpoint
from tests.faults.kind import BASELINE, Host, Kind, Turn
from tests.faults.ledger import FUNCTION, OUTSIDE, POLLER, Ledger
from tests.faults.measured import Measured
from tests.faults.plan import Plan
from tests.faults.poller import poller
from tests.faults.proxy import proxy
from tests.faults.redrive import redrive, settle, waiting
from tests.faults.scene import Numbers, Scene
from tests.faults.short_timeouts import TimeScale, proxied, short_timeouts
from tests.faults.tenants import Place, Tenant, onboard
from tests.faults.triggers import nothing_starts
from tests.faults.verdict import Row, judge, parked_keys, waits

FIRST, QUIET = "fr-{}-t000", "fr-{}-t900"
"""Faults concern a kind's first tenant; its others, and its quiet one, shall not notice."""

SETTLE_SECONDS = 150.0
BRIEFLY_SECONDS = 20.0
"""After a kind that leaves nothing behind; what has something left then is judged at the end."""

SIDE_BY_SIDE = 12
"""Kinds at once: with more, each has its faults before its objects come to their turn."""

TIMED_OUT = re.compile(r"Lambda (\S+) timed out after")
"""What the emulator's log says of a function that it killed."""

SHARE_ONE_BY_ONE = 0.6
"""Of the time: kinds that run one by one, all of them. The others share the rest."""

LEAST_SECONDS = 8.0
"""That a kind has which runs alone, however many there are."""

POLLER_SECONDS = 40.0
"""A poller that was told to stop ends when its long poll of 20 s is over, and another one is started."""

WARM_UP_OBJECTS = 10
ROUNDS = 3
"""Redrives: what a kind's last fault sent to a dead-letter queue may go there once more."""

RESUMED_SECONDS = 240.0
"""At least a replay's lease, of one that was killed, and a slice of the next one."""

type Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is done. ``target``: at most so many faults a kind; ``seconds``: for all kinds together."""

    seed: int
    target: int
    seconds: float
    scale: TimeScale
    baseline_objects: int = 30


@dataclass(frozen=True, slots=True)
class Screen:
    """Who hears of the run while it goes on.

    :param begin, progress, note: of a step's begin, of its progress, of what has been done.
    :param judged: of each row and each measured delay, as soon as there is one.
    """

    begin: Progress
    progress: Progress
    note: Progress
    judged: Callable[[Row | Measured], None]


@dataclass(slots=True)
class Run:
    """One run against a deployment."""

    place: Place
    kinds: Sequence[Kind]
    effort: Effort
    screen: Screen
    ledger: Ledger = field(default_factory=Ledger)
    numbers: Numbers = field(default_factory=Numbers)
    stop: threading.Event = field(default_factory=threading.Event)
    foreign: int = 0
    baseline: dict[str, float] = field(default_factory=dict)
    dead: Counter[str] = field(default_factory=Counter)
    rows: dict[str, Row] = field(default_factory=dict)

    def run(self) -> list[Row]:
        """Do it all, and return the rows, the baseline's first."""
        plan = Plan(self.effort.seed, self.ledger)
        self.foreign = waiting(self.place)[1]
        kinds = [Kind(BASELINE), *self.kinds]
        self.screen.begin(f"onboarding the tenants of {len(kinds)} kinds")
        scenes = self._scenes(plan, kinds)
        with ExitStack() as stack:
            endpoint = self.place.environment.endpoint_url
            urls = {host.value: stack.enter_context(proxy(endpoint, plan.relay, host.value)) for host in Host}
            for kind, scene in scenes.items():
                if kind.endpoint:
                    scene.endpoint = stack.enter_context(serve_endpoint(self.place, plan, scene.tenant, kind.endpoint))
                scene.more_environment = proxied(urls[POLLER], self.effort.scale)
            stack.enter_context(short_timeouts(self.place, urls, self.effort.scale))
            stack.enter_context(self._noting_timeouts())
            try:
                self._faults(plan, scenes)
            finally:
                plan.rules.clear()
                memory.forget()
        return list(self.rows.values())

    def _scenes(self, plan: Plan, kinds: Sequence[Kind]) -> dict[Kind, Scene]:
        names = [(kind, f"fr-{kind.name}-t{number:03d}") for kind in kinds for number in range(kind.tenants)]
        names += [(kind, QUIET.format(kind.name)) for kind in kinds if kind.beside == "quiet"]
        plan.kinds.update({FIRST.format(kind.name): kind.name for kind in kinds})
        with ThreadPoolExecutor(6) as pool:
            made = list(pool.map(lambda named: onboard(self.place, named[1]), names))
        tenants: dict[Kind, list[Tenant]] = {kind: [] for kind in kinds}
        for (kind, _), tenant in zip(names, made, strict=True):
            tenants[kind].append(tenant)
        return {
            kind: Scene(self.place, plan, self.ledger, kind.name, mine, self.numbers, self.stop, batches=kind.batches)
            for kind, mine in tenants.items()
        }

    @contextmanager
    def _noting_timeouts(self) -> Iterator[None]:
        """Note when the emulator kills the function at its timeout: on a slow machine without any fault of ours."""
        log, over = self.place.home / "emulator.log", threading.Event()
        hosts = {
            self.place.environment.processor_function_name: FUNCTION,
            self.place.outputs["OutsideFunctionName"]: OUTSIDE,
        }
        seen = log.stat().st_size if log.exists() else 0

        def watch() -> None:
            nonlocal seen
            while not over.wait(TIMEOUT_INTERVAL_SECONDS) and log.exists():
                with log.open(errors="replace") as lines:
                    lines.seek(seen)
                    found = lines.read()
                    seen = lines.tell()
                now = time.monotonic()
                for name in TIMED_OUT.findall(found):
                    if name in hosts:
                        self.ledger.crashed(hosts[name], now - 2 * TIMEOUT_INTERVAL_SECONDS, now)

        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _faults(self, plan: Plan, scenes: dict[Kind, Scene]) -> None:
        self._measure_baseline(scenes)
        quiet, alone, lasting, together = (
            [kind for kind in self.kinds if kind.turn is turn]
            for turn in (Turn.QUIET, Turn.ALONE, Turn.LASTING, Turn.TOGETHER)
        )
        one_by_one = [*quiet, *alone]
        share = self.effort.seconds * SHARE_ONE_BY_ONE / max(1.0, sum(kind.weight for kind in one_by_one))
        self._one_by_one([kind for kind in quiet if kind.host is not Host.POLLER], scenes, share)
        self._on_a_poller([kind for kind in one_by_one if kind.host is Host.POLLER], scenes, share)
        for kind in lasting:
            self._run_kind(kind, scenes[kind])
        self._one_by_one([kind for kind in alone if kind.host is not Host.POLLER], scenes, share)
        self.screen.begin(f"{len(together)} kinds side by side")
        self._side_by_side(together, scenes, time.monotonic() + self.effort.seconds * (1 - SHARE_ONE_BY_ONE))
        self.stop.set()
        if lasting:
            self._wait_until_parked([scenes[kind] for kind in lasting])
        plan.rules.clear()
        self._count(scenes)

    def _measure_baseline(self, scenes: dict[Kind, Scene]) -> None:
        """Measure delays where nothing is wrong, once the function is warm."""
        self.screen.begin("measuring without faults")
        (kind, scene), *_ = scenes.items()
        scene.send_until(lambda: False, at_most=WARM_UP_OBJECTS)
        self._settle()
        self.ledger.sent_at.clear()
        scene.send_until(lambda: False, at_most=self.effort.baseline_objects)
        self._settle()
        for name, place in (("s3", "s3"), ("logs", scene.tenant.log_group)):
            if delays := self.ledger.delays(scene.tenant.tenant_id, place):
                self.baseline[name] = median(delays)
        self._judge(kind, scene)

    def _one_by_one(self, kinds: Sequence[Kind], scenes: dict[Kind, Scene], share: float) -> None:
        for number, kind in enumerate(kinds, 1):
            self.screen.begin(f"{kind.name} ({number} of {len(kinds)} that run one by one)")
            scene = scenes[kind]
            if kind.host is Host.POLLER and not kind.own_process:
                scene.wait_for(partial(self._is_polled, time.monotonic()), POLLER_SECONDS)
            scene.deadline = time.monotonic() + max(LEAST_SECONDS, share * kind.weight)
            self._run_kind(kind, scene)
            # What one leaves behind the next may hurt, and then it may be there twice: that is counted, too.
            if kind.turn is Turn.QUIET and self._settle(BRIEFLY_SECONDS):
                self._judge(kind, scene, finally_=False)

    def _is_polled(self, since: float) -> bool:
        """Whether a poller has asked for messages since then: one that has just ended has to be started again."""
        return self.ledger.received_at > since

    def _on_a_poller(self, kinds: Sequence[Kind], scenes: dict[Kind, Scene], share: float) -> None:
        """Run kinds while a poller does what else the function does. What it leaves behind the function finds later."""
        if not kinds:
            return
        with nothing_starts(self.place, self.place.environment.processor_function_name):
            shared = [kind for kind in kinds if not kind.own_process]
            if shared:
                with poller(self.place, scenes[shared[0]].more_environment, self.ledger):
                    self._one_by_one(shared, scenes, share)
            self._one_by_one([kind for kind in kinds if kind.own_process], scenes, share)

    def _side_by_side(self, kinds: Sequence[Kind], scenes: dict[Kind, Scene], deadline: float) -> None:
        share = (deadline - time.monotonic()) * SIDE_BY_SIDE / max(SIDE_BY_SIDE, sum(kind.weight for kind in kinds))

        def run(kind: Kind) -> None:
            scenes[kind].deadline = time.monotonic() + share * kind.weight
            self._run_kind(kind, scenes[kind])

        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            running = [pool.submit(run, kind) for kind in kinds]
            try:
                while wait(running, timeout=1).not_done:
                    done = sum(one.done() for one in running)
                    left = max(0.0, deadline - time.monotonic())
                    self.screen.progress(f"{done} done, {self.ledger.injected.total():,} faults, at most {left:.0f} s")
            except BaseException:  # SIGTERM, Ctrl-C: those that run end at their next step, the others don't begin
                self.stop.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _run_kind(self, kind: Kind, scene: Scene) -> None:
        """Run one; what goes wrong in it is told by its row, and ends no other."""
        begun = time.monotonic()
        try:
            kind.run(scene, self.target(kind))
        except Exception as error:  # noqa: BLE001 - the others are to run, whatever it is
            scene.error = repr(error)
            scene.end()
        objects = sum(map(len, scene.sent.values()))
        self.screen.note(
            f"{kind.name}: {scene.injected} faults, {objects} objects, {time.monotonic() - begun:.0f} s {scene.error}"
        )

    def target(self, kind: Kind) -> int:
        """Return how many faults of a kind are wanted."""
        return min(kind.target, self.effort.target)

    def _wait_until_parked(self, lasting: Sequence[Scene]) -> None:
        """Wait until the schedule of what lasts is over; nothing parked by then is an error of the kind."""
        self.screen.begin("waiting until the schedule of what is broken for good is over")
        with suppress(WaitedTooLongError):
            wait_until(
                lambda: all(self._parked(scene) for scene in lasting) and waiting(self.place)[1] <= self.foreign,
                what="parked deliveries",
                timeout_seconds=self.effort.scale.schedule_seconds + BRIEFLY_SECONDS,
                interval_seconds=1.0,
            )
        for scene in lasting:
            if not self._parked(scene):
                scene.error = "nothing was parked when the schedule was over"

    def _parked(self, scene: Scene) -> int:
        return sum(len(parked_keys(self.place, tenant)) for tenant in scene.tenants)

    def _settle(self, seconds: float = SETTLE_SECONDS) -> bool:
        return settle(self.place, seconds, self.screen.progress, self.foreign)

    def _count(self, scenes: dict[Kind, Scene]) -> None:
        """Wait for what is left, redrive and resume it, and judge what hasn't been judged yet."""
        self.screen.begin("all faults are over: waiting for what is left")
        self._settle()
        for _ in range(ROUNDS):
            moved = redrive(self.place)
            if not moved:
                break
            self.dead += moved
            self._settle()
        self._resume(list(scenes.values()))
        with nothing_starts(self.place, self.place.outputs["ResumptionFunctionName"]):
            self._settle()  # what is parked stays so while it is counted
            self.screen.begin("counting every event in every destination")
            for kind, scene in scenes.items():
                if kind.name not in self.rows:
                    self._judge(kind, scene)

    def _resume(self, scenes: Sequence[Scene]) -> None:
        """Wait until what was parked has been resumed, and every replay is done: all destinations work again."""
        left = [(scene, tenant) for scene in scenes for tenant in scene.tenants if waits(self.place, tenant)]

        def resumed() -> bool:
            self.screen.progress(f"{len(left)} tenants have parked deliveries, or replays")
            left[0][0].resume()
            left[:] = [(scene, tenant) for scene, tenant in left if waits(self.place, tenant)]
            return not left

        if left:
            self.stop.clear()  # a pause between two starts is one
            with suppress(WaitedTooLongError):
                wait_until(resumed, what="the resumption", timeout_seconds=RESUMED_SECONDS, interval_seconds=0.1)

    def _judge(self, kind: Kind, scene: Scene, *, finally_: bool = True) -> None:
        """Write a kind's row, and what was measured with it; what is still away may come by the end of the run."""
        self.screen.progress(kind.name)
        letters = sum(self.dead[tenant.tenant_id] for tenant in scene.tenants)
        row = judge(scene, kind, letters, self.baseline)
        if not finally_ and (row.tally.lost or row.tally.parked):
            return
        self.rows[kind.name] = row
        self.screen.judged(self.rows[kind.name])
        if kind.measures:
            try:
                self.screen.judged(kind.measures(scene))
            except Exception as error:  # noqa: BLE001 - it is told, and ends nothing
                self.screen.judged(Measured(kind.name, error=repr(error)))


TIMEOUT_INTERVAL_SECONDS = 0.5
