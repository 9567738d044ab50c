"""However a demo ends, no process of it is left."""

import os
import signal
import subprocess
import sys
from functools import partial

import psutil
import pytest

from local.paths import ROOT
from local.waiting import wait_until
from ministack_fidelity.processes import members
from ministack_fidelity.server import Server

pytestmark = pytest.mark.embedded


@pytest.fixture
def demo(tmp_path):
    """A demo that has started its cloud and is deploying, with the cloud's server."""
    environment = {**os.environ, "COVERAGE_PROCESS_START": ""}
    process = subprocess.Popen(
        [sys.executable, "-m", "local", "demo", "--home", tmp_path / "demo"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
        # A run in the background ignores the signal, and its children would.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - only sets a flag
    )
    try:
        wait_until(
            (tmp_path / "demo" / "logs" / "bootstrap-111111111111.log").exists,
            what="the deployment",
            timeout_seconds=60,
        )
        yield process, Server.load(tmp_path / "demo")
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("signal_number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demo_leaves_no_process(demo, signal_number):
    """Ctrl-C, or a CI job that is cancelled, would leave an emulator and `cdk` running."""
    process, server = demo
    process.send_signal(signal_number)
    assert process.wait(30) != 0
    assert members(server.pid) == []
    assert running_with(server.home) == []


def test_a_killed_demo_takes_its_cloud_along(demo):
    """A demo that is killed for want of memory would leave its emulator running for ever."""
    process, server = demo
    process.kill()
    process.wait()
    wait_until(lambda: not server.processes(), what="the cloud to end", timeout_seconds=10)


def running_with(mark):
    """Return the ids of all running processes that have ``mark`` in their command line."""
    found = [process.info for process in psutil.process_iter(["pid", "status", "cmdline"])]
    running = [info for info in found if info["status"] != psutil.STATUS_ZOMBIE]
    return [info["pid"] for info in running if any(mark in word for word in info["cmdline"] or ())]
