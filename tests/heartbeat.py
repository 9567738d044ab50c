"""A test run says every ten seconds that it goes on, where nothing else does: in CI a silent job is ended.

Collecting, or the start of the embedded cloud, takes longer than that.
"""

import threading
from collections.abc import Callable
from typing import Final

import pytest

SAY_SECONDS: Final = 10.0


class Heartbeat:
    """A plugin of the process that reports. ``say``: writes a line."""

    def __init__(self, say: Callable[[str], object], say_seconds: float = SAY_SECONDS) -> None:
        self._say = say
        self._say_seconds = say_seconds
        self._reported = threading.Event()
        self._ended = threading.Event()
        self._seconds = 0.0

    def pytest_sessionstart(self) -> None:
        """Begin."""
        threading.Thread(target=self.beat, daemon=True).start()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note that a test has said something itself."""
        del report
        self._reported.set()

    def pytest_sessionfinish(self) -> None:
        """End."""
        self._ended.set()

    def beat(self) -> None:
        """Say it until the end."""
        while not self._ended.wait(self._say_seconds):
            self._seconds += self._say_seconds
            if not self._reported.is_set():
                self._say(f"… {self._seconds:.0f} s: no test has ended in the last {self._say_seconds:.0f} s")
            self._reported.clear()
