"""The time limit of every test, in a run of its own with limits of a second."""

import re
import subprocess
import sys

import pytest

from tests.unit.test_project import ROOT

HANGING = """
import signal, threading

def test_waits():
    threading.Event().wait()

def test_waits_and_hears_no_signal():
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
    threading.Event().wait()

def test_after_them():
    pass
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Return what a run of tests that hang prints, under the project's own configuration."""
    folder = tmp_path_factory.mktemp("hanging")
    (folder / "test_hanging.py").write_text(HANGING)
    options = ["--timeout=1", "--override-ini=faulthandler_timeout=3", "--numprocesses=1", "--no-cov"]
    configuration = [f"--config-file={ROOT / 'pyproject.toml'}", f"--rootdir={folder}", "-p", "tests.conftest"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *configuration, *options, str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_test_that_hangs_fails_with_its_stack(run):
    """A test that hangs would hold up the run until CI ends it, and nobody would learn which test it was."""
    assert re.search(r"^FAILED \S*test_hanging.py::test_waits( |$)", run.stdout, re.MULTILINE)
    assert "Failed: Timeout (>1.0s)" in run.stdout
    assert ">       threading.Event().wait()" in run.stdout


def test_a_test_that_no_signal_reaches_ends_with_its_worker(run):
    """A test that hangs in C code would hold up the run in spite of its limit."""
    assert "crashed while running 'test_hanging.py::test_waits_and_hears_no_signal'" in run.stdout
    assert "in test_waits_and_hears_no_signal" in run.stderr


def test_a_dead_workers_test_is_not_run_again(run):
    """A test that ends its worker would be given to the next one, and end all of them, one after the other."""
    assert "2 failed, 1 passed" in run.stdout


def test_the_limits_stand_in_this_order():
    """A worker that is ended before its test's own limit would leave no failure to read."""
    options = (ROOT / "pyproject.toml").read_text()
    limit, last = (
        float(re.search(rf"^{name} = (\d+)$", options, re.MULTILINE)[1]) for name in ("timeout", "faulthandler_timeout")
    )
    assert 0 < limit < last
