"""The fixtures of the console's tests."""

import pytest

from tests.unit.cli.console.console_scene import ConsoleScene
from tests.unit.runtime.aws_world import recording_clients

__all__ = ["recording_clients"]


@pytest.fixture
def scene(clients):
    """An installation, and the console on it."""
    return ConsoleScene(clients)


@pytest.fixture
def browser(scene):
    """A browser with the session's cookie."""
    with scene.browser() as opened:
        yield opened
