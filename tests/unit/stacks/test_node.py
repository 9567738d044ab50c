"""A Node that isn't there or doesn't start, seen from the commands that need it."""

import os
import subprocess
import sys

import pytest

from tests.unit.tracked import ROOT

WORDS = "libc.so.6: version `GLIBC_2.99' not found"


@pytest.fixture
def broken(tmp_path):
    """A folder with a Node that refuses to start."""
    (tmp_path / "node").write_text(f'#!/bin/sh\necho "node: {WORDS.replace("`", chr(92) + "`")}" >&2\nexit 127\n')
    (tmp_path / "node").chmod(0o755)
    return tmp_path


def synthesize(path):
    """Run the app with that PATH, with no assembly kept from an earlier time."""
    environment = {
        **os.environ,
        "PATH": str(path),
        "CDK_DEFAULT_ACCOUNT": "111111111111",
        "CDK_DEFAULT_REGION": "eu-west-1",
    }
    environment.pop("CDK_OUTDIR", None)
    return subprocess.run(
        [sys.executable, ROOT / "app.py"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_a_node_that_refuses_is_quoted(broken):
    """Who has a broken Node would be shown a JSONDecodeError."""
    done = synthesize(broken)
    assert done.returncode == 1
    assert "ended with status 127" in done.stderr
    assert WORDS in done.stderr
    assert "Node 22 or newer" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_node_at_all_is_said(tmp_path):
    """Who has no Node would be shown a traceback of somebody else's library."""
    done = synthesize(tmp_path)
    assert (done.returncode, "`node` can't be started" in done.stderr, "Traceback" in done.stderr) == (1, True, False)
