"""The run: tenants, the proxy, a baseline, every kind, the end of all faults, the count."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from statistics import median

from local.faults import memory
from local.faults.kind import Host, Kind
from local.faults.ledger import Ledger
from local.faults.measured import Measured
from local.faults.plan import Plan
from local.faults.proxy import proxy
from local.faults.redrive import redrive, settle, waiting
from local.faults.scene import Numbers, Scene
from local.faults.short_timeouts import Pace, proxied, short_timeouts
from local.faults.tenants import Place, Tenant, onboard
from local.faults.triggers import nothing_starts
from local.faults.verdict import Row, judge, parked_keys
from local.waiting import WaitedTooLongError, wait_until

BASELINE = Kind("none")
"""No fault at all: what the delays of all other rows are measured against."""

FIRST, QUIET = "fr-{}-t000", "fr-{}-t900"
"""Faults concern a kind's first tenant; its others, and its quiet one, shall not notice."""

SETTLE_SECONDS = 150.0
SIDE_BY_SIDE = 12
"""Kinds at once: with more, each has its faults before its objects come to their turn."""

TIMED_OUT = "timed out after"
"""What the emulator's log says of a function that it killed."""

SHARE_ALONE = 0.6
"""Of the time: kinds that run alone, all together. The others share the rest."""

WARM_UP_OBJECTS = 10
ROUNDS = 3
"""Redrives: what a kind's last fault sent to a dead-letter queue may go there once more."""

type Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is done. ``targets``: at most so many faults a kind; ``seconds``: for all kinds together."""

    seed: int
    target: int
    seconds: float
    pace: Pace
    baseline_objects: int = 30


@dataclass(slots=True)
class Result:
    """What a run found. ``short``: kinds that met fewer faults than they were to, and how many."""

    rows: list[Row] = field(default_factory=list)
    measured: list[Measured] = field(default_factory=list)
    short: dict[str, int] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether nothing was lost or doubled unlawfully, and each kind says so of one fault at the least.

        Delays are shown, and don't count: they depend on the machine, too.
        """
        return all(row.holds for row in self.rows) and all(self.short.values())


