"""A rule's own predicate in VRL: checked when it is written, asked of lines in the worker process (contract §12, §13).

It sees what a program sees, and ``level``. With a line for which it fails, or aborts, it doesn't hold.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from runtime import scheduling
from runtime.alerts.line_copy import LineCopy
from runtime.alerts.rule import AlertRule
from runtime.bounded_map import TENANTS_REMEMBERED, BoundedMap
from runtime.errors import RetryableError
from runtime.programs.check import ProgramProblem, check, refused
from runtime.programs.sandbox import (
    EngineMissingError,
    ProgramKilledError,
    Sandbox,
    WorkerLostError,
    host_sandbox,
)

SECONDS: Final = 20.0
"""Ours: how long the worker is waited for; a predicate's own time is processor time (``sandbox.allowed_seconds``)."""
MAX_KILLS: Final = 3
"""Contract §12, as for programs: then this process doesn't ask it any more, until it is changed."""
KILLED: Final = "predicate-killed"
SWITCHED_OFF: Final = "predicate-switched-off"
REFUSED: Final = "predicate-refused"
FAILED: Final = "predicate-failed"
"""What is observed: its worker died of it, once or too often; the engine doesn't take it; it failed with lines."""
NO_TRUTH: Final = ProgramProblem(
    1, 1, 'must end in what is true or false for every line, such as contains(string!(.message), "timeout")'
)
_TRUE, _FAILED = b"true", b"!"
_encode = msgspec.json.Encoder().encode


def problem_of(predicate: str, sandbox: Sandbox) -> ProgramProblem | None:
    """Return what is wrong with a predicate, ``None`` if nothing is. Raises as ``programs.check.check``."""
    found = check(predicate, sandbox)
    if found:
        return found
    try:
        return NO_TRUTH if sandbox.compile_error(_program(predicate)) else None
    except ProgramKilledError:
        return NO_TRUTH


@dataclass(frozen=True, slots=True)
class LineMatcher:
    """Finds the lines that a rule is about. Shared by all threads.

    :param observe: what went wrong with a rule's predicate, and with how many lines.
    """

    observe: Callable[[AlertRule, str, int], None]
    sandbox: Callable[[], Sandbox] = host_sandbox
    _lock: threading.Lock = field(default_factory=scheduling.lock)
    _kills: BoundedMap[str, int] = field(default_factory=lambda: BoundedMap(TENANTS_REMEMBERED))

    def matching(self, rule: AlertRule, lines: Sequence[LineCopy]) -> list[LineCopy]:
        """Return the lines that a rule is about.

        A predicate that can't run holds for none: it is a tenant's own, and nobody else's lines wait for it.

        :raises runtime.errors.RetryableError: it couldn't be found out, and the rule isn't at fault.
        """
        found = [line for line in lines if rule.matches(line)]
        if rule.predicate is None or not found:
            return found
        with self._lock:
            kills = self._kills.get(rule.predicate, 0)
        if kills >= MAX_KILLS or refused(rule.predicate):
            self.observe(rule, SWITCHED_OFF if kills >= MAX_KILLS else REFUSED, len(found))
            return []
        try:
            return self._asked(rule, rule.predicate, found)
        except ProgramKilledError:
            with self._lock:
                self._kills[rule.predicate] = kills + 1
            self.observe(rule, KILLED, len(found))
            return []
        except EngineMissingError as error:
            raise RetryableError("program-engine-missing", "the engine of predicates isn't installed here") from error
        except (WorkerLostError, TimeoutError) as error:
            raise RetryableError("program-worker-lost", "the predicate's worker was lost, or had no time") from error

    def _asked(self, rule: AlertRule, predicate: str, lines: Sequence[LineCopy]) -> list[LineCopy]:
        seen = b"\n".join(_encode(_event(line)) for line in lines)
        answer = self.sandbox().run(_program(predicate), seen, len(lines), SECONDS)
        verdicts = answer.text.split(b"\n")
        if answer.error or len(verdicts) != len(lines):
            self.observe(rule, REFUSED, len(lines))
            return []
        failed = sum(each.startswith(_FAILED) for each in verdicts)
        if failed:
            self.observe(rule, FAILED, failed)
        return [line for line, verdict in zip(lines, verdicts, strict=True) if verdict == _TRUE]


def _program(predicate: str) -> str:
    """Return a program whose result is the predicate's; it compiles only where that is a truth for every event."""
    return f"if {{\n{predicate}\n}} {{ . = true }} else {{ . = false }}"


def _event(line: LineCopy) -> dict[str, object]:
    return {
        "timestamp": line.time_ms,
        "message": line.message,
        "level": line.level,
        "application": line.application,
        "pod_name": line.pod_name,
        "cluster_id": line.cluster_id,
    }
