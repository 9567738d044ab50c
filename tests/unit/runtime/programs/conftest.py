"""The worker process of these tests: one for all of them, ended after the last."""

import pytest

from runtime.programs.sandbox import Sandbox, find_engine


@pytest.fixture(scope="session")
def sandbox():
    """A worker; a test that kills it gets another one with the next request."""
    engine = find_engine()
    assert engine is not None
    sandbox = Sandbox(engine)
    yield sandbox
    sandbox.close()
