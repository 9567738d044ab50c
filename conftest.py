"""For every test, also those of `packages/`: where the emulator is installed."""

from pathlib import Path

import pytest

from local.emulator import emulator_python


@pytest.fixture(scope="session")
def ministack_python() -> Path:
    """Return the interpreter of the emulator's own environment."""
    return emulator_python()
