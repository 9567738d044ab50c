"""The operator's command as tests run it: in this process, against the embedded cloud."""

import os
import time
from contextlib import contextmanager

from typer.testing import CliRunner

from cli.main import app

SECONDS = 10.0
"""How long any answer may take."""


def logrouter(cloud, *arguments, status=0):
    """Run a command; return what it printed. A status of ``None``: whichever."""
    begun = time.monotonic()
    with _environment_as_it_was():
        words = ["--local", "--environment", str(cloud.home / "environment.json"), *arguments]
        done = CliRunner().invoke(app, words, env={"LOGROUTER_FORCE_TTY": "100"})
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert status in (None, done.exit_code), done.output
    assert time.monotonic() - begun < SECONDS
    return done.stdout


@contextmanager
def _environment_as_it_was():
    """Undo what the command sets for the SDK: in a process of its own nobody would notice."""
    before = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
