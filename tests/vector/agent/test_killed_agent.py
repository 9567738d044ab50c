"""The agent killed with a real Vector inside, where ``vector`` is on PATH."""

import pytest

from benchmarks.agent_kills import killed
from benchmarks.agent_run import BINARY

pytestmark = [pytest.mark.vector, pytest.mark.skipif(BINARY is None, reason="no vector on PATH")]


def test_a_killed_agent_loses_no_line_and_doubles_only_the_last_seconds(tmp_path):
    """Broken: lines between source and buffer die with the process, or each kill reads all files anew."""
    outcome = killed(3, tmp_path, apart=(4.0, 6.0), KEEP_SECONDS="1")
    assert outcome.lost == 0
    assert 0 < outcome.doubled < outcome.written / 2
