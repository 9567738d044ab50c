"""Runs of the whole runtime in simulated time: coverage isn't counted during them."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out the counting, which doubles their time: what they run has unit tests that it counts."""
    for item in items:
        if item.path.is_relative_to(FOLDER):
            item.add_marker(pytest.mark.no_cover)
