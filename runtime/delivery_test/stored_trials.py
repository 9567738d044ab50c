"""What the API asks of a tenant's stored lines: the last ones, or what alert rules would have fired over an hour.

The answer goes back in the call, and nothing is kept. An attempt has seconds: what it got to is said.
"""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final, cast

from runtime import scheduling
from runtime.alerts.line_copy import LineCopy
from runtime.alerts.predicate import LineMatcher
from runtime.alerts.rule import AlertRule
from runtime.alerts.trial import RuleTrial, TriedNotification
from runtime.aws.clients import AwsClients
from runtime.deliveries.role_chain import RoleChain
from runtime.delivery_state.replay_selection import object_time
from runtime.delivery_test.settings import DeliveryTesterSettings
from runtime.delivery_test.stored_lines import Selected, StoredLines, texts
from runtime.errors import DeliveryError, OutOfTimeError
from runtime.objects.batches import Batch
from runtime.objects.key import ObjectKey
from runtime.programs.sandbox import EngineMissingError, ProgramKilledError, WorkerLostError, host_sandbox
from runtime.programs.trial import levels_of
from runtime.time_budget import TimeBudget

SECONDS: Final = 9.0
"""Ours: of the 15 that a request of the API may take."""
MAX_LINE: Final = 32_768
"""Ours, characters: a longer line is no line to try something on."""
MAX_CHARACTERS: Final = 1024 * 1024
"""Ours, of all lines together: an answer has at most 6 MB (Lambda quotas), and JSON may take six for one."""
logger = logging.getLogger("logrouter.tester")


@dataclass(frozen=True, slots=True)
class StoredTrials:
    """Shared by all invocations."""

    settings: DeliveryTesterSettings
    clients: AwsClients
    role_chain: RoleChain

    def answer(self, tenant_id: str, asked: Mapping[str, object]) -> dict[str, object]:
        """Return what was asked for; ``failure`` where that isn't possible."""
        budget = TimeBudget.of_seconds(SECONDS)
        stored = StoredLines(self.clients, self.role_chain, self.settings.central_bucket, tenant_id, budget)
        try:
            return _alerts(stored, asked) if "rules" in asked else _last_lines(stored, asked)
        except DeliveryError as error:
            failure, detail = error.reason, error.detail
        except (EngineMissingError, WorkerLostError, ProgramKilledError, TimeoutError):
            failure, detail = "program-worker-lost", "programs can't be run at the moment"
        logger.warning("stored lines can't be tried", extra={"tenant_id": tenant_id, "reason": failure})
        return {"failure": {"reason": failure, "detail": detail}}


def _last_lines(stored: StoredLines, asked: Mapping[str, object]) -> dict[str, object]:
    """Return the tenant's last lines, the newest object's first, each object's in the order of time."""
    most, room = cast("int", asked["most"]), MAX_CHARACTERS
    found: list[dict[str, object]] = []
    complete = True
    try:
        for object_ in stored.newest(scheduling.now(), Selected.of(asked)):
            here: list[tuple[int, str]] = []
            for batch in stored.batches(object_):
                lines = zip(batch.timestamps, texts(batch), strict=True)
                here = [*here, *(each for each in lines if len(each[1]) <= MAX_LINE)][-most:]
            here = _fitting(here, room)
            room -= sum(len(text) for _, text in here)
            most -= len(here)
            if here:
                found.append({"key": object_.key.key, "lines": here})
            if most <= 0 or room <= MAX_LINE:
                break
    except OutOfTimeError:
        complete = False
    return {"objects": found, "complete": complete}


def _fitting(lines: list[tuple[int, str]], room: int) -> list[tuple[int, str]]:
    """Return the last lines that there is room for."""
    begin = len(lines)
    while begin and len(lines[begin - 1][1]) <= room:
        begin -= 1
        room -= len(lines[begin][1])
    return lines[begin:]


def _alerts(stored: StoredLines, asked: Mapping[str, object]) -> dict[str, object]:
    """Return what the rules would have fired over the objects of a time."""
    since, until = cast("float", asked["since"]), cast("float", asked["until"])
    problems: dict[str, dict[str, int]] = {}

    def observe(rule: AlertRule, what: str, lines: int) -> None:
        of_rule = problems.setdefault(rule.name, {})
        of_rule[what] = of_rule.get(what, 0) + lines

    trial = RuleTrial([*map(AlertRule.model_validate, cast("list[object]", asked["rules"]))], LineMatcher(observe))
    through, read = since, 0
    try:
        for object_ in stored.objects(since, until, Selected.of(asked)):
            if not all(trial.add(_copies(object_.key, batch, stored.budget)) for batch in stored.batches(object_)):
                break
            read, through = read + 1, object_time(object_.key, since)
        else:
            through = until
    except OutOfTimeError:
        pass  # what was read counts
    return {
        "complete": through == until,
        "through": through,
        "objects": read,
        "lines": trial.lines,
        "marked": trial.marked,
        "matches": dict(trial.matches),
        "problems": problems,
        "notifications": [_written(each) for each in trial.notifications(through)],
        "left_out": trial.left_out,
    }


def _copies(key: ObjectKey, batch: Batch, budget: TimeBudget) -> list[LineCopy]:
    """Return a batch's lines as the agent would copy them."""
    budget.check()
    levels = levels_of(batch, host_sandbox(), budget.remaining())
    columns = zip(batch.timestamps, texts(batch), levels, strict=True)
    origin = {name: getattr(key, name) for name in ("tenant_id", "cluster_id", "application", "pod_name")}
    return [
        LineCopy(id=_id(key.key, batch.index, at), **origin, time_ms=time_ms, level=level, message=text[:MAX_LINE])
        for at, (time_ms, text, level) in enumerate(columns)
    ]


def _id(key: str, batch: int, position: int) -> str:
    text = f"{key}\n{batch}\n{position}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=8).hexdigest()


def _written(each: TriedNotification) -> dict[str, object]:
    pending = asdict(each.pending)
    kept = {name: pending[name] for name in ("kind", "decided", "matches", "first_ms", "last_ms")}
    return {"rule": each.rule, "key": each.key, "sample": each.sample, **kept}
