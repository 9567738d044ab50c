"""Time budgets."""

from runtime.time_budget import TimeBudget


def test_a_budget_runs_out_once():
    """A delivery would begin a batch that the host interrupts."""
    now = [10.0]
    budget = TimeBudget.of_seconds(5, lambda: now[0], settle_seconds=2)
    assert (budget.remaining(), budget.overrun()) == (5, 0)
    assert budget.allows(4.9)
    assert not budget.allows(5)
    now[0] = 16.0
    assert (budget.remaining(), budget.overrun()) == (0, 1)


def test_a_host_that_is_told_to_stop_shortens_running_budgets():
    """A pod that is shut down would be killed in the middle of its deliveries."""
    stop_by = [float("inf")]
    budget = TimeBudget.of_seconds(600, lambda: 100.0, stop_by=lambda: stop_by[0])
    assert budget.remaining() == 600
    stop_by[0] = 130.0
    assert budget.remaining() == 30
    stop_by[0] = 90.0
    assert (budget.remaining(), budget.overrun()) == (0, 10)


def test_a_share_leaves_the_rest_to_others():
    """One large object would leave the other messages of its batch no time to be begun."""
    budget = TimeBudget.of_seconds(90, lambda: 10.0, settle_seconds=2)
    assert budget.share(3).remaining() == 30
    assert budget.share(1) == budget


def test_a_stop_never_lengthens_a_budget():
    """Lambda's own deadline would be overrun."""
    assert TimeBudget.of_seconds(5, lambda: 0.0, stop_by=lambda: 60.0).remaining() == 5
