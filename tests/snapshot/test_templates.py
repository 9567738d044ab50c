import json
import re
from pathlib import Path

import pytest

STACKS = (
    "LogRouterCentralRole",
    "LogRouterStorage-us-east-1",
    "LogRouterCollection-us-east-1",
    "LogRouterOutside-us-east-1",
    "LogRouterProcessing-us-east-1",
    "LogRouterApi-us-east-1",
    "LogRouterMonitoring-us-east-1",
    "LogRouterCustomer",
)

MASKS = (
    (r"[0-9a-f]{64}", "<asset hash>"),
    (r"(CurrentVersion)[0-9A-F]{8}[0-9a-f]{32}", r"\1<version hash>"),
)
"""What changes with the code that runs, not with the infrastructure."""

pytestmark = pytest.mark.xdist_group("snapshots")  # one synthesis, not one a worker


def masked(template):
    text = json.dumps(template)
    for pattern, mask in MASKS:
        text = re.sub(pattern, mask, text)
    return json.loads(text)


@pytest.mark.parametrize("stack", STACKS)
def test_a_template_changes_only_by_review(assembly, snapshot, stack):
    """A permission, a policy or a name would change in a deployment that nobody looked at."""
    assert masked(assembly.get_stack_by_name(stack).template) == snapshot


def test_every_stack_has_a_snapshot(assembly):
    """A new stack would be deployed unreviewed."""
    assert {stack.stack_name for stack in assembly.stacks} == set(STACKS)


def test_findings_are_acknowledged_only_by_review(assembly, snapshot):
    """A finding could be waved through beside a harmless change."""
    report = json.loads((Path(assembly.directory) / "validation-report.json").read_text())
    acknowledged = {
        f"{finding['acknowledgedId']} at {construct['constructPath']}": finding["reason"]
        for plugin in report["pluginReports"]
        for finding in plugin["suppressedViolations"]
        for construct in finding["violatingConstructs"]
    }
    assert acknowledged == snapshot


def test_a_changed_runtime_changes_no_snapshot():
    """Each edit of the processor would touch the snapshots, and reviews of them would become a habit."""
    template = {"FunctionCurrentVersion0A1B2C3D" + "0f" * 16: {"S3Key": "0a" * 32 + ".zip"}}
    assert masked(template) == {"FunctionCurrentVersion<version hash>": {"S3Key": "<asset hash>.zip"}}