@dataclass(slots=True)
class Run:
    """One run against a deployment."""

    place: Place
    kinds: Sequence[Kind]
    effort: Effort
    begin: Progress
    progress: Progress
    note: Progress
    ledger: Ledger = field(default_factory=Ledger)
    numbers: Numbers = field(default_factory=Numbers)
    stop: threading.Event = field(default_factory=threading.Event)
    foreign: int = 0
    lasting: int = 0

    def run(self) -> "Result":
        """Do it all, and give the rows, the baseline's first, and what was measured against a bound."""
        plan = Plan(self.effort.seed, self.ledger)
        self.foreign = waiting(self.place)[1]
        kinds = [BASELINE, *self.kinds]
        self.begin(f"onboarding the tenants of {len(kinds)} kinds")
        scenes = self._scenes(plan, kinds)
        with proxy(self.place.environment.endpoint_url, plan.relay) as url:
            for scene in scenes.values():
                scene.hour_seconds = self.effort.pace.hour_seconds
                scene.more_environment = proxied(url, self.effort.pace)
            with short_timeouts(self.place, url, self.effort.pace):
                try:
                    return self._faults(scenes)
                finally:
                    plan.rules.clear()
                    memory.forget()

    def _scenes(self, plan: Plan, kinds: Sequence[Kind]) -> dict[Kind, Scene]:
        names = [(kind, f"fr-{kind.name}-t{number:03d}") for kind in kinds for number in range(kind.tenants)]
        names += [(kind, QUIET.format(kind.name)) for kind in kinds if kind.beside == "quiet"]
        plan.kinds.update({FIRST.format(kind.name): kind.name for kind in kinds})
        with ThreadPoolExecutor(6) as pool:
            made = list(pool.map(lambda named: onboard(self.place, named[1]), names))
        tenants: dict[Kind, list[Tenant]] = {kind: [] for kind in kinds}
        for (kind, _), tenant in zip(names, made, strict=True):
            tenants[kind].append(tenant)
        return {kind: self._scene(plan, kind, mine) for kind, mine in tenants.items()}

    def _scene(self, plan: Plan, kind: Kind, tenants: list[Tenant]) -> Scene:
        return Scene(self.place, plan, self.ledger, kind.name, tenants, self.numbers, self.stop)

    def _faults(self, scenes: dict[Kind, Scene]) -> "Result":
        self._measure_baseline(scenes[BASELINE])
        deadline = time.monotonic() + self.effort.seconds
        measured = [kind for kind in self.kinds if kind.alone and kind.measures]
        hurting = [kind for kind in self.kinds if kind.alone and not kind.measures]
        share = self.effort.seconds * SHARE_ALONE / max(1, len(measured) + len(hurting))
        self._one_by_one(measured, scenes, share)
        self._begin_lasting([kind for kind in self.kinds if kind.lasting], scenes)
        # What one of them leaves behind the next may hurt: both have a crash's bound. What a poller leaves hurts none.
        self._one_by_one([kind for kind in hurting if kind.host is Host.FUNCTION], scenes, share)
        self._settle()
        self._one_by_one([kind for kind in hurting if kind.host is Host.POLLER], scenes, share)
        together = [kind for kind in self.kinds if not kind.alone and not kind.lasting]
        self.begin(f"{len(together)} kinds side by side")
        # What those that run alone took longer, to settle, isn't taken from the others.
        self._side_by_side(together, scenes, max(deadline, time.monotonic() + self.effort.seconds * (1 - SHARE_ALONE)))
        self.stop.set()
        return self._count(scenes)

    def _begin_lasting(self, kinds: Sequence[Kind], scenes: dict[Kind, Scene]) -> None:
        """Begin what goes on to the end: what of it waits is no reason to wait in between."""
        if not kinds:
            return
        self.begin(f"beginning {len(kinds)} that last")
        for kind in kinds:
            self._run_kind(kind, scenes[kind])
            self.lasting += kind.lasting * len(scenes[kind].sent.get(scenes[kind].tenant.tenant_id, ()))

    def _one_by_one(self, kinds: Sequence[Kind], scenes: dict[Kind, Scene], seconds: float) -> None:
        for place, kind in enumerate(kinds, 1):
            self.begin(f"{kind.name} ({place} of {len(kinds)} that run alone)")
            scenes[kind].deadline = time.monotonic() + seconds
            self._run_kind(kind, scenes[kind])
            if kind.measures:
                self._settle()
            scenes[kind].timeouts = self._timeouts() - scenes[kind].timeouts_before

    def _measure_baseline(self, scene: Scene) -> None:
        """Measure delays where nothing is wrong, once the function is warm."""
        self.begin("measuring without faults")
        scene.send_until(lambda: False, at_most=WARM_UP_OBJECTS)
        self._settle()
        self.ledger.sent_at.clear()
        scene.send_until(lambda: False, at_most=self.effort.baseline_objects)
        self._settle()

    def _settle(self, seconds: float = SETTLE_SECONDS) -> None:
        settle(self.place, seconds, self.progress, self.foreign + self.lasting)

    def _side_by_side(self, kinds: Sequence[Kind], scenes: dict[Kind, Scene], deadline: float) -> None:
        for kind in kinds:
            scenes[kind].deadline = deadline
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            running = [pool.submit(self._run_kind, kind, scenes[kind]) for kind in kinds]
            while not all(one.done() for one in running):
                done = sum(one.done() for one in running)
                left = max(0.0, deadline - time.monotonic())
                self.progress(f"{done} done, {self.ledger.injected.total():,} faults, at most {left:.0f} s")
                time.sleep(1)
            for one in running:
                one.result()

    def _run_kind(self, kind: Kind, scene: Scene) -> None:
        scene.timeouts_before = self._timeouts()
        scene.batches = kind.batches
        begun = time.monotonic()
        kind.run(scene, self.target(kind))
        objects = sum(map(len, scene.sent.values()))
        self.note(f"{kind.name}: {scene.injected} faults, {objects} objects, {time.monotonic() - begun:.0f} s")

    def target(self, kind: Kind) -> int:
        """Give how many faults of a kind are wanted."""
        return min(kind.target, self.effort.target)

    def _timeouts(self) -> int:
        """Count the function's timeouts so far, from the emulator's log."""
        log = self.place.home / "emulator.log"
        return log.read_text(errors="replace").count(TIMED_OUT) if log.exists() else 0

    def _count(self, scenes: dict[Kind, Scene]) -> "Result":
        self.begin("all faults are over: waiting for what is left")
        dead: Counter[str] = Counter()
        self.lasting = 0
        seconds = SETTLE_SECONDS + self.effort.pace.schedule_seconds
        self._settle(seconds)
        for _ in range(ROUNDS):
            moved = redrive(self.place)
            if not moved:
                break
            dead += moved
            self._settle(seconds)
        self._resume(scenes)
        with nothing_starts(self.place, self.place.outputs["ResumptionFunctionName"]):
            self._settle()  # what is parked stays so while it is counted
            return self._judge(scenes, dead)

    def _resume(self, scenes: dict[Kind, Scene]) -> None:
        """Wait until what was parked has been resumed by itself: every destination works again, but those that last."""
        tenants = [tenant for kind, scene in scenes.items() if not kind.lasting for tenant in scene.tenants]
        left = [tenant for tenant in tenants if parked_keys(self.place, tenant)]

        def resumed() -> bool:
            self.progress(f"{len(left)} tenants have parked deliveries")
            left[:] = [tenant for tenant in left if parked_keys(self.place, tenant)]
            return not left

        seconds = min(SETTLE_SECONDS, self.effort.seconds)
        with suppress(WaitedTooLongError):
            wait_until(resumed, what="the resumption", timeout_seconds=seconds, interval_seconds=1.0)

    def _judge(self, scenes: dict[Kind, Scene], dead: Counter[str]) -> "Result":
        timeouts = self._timeouts()
        self.begin("counting every event in every destination")
        first = scenes[BASELINE]
        baseline = {
            "s3": median(self.ledger.delays(first.tenant.tenant_id, "s3")),
            "logs": median(self.ledger.delays(first.tenant.tenant_id, first.tenant.log_group)),
        }
        result = Result()
        for kind, scene in scenes.items():
            self.progress(kind.name)
            letters = sum(dead[tenant.tenant_id] for tenant in scene.tenants)
            if not kind.alone:
                scene.timeouts = timeouts - scene.timeouts_before
            result.rows.append(judge(scene, kind, self.ledger, letters, baseline))
            if kind.measures and scene.injected:
                result.measured.append(kind.measures(scene))
            if kind is not BASELINE and scene.injected < self.target(kind):
                result.short[kind.name] = scene.injected
        return result
