"""What a person sees of steps: also where the output is no terminal, as in CI."""

import io
import threading

import pytest
from rich.console import Console

from local import reporting
from local.reporting import Steps


class Said(io.StringIO):
    """Text that tells when something is in it."""

    def __init__(self, wanted):
        super().__init__()
        self.wanted, self.found = wanted, threading.Event()

    def write(self, text):
        written = super().write(text)
        if self.wanted in self.getvalue():
            self.found.set()
        return written


@pytest.fixture
def said(monkeypatch):
    """A log that waits for the third message of a step that goes on."""
    made = Said("…")
    monkeypatch.setattr(reporting, "console", Console(file=made, width=200))
    return made


def test_a_long_step_is_not_silent_in_a_log(said):
    """CI would end a job that says nothing, and a reader couldn't tell what hangs."""
    with Steps(say_seconds=0.001) as steps:
        steps.begin("deploying")
        steps.update("3 of 5 stacks")
        assert said.found.wait(10)
    lines = said.getvalue().splitlines()
    assert "deploying" in lines[0]
    assert "✓" in lines[-1]


def test_a_terminal_has_a_spinner_and_no_such_lines(said, monkeypatch):
    """A terminal would fill with lines that say the same."""
    monkeypatch.setattr(reporting, "console", Console(file=said, width=200, force_terminal=True))
    with Steps(say_seconds=0.001) as steps:
        steps.begin("deploying")
        assert not said.found.wait(0.05)
