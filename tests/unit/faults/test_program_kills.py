"""The worker of programs killed at random points: the short version of ``python -m tests.faults.program_kills``."""

from tests.faults.program_kills import kill_workers


def test_a_killed_worker_loses_and_doubles_no_event():
    """What was in a worker when it was killed would be gone, or be delivered twice."""
    report = kill_workers(12, 7)
    assert report.kills == 12
    assert (report.lost, report.doubled) == (0, 0)
    assert report.sent > 0
