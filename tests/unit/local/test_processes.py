"""Processes are ended with everything they started."""

import os
import sys
from pathlib import Path

import pytest

from local import processes
from local.processes import CommandFailedError, command_line, end_group, members, run
from local.waiting import wait_until

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
        process = processes.subprocess.Popen(command, stdout=processes.subprocess.PIPE, start_new_session=True)
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


def test_a_command_leaves_nothing_running(tmp_path):
    """What `cdk` leaves in the background would outlive it."""
    run([sys.executable, "-c", FAMILY.replace("child.wait()", "")], log=tmp_path / "log", env=os.environ, cwd=tmp_path)
    assert command_line(int((tmp_path / "log").read_text())) == ""


def test_a_failed_command_shows_the_end_of_its_output(tmp_path):
    """A failed deployment would say nothing but a status."""
    code = "print('reason'); raise SystemExit(3)"
    with pytest.raises(CommandFailedError, match=r"status 3(?s:.*)reason"):
        run([sys.executable, "-c", code], log=tmp_path / "logs" / "log", env=os.environ, cwd=tmp_path)


def test_commands_of_other_threads_can_be_ended(tmp_path):
    """Ctrl-C would wait for every `cdk` that still runs in a thread."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor() as pool:
        code = "import signal; signal.pause()"
        command = pool.submit(run, [sys.executable, "-c", code], log=tmp_path / "log", env=os.environ, cwd=tmp_path)
        wait_until(lambda: processes._commands, what="the command to start", timeout_seconds=10)
        processes.end_commands()
        with pytest.raises(CommandFailedError):
            command.result(timeout=10)


def test_a_command_line_is_this_processs():
    """A stale pid file could point at someone else's process, which would be ended."""
    assert Path(sys.executable).name in command_line(os.getpid()) or "pytest" in command_line(os.getpid())
