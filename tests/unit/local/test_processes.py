"""Commands are run to their end, with everything they started."""

import os
import sys

import psutil
import pytest

from local import processes
from local.processes import CommandFailedError, run
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
