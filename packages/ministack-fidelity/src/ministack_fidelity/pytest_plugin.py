"""Fixtures for tests that need AWS on loopback: one emulator a test session (with pytest-xdist, a worker)."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ministack_fidelity.server import Server, start

ACCOUNT, REGION = "111111111111", "us-east-1"


@pytest.fixture(scope="session")
def ministack_python() -> str | Path:
    """Return the interpreter that has MiniStack. Override it where MiniStack has an environment of its own."""
    return sys.executable


@pytest.fixture(scope="session")
def ministack(ministack_python: str | Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Yield a running emulator without any resource in it."""
    home = tmp_path_factory.mktemp("ministack")
    server, process = start(home, account=ACCOUNT, region=REGION, python=ministack_python)
    try:
        yield server
    finally:
        server.end(process)
