"""Commands are run to their end, with everything they started."""

import os
import sys

import psutil
import pytest

from local import processes
from local.processes import CommandFailedError, command_threads, run
from local.waiting import wait_until


def test_a_command_leaves_nothing_running(tmp_path):
    """What `cdk` leaves in the background would outlive it."""
    code = "import subprocess; print(subprocess.Popen(['sleep', '60']).pid)"
    run([sys.executable, "-c", code], log=tmp_path / "log", env=os.environ, cwd=tmp_path)
    left = int((tmp_path / "log").read_text())
    assert not psutil.pid_exists(left) or psutil.Process(left).status() == psutil.STATUS_ZOMBIE


def test_a_failed_command_shows_the_end_of_its_output(tmp_path):
    """A failed deployment would say nothing but a status."""
    code = "print('reason'); raise SystemExit(3)"
    with pytest.raises(CommandFailedError, match=r"status 3(?s:.*)reason"):
        run([sys.executable, "-c", code], log=tmp_path / "logs" / "log", env=os.environ, cwd=tmp_path)


def test_a_failure_ends_the_commands_of_all_threads(tmp_path):
    """Ctrl-C would wait for every `cdk` that still runs in a thread, or that one starts just then."""
    command = [sys.executable, "-c", "import signal; signal.pause()"]

    def start(log, begin=None):
        if begin:
            begin.wait()
        run(command, log=tmp_path / log, env=os.environ, cwd=tmp_path)

    with pytest.raises(KeyboardInterrupt), command_threads() as pool:  # noqa: PT012 - the block is what is interrupted
        started = [pool.submit(start, "running"), pool.submit(start, "late", processes._interrupted)]
        wait_until(lambda: processes._commands, what="the command to start", timeout_seconds=10)
        raise KeyboardInterrupt
    assert [type(one.exception()) for one in started] == [CommandFailedError, CommandFailedError]
    run([sys.executable, "-c", ""], log=tmp_path / "next", env=os.environ, cwd=tmp_path)
