"""The agent's benchmark where Vector refuses: it says so in Vector's words."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from benchmarks import agent_run
from benchmarks.agent_run import AgentFailedError, agent, wait_until


def test_a_vector_that_refuses_is_heard(tmp_path, monkeypatch):
    """Who starts the benchmark with another Vector would read of a time-out, and not what it lacks."""
    refuses = [sys.executable, "-c", "import sys; sys.exit('undefined function: parse_klog')"]
    start = subprocess.Popen
    monkeypatch.setattr(agent_run.subprocess, "Popen", lambda _, **options: start(refuses, **options))
    endpoints = SimpleNamespace(url="http://127.0.0.1:1")
    with (
        pytest.raises(AgentFailedError, match=r"ended with status 1(.|\n)*undefined function: parse_klog(.|\n)*0\.58"),
        agent(tmp_path, endpoints) as process,
    ):
        wait_until(lambda: False, process, 30)
