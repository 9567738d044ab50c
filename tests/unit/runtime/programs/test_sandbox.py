"""The worker process: what it may not do, when it is killed, and that the next request finds another one."""

import json
import math
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from runtime.programs import sandbox as module
from runtime.programs import worker
from runtime.programs.sandbox import ProgramKilledError, WorkerLostError, allowed_seconds
from tests.unit.runtime.programs.programs_that_harm import HARMFUL, NEVER_ENDS

EVENT = b'{"message":"hi","timestamp":1764000000120}'


def run(sandbox, program, lines=EVENT, events=1):
    """Run a program; return its results, a line each."""
    return sandbox.run(program, lines, events, 30.0).text.decode().split("\n")


def test_results_come_back_one_a_line(sandbox):
    """An event's result would be taken for another's."""
    lines = b"\n".join(b'{"message":"%d","timestamp":1764000000120}' % number for number in range(5))
    program = '.message = string!(.message) + "!"\nif .message == "3!" { abort }\nif .message == "4!" { . = [] }'
    results = run(sandbox, program, lines, 5)
    assert [json.loads(each)["message"] for each in results[:3]] == ["0!", "1!", "2!"]
    assert results[3:] == [worker.DROPPED, "[]"]


def test_the_time_is_a_timestamp(sandbox):
    """A program written for Vector would fail on a number."""
    program = '.message = format_timestamp!(.timestamp, "%F")'
    assert json.loads(run(sandbox, program)[0]) == {"message": "2025-11-24", "timestamp": "2025-11-24T16:00:00.120Z"}


@pytest.mark.parametrize(
    ("program", "begins"),
    [
        (".message = parse_json!(.message)", "!VRL error"),
        ("return .", "!" + worker.NO_RESULT),
        ('. = {"out": "{}", "more": 1}\nreturn .', "!" + worker.NO_RESULT),
        (". = 5", "5"),
    ],
)
def test_what_is_no_event_is_known_as_such(program, begins, sandbox):
    """A failed event would be delivered as one, or be lost."""
    (result,) = run(sandbox, program)
    assert result.startswith(begins)


def test_an_event_that_looks_like_a_failure_is_none(sandbox):
    """A line with the fields error and original would be counted as a failed one."""
    program = '. = {"error": "VRL aborted: no", "original": "x"}'
    assert json.loads(run(sandbox, program)[0]) == {"error": "VRL aborted: no", "original": "x"}


def test_results_too_large_for_the_parent_are_failures(sandbox):
    """A program that makes a megabyte of each line would take the memory of the function that serves everybody."""
    lines = b"\n".join([b'{"message":"%s","timestamp":1764000000120}' % (b"x" * 1000)] * 40)
    program = "m = string!(.message)\nm = m + m + m + m + m + m + m + m\n.message = m + m + m + m + m + m + m + m"
    program += "\nm = string!(.message)\n.message = m + m + m + m + m + m + m + m + m + m"
    results = run(sandbox, program, lines, 40)
    assert len(results) == 40
    assert worker.FAILED + worker.TOO_LARGE in results
    assert sum(map(len, results)) < worker.MAX_RESULTS + 10_000


@pytest.mark.parametrize("program", HARMFUL.values(), ids=HARMFUL)
def test_a_harmful_program_is_killed_and_the_next_one_runs(program, sandbox):
    """One customer's program would end the process that delivers everybody's logs, or stop it."""
    with pytest.raises(ProgramKilledError):
        run(sandbox, program)
    assert json.loads(run(sandbox, ".")[0])["message"] == "hi"


def test_a_worker_killed_from_outside_is_nobodys_fault(sandbox):
    """A machine short of memory would have a tenant's program switched off."""
    run(sandbox, ".")
    killer = threading.Timer(0.1, lambda: os.kill(sandbox.pid, signal.SIGKILL))
    killer.start()
    with pytest.raises(WorkerLostError):
        run(sandbox, NEVER_ENDS, b"\n".join([EVENT] * 9000), 9000)
    killer.join()
    assert json.loads(run(sandbox, ".")[0])["message"] == "hi"


def test_a_worker_that_gets_no_processor_time_is_not_blamed_on_the_program(sandbox, monkeypatch):
    """On a busy machine usual programs would be switched off one after another."""
    monkeypatch.setattr(module, "WALL_FACTOR", 1.0)
    run(sandbox, ".")
    os.kill(sandbox.pid, signal.SIGSTOP)
    with pytest.raises(WorkerLostError):
        run(sandbox, ".")


def test_who_has_no_time_waits_no_longer(sandbox):
    """A delivery would outlive its function's deadline for a program."""
    with pytest.raises(TimeoutError):
        sandbox.run(NEVER_ENDS, EVENT, 5000, 0.05)
    assert allowed_seconds(5000) > 1


def test_who_has_all_the_time_is_answered(sandbox):
    """A delivery by hand, whose budget has no end, would fail on a lock's time-out."""
    assert sandbox.run(".", EVENT, 1, math.inf).text


def test_the_worker_holds_nothing_of_its_parent(sandbox, monkeypatch):
    """A program that broke out of the engine would find the processor's credentials and sockets."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    sandbox.close()
    run(sandbox, ".")
    process = Path(f"/proc/{sandbox.pid}")
    assert b"AWS" not in (process / "environ").read_bytes()
    assert {each.name for each in (process / "fd").iterdir()} == {"0", "1", "2"}
    limits = {line[:26].strip(): line[26:].split()[:2] for line in (process / "limits").read_text().splitlines()}
    assert limits["Max open files"] == ["3", "3"]
    assert limits["Max address space"] == [str(worker.MEMORY_BYTES)] * 2
    assert limits["Max processes"] == limits["Max file size"] == limits["Max core file size"] == ["0", "0"]


def test_without_a_descriptor_there_is_no_file_and_no_socket():
    """The limit on descriptors, on which it rests that a worker has no network, would hold nothing off."""
    tries = f"""
import runpy, socket
worker = runpy.run_path({worker.__file__!r})
worker["_confine"]()
for attempt in (lambda: open("/etc/hosts"), socket.socket):
    try:
        attempt()
    except (OSError, ValueError) as error:
        print(type(error).__name__)
    else:
        print("open")
"""
    found = subprocess.run([sys.executable, "-I", "-S", "-c", tries], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["OSError", "OSError"]
