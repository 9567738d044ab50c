"""The runbooks' commands, as they are, against the deployed system."""

import re
import shlex
import shutil
from pathlib import Path

from typer.testing import CliRunner

from cli.main import app

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
RUNBOOKS = PAGE.partition("\n## Runbooks\n")[2].partition("\n## ")[0]


def test_the_runbooks_commands_can_be_given_as_they_are(cloud, tmp_path, monkeypatch):
    """Whoever is woken would copy a command that fails on the system that it is for."""
    for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "")  # the command sets some of them; all are put back
    (tmp_path / "build" / "local").mkdir(parents=True)
    shutil.copy(cloud.home / "environment.json", tmp_path / "build" / "local" / "environment.json")
    monkeypatch.chdir(tmp_path)
    commands = dict.fromkeys(re.findall(r"^logrouter (.+)$", RUNBOOKS, re.MULTILINE))
    assert len(commands) >= 8
    for command in commands:
        ended = CliRunner().invoke(app, ["--local", *shlex.split(command)])
        assert ended.exit_code == 0, f"logrouter {command}: {ended.output}"
