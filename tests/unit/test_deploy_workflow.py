"""Deployment from GitHub Actions, by example: no stored keys, a diff for a pull request, a deployment for a merge."""

import shutil
import subprocess

import pytest
import yaml

from tests.unit.tracked import ROOT

FILE = ROOT / "examples" / "deploy-workflow.yml"
WORKFLOW = yaml.safe_load(FILE.read_text())
JOBS = WORKFLOW["jobs"]
ACTIONLINT = shutil.which("actionlint")


def commands(job):
    return " ; ".join(step.get("run", "") for step in JOBS[job]["steps"])


def test_a_pull_request_shows_and_a_merge_deploys():
    """A pull request of anyone's would deploy, or a merge would not."""
    assert (JOBS["diff"]["if"], JOBS["deploy"]["if"]) == (
        "github.event_name == 'pull_request'",
        "github.event_name == 'push'",
    )
    assert "cdk diff --all" in commands("diff")
    assert "cdk deploy" not in commands("diff")
    assert "cdk deploy --all" in commands("deploy")
    assert JOBS["deploy"]["environment"] == "production"


def test_no_key_is_stored():
    """A key in the repository's secrets would outlive its job."""
    assert WORKFLOW["permissions"] == {"contents": "read", "id-token": "write"}
    assert "secrets." not in FILE.read_text()
    for job in JOBS.values():
        (signs,) = [step["with"] for step in job["steps"] if "configure-aws-credentials" in step.get("uses", "")]
        assert set(signs) == {"role-to-assume", "aws-region"}


@pytest.mark.skipif(ACTIONLINT is None, reason="actionlint isn't on PATH")
def test_actionlint_finds_nothing():
    """GitHub would refuse the file, or read an expression otherwise than it is meant."""
    done = subprocess.run([ACTIONLINT, FILE], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
