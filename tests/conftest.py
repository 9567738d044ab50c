"""What holds for every test run: how tests are spread over workers, what is generated, and where Node is."""

import logging
import random

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from local.toolchain.node import put_node_on_path
from tests.heartbeat import Heartbeat

DEPLOYED = "tests/e2e/"
"""These tests share one deployment of the whole system, and switch parts of it off and on: one worker runs them."""


class OneWorkerForTheDeployedSystem(LoadScopeScheduling):
    """Every test goes to whichever worker is free, but those of a group (``xdist_group``) to the same one.

    All that need the deployed system are a group by where they lie.
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(DEPLOYED):
            return DEPLOYED
        group = nodeid.rfind("@")  # pytest-xdist appends it; an "@" inside brackets is a parameter's
        return nodeid[group + 1 :] if group > nodeid.rfind("]") else nodeid

    def remove_node(self, node):
        """Return the test that a dead worker ran, or None; the next worker gets what is left.

        Not that test, which would end the next worker as well; and no scope that is done: pytest-xdist 3.8 hands those
        out again, and a worker that is given an empty one waits for ever.
        """
        work = self.assigned_work[node]
        crashed = next((test for tests in work.values() for test, ended in tests.items() if not ended), None)
        for scope, tests in list(work.items()):
            if crashed in tests:
                tests[crashed] = True
            if all(tests.values()):
                del work[scope]
        super().remove_node(node)
        return crashed


def pytest_xdist_make_scheduler(config, log):
    """Return the scheduler for ``-n``."""
    return OneWorkerForTheDeployedSystem(config, log)


def pytest_configure(config: pytest.Config) -> None:
    """Let the CDK's library find Node, also on a machine that has none of its own; make generated cases the same."""
    put_node_on_path()
    # The same cases in each run, however busy the machine is: `make fuzz` is what looks for new ones.
    settings.register_profile("suite", derandomize=True, deadline=None)
    settings.load_profile("suite")
    if config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):  # tests would capture it
        config.pluginmanager.register(Heartbeat(lambda text: config.get_terminal_writer().line(text)))


LONGEST_NAME = 80
"""Characters of a value that stands in a test's name; a longer one may be made of the time, or of something random."""


def pytest_make_parametrize_id(val, argname):
    """Name a long text by its parameter: workers that name one test differently can't share the tests at all."""
    return argname if isinstance(val, str | bytes) and len(val) > LONGEST_NAME else None


@pytest.fixture(autouse=True)
def own_dice(request):
    """Let the code under test draw the same numbers in each run of a test: what fails once fails again.

    By name, not one seed for all: a sum of draws that is lucky in one test would be lucky in every one.
    """
    random.seed(request.node.nodeid)


@pytest.fixture(autouse=True)
def own_log():
    """Undo what a host under test does to the process's log: later tests would find its lines in their output."""
    logger = logging.getLogger("logrouter")
    level, propagate, handlers = logger.level, logger.propagate, logger.handlers
    yield
    logger.setLevel(level)
    logger.propagate, logger.handlers = propagate, handlers
