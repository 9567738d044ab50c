"""What a user agrees to."""

from rich.console import Console

from local.verification.plan import expected_dollars, plan_table
from local.verification.record import Made


def test_the_plan_names_every_stack(tmp_path):
    """Something would be made that nobody agreed to."""
    stacks = [("111111111111", "Toolkit"), ("111111111111", "LogRouterApi"), ("222222222222", "LogRouterCustomer")]
    console = Console(width=200, record=True)
    console.print(plan_table(Made("us-east-1", "111111111111", stacks, [], ""), tmp_path))
    shown = console.export_text()
    assert all(account in shown and name in shown for account, name in stacks)


def test_the_recorded_logs_cost_about_a_cent():
    """A user would be told of nothing, or be frightened away."""
    assert 0.005 < expected_dollars() < 0.05
