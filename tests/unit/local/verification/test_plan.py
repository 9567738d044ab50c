"""What a user agrees to."""

import json

import pytest
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


def test_the_recorded_logs_cost_about_a_cent_and_alarms_by_the_hour(tmp_path):
    """A user would see nothing of the costs, or be frightened away."""
    resources = {str(number): {"Type": "AWS::CloudWatch::Alarm"} for number in range(73)}
    for name, found in (("One", {}), ("Two", resources)):
        (tmp_path / name).mkdir()
        artifact = {"type": "aws:cloudformation:stack", "properties": {"templateFile": "x.json"}}
        (tmp_path / name / "manifest.json").write_text(json.dumps({"artifacts": {"One": artifact}}))
        (tmp_path / name / "x.json").write_text(json.dumps({"Resources": found}))
    logs, with_alarms = (expected_dollars(tmp_path / name) for name in ("One", "Two"))
    assert 0.005 < logs < 0.05
    assert with_alarms - logs == pytest.approx(73 * 0.10 / 730)
