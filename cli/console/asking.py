"""Asks AWS and the API in threads, and writes down in words what they refuse.

One question is asked once at a time, however many pages wait for its answer: a slow API gets no second call of it.
"""

import asyncio
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

from cli.client import Client
from cli.exit_status import ExitStatus
from cli.operation.sources import Sources
from cli.options import ConnectionOptions
from cli.problems import failure_of

THREADS: Final = 16
PATIENCE_SECONDS: Final = 12.0
"""How long a page waits. An answer that takes longer is there when the page asks again."""
FRESH_SECONDS: Final = 2.0
"""So long an answer is given again: to each of several open pages."""

TITLES: Final = {
    ExitStatus.DENIED: "Your credentials don't allow this",
    ExitStatus.NOT_FOUND: "Not found",
    ExitStatus.UNAVAILABLE: "No answer",
    ExitStatus.INTERNAL: "The console failed here",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something can't be shown. ``kind``: the exit status that a command would have, by name."""

    kind: str
    title: str
    text: str


def refusal_of(error: Exception, options: ConnectionOptions) -> Refusal:
    """Return what an exception means to the person who looks."""
    if isinstance(error, TimeoutError):
        text = f"Nothing came within {PATIENCE_SECONDS:.0f} seconds. The page goes on asking."
        return Refusal("slow", "Still waiting", text)
    failure = failure_of(error, options)
    return Refusal(failure.status.name.lower(), TITLES.get(failure.status, "Refused"), failure.text)


@dataclass(frozen=True, slots=True)
class _Asked:
    task: "asyncio.Task[Any]"
    at: float


@dataclass(slots=True)
class Questions:
    """The caller's view of one installation. ``client``: the API; ``sources``: the central account's own resources."""

    client: Client
    sources: Sources
    options: ConnectionOptions
    _asked: dict[Hashable, _Asked] = field(default_factory=dict)
    _threads: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(THREADS, "console"))

    async def ask[T](self, which: Hashable, question: Callable[[], T]) -> T:
        """Return the answer; what the question raises is raised.

        :param which: names the question, with all that its answer depends on.
        :raises TimeoutError: none came in time; it is still waited for, and asked for again under the same name.
        """
        loop = asyncio.get_running_loop()
        known = self._asked.get(which)
        if known is None or (known.task.done() and loop.time() - known.at > FRESH_SECONDS):
            self._forget(loop.time())
            known = _Asked(loop.create_task(self._run(question)), loop.time())
            known.task.add_done_callback(_retrieve)
            self._asked[which] = known
        answer: T = await asyncio.wait_for(asyncio.shield(known.task), PATIENCE_SECONDS)
        return answer

    async def change[T](self, change: Callable[[], T]) -> T:
        """Make a change, and forget what was answered before it."""
        try:
            return await self._run(change)
        finally:
            self._asked.clear()

    async def _run[T](self, question: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, question)

    def _forget(self, now: float) -> None:
        for which, asked in [*self._asked.items()]:
            if asked.task.done() and now - asked.at > FRESH_SECONDS:
                del self._asked[which]


def _retrieve(task: "asyncio.Task[Any]") -> None:
    """Take a failure that nobody waits for any more: asyncio would print it with its traceback."""
    if not task.cancelled():
        task.exception()
