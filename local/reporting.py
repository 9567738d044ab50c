"""What a person sees: steps while they run, tables at the end."""

import threading
import time
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from rich import box
from rich.console import Console
from rich.table import Table

from local.accounting.comparison import Count

if TYPE_CHECKING:
    from rich.status import Status

console = Console()


SAY_SECONDS: Final = 10.0
"""Nobody who reads a log, of CI or of a file, waits longer than this without a word."""


REPAINTS: Final = 4.0
"""A second: a recording of the terminal, or a log of it, isn't filled with them."""


class Steps:
    """One line a step: a spinner while it runs, its seconds when it is done. Used with ``with``.

    Where the output is no terminal, a step that takes long reports how far it is every ``say_seconds``.
    """

    def __init__(self, say_seconds: float = SAY_SECONDS) -> None:
        self._status: Status | None = None
        self._text = self._detail = ""
        self._begun = 0.0
        self._say_seconds = say_seconds
        self._ended = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end(mark="[green]✓[/]" if kind is None else "[red]✗[/]")

    def begin(self, text: str) -> None:
        """End the step before, if any, and begin this one."""
        self._end(mark="[green]✓[/]")
        self._text, self._detail, self._begun = text, "", time.monotonic()
        self._status = console.status(text, refresh_per_second=REPAINTS)
        self._status.start()
        if not console.is_terminal:
            self._ended = threading.Event()
            threading.Thread(target=self._say, args=(self._ended, text, self._begun), daemon=True).start()

    def update(self, detail: str) -> None:
        """Show how far the step is."""
        self._detail = detail
        if self._status is not None:
            self._status.update(f"{self._text}: {detail}")

    def _say(self, ended: threading.Event, text: str, begun: float) -> None:
        """Print that a step goes on, until it ends."""
        while not ended.wait(self._say_seconds):
            detail = f": {self._detail}" if self._detail else ""
            console.print(f"… {time.monotonic() - begun:5.1f} s  {text}{detail}", highlight=False, markup=False)

    def _end(self, *, mark: str) -> None:
        self._ended.set()
        if self._status is not None:
            self._status.stop()
            console.print(f"{mark} {time.monotonic() - self._begun:5.1f} s  {self._text}", highlight=False)
            self._status = None


def print_counts(counts: Iterable[Count]) -> None:
    """Print a row for each delivery config, and the delivered records by application below it. Fits 80 columns."""
    table = Table(title="Records: split events joined", box=box.SIMPLE_HEAD, padding=(0, 0, 0, 1))
    table.add_column("delivery", no_wrap=True)
    for name in ("expected", "delivered", "set\naside", "left\nout", "lost", "doubled"):
        table.add_column(name, justify="right", vertical="bottom")
    for count in counts:
        numbers = (count.expected, count.delivered, count.set_aside, count.left_out, count.lost, count.doubled)
        style = "bold" if count.complete else "bold red"
        table.add_row(f"{count.tenant_id} {count.type}", *map(_grouped, numbers), style=style)
        for application, delivered in sorted(count.applications.items()):
            table.add_row(f"  {application}", "", _grouped(delivered), style="dim")
    console.print(table)
    console.print("left out: empty events, which CloudWatch rejects", style="dim")


def _grouped(number: int) -> str:
    return f"{number:,}"
