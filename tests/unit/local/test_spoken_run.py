"""A command that is silent for long."""

import sys

from local.spoken_run import run

WAITS = "import sys; sys.stdin.readline(); sys.exit(3)"


def test_it_is_said_that_a_silent_command_goes_on(capfd, monkeypatch):
    """CI would end a job that says nothing, and a reader couldn't tell what hangs; or a failure would be a success."""
    process = []

    def say(text, *, flush):
        (child,) = process
        assert flush
        if "checking the types" in text:
            child.stdin.write(b"\n")
            child.stdin.flush()

    import subprocess

    real = subprocess.Popen

    def popen(command):
        process.append(real(command, stdin=subprocess.PIPE))
        return process[0]

    monkeypatch.setattr("local.spoken_run.subprocess.Popen", popen)
    monkeypatch.setattr("builtins.print", say)
    assert run("checking the types", [sys.executable, "-c", WAITS], say_seconds=0.01) == 3
    process[0].stdin.close()


def test_a_quick_one_is_left_alone(capfd):
    """Each command's output would be followed by noise."""
    assert run("x", [sys.executable, "-c", "print('done')"]) == 0
    assert capfd.readouterr().out == "done\n"
