"""Process groups are ended with everything they started."""

import subprocess
import sys

import pytest

from ministack_fidelity import processes
from ministack_fidelity.processes import end_group, members

FAMILY = """
import os, signal, subprocess, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN if "stubborn" in sys.argv else signal.SIG_DFL)
child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
print(child.pid, flush=True)
child.wait()
"""


@pytest.fixture
def start_family():
    """Start a process with a child of its own; both are ended after the test."""
    started = []

    def start(*arguments):
        command = [sys.executable, "-c", FAMILY, *arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
        started.append(process)
        assert int(process.stdout.readline())
        return process

    yield start
    for process in started:
        end_group(process.pid, process)
        process.stdout.close()


@pytest.mark.parametrize("arguments", [(), ("stubborn",)])
def test_a_group_ends_with_its_children(start_family, arguments, monkeypatch):
    """A worker of a function would outlive the embedded cloud, also one that ignores being asked."""
    monkeypatch.setattr(processes, "GRACE_SECONDS", 0.3)
    process = start_family(*arguments)
    assert len(members(process.pid)) == 2
    end_group(process.pid, process)
    assert members(process.pid) == []


def test_ending_what_has_ended_is_nothing(start_family):
    """`down` would fail after the cloud ended by itself."""
    process = start_family()
    end_group(process.pid, process)
    end_group(process.pid, process)
