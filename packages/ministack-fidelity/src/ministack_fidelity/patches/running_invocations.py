"""An invocation that runs while its function is updated ends with the code it began with.

The emulator kills it: its queue message would come back after the visibility timeout, for no reason that AWS has.
Source: Lambda developer guide, "Updating function code": requests in flight are served by the version that took them.
"""

import threading
import time
from typing import Any

from ministack_fidelity.patching import Function, Target, wrap

UPDATES = tuple(
    Target("ministack.services.lambda_svc", name, ("name", "data")) for name in ("_update_code", "_update_config")
)
KILL = Target("ministack.core.lambda_runtime", "kill_workers", ("workers",))
LONGEST_INVOCATION_SECONDS = 900.0
"""Lambda quotas, function timeout."""

_here = threading.local()


def apply() -> None:
    """Let an update kill idle workers at once, and each busy one when it has answered."""
    for target in UPDATES:
        wrap(target, _marked)
    wrap(KILL, _after_its_answer)


def _marked(original: Function) -> Function:
    def update(name: str, data: dict[str, Any]) -> Any:
        _here.updating = True
        try:
            return original(name, data)
        finally:
            _here.updating = False

    return update


def _after_its_answer(original: Function) -> Function:
    def kill_workers(workers: Any) -> None:
        found = [worker for worker in workers if worker is not None]
        busy = [worker for worker in found if getattr(_here, "updating", False) and worker.in_use]
        original([worker for worker in found if worker not in busy])
        for worker in busy:
            threading.Thread(target=_kill_when_idle, args=(original, worker), daemon=True).start()

    return kill_workers


def _kill_when_idle(original: Function, worker: Any) -> None:
    deadline = time.monotonic() + LONGEST_INVOCATION_SECONDS
    while worker.in_use and time.monotonic() < deadline:
        time.sleep(0.05)
    original([worker])
