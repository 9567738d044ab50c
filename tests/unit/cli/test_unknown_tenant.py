"""Commands about a tenant of which nothing is stored."""

import pytest
from typer.testing import CliRunner

from cli.connection import ApiConnection
from cli.exit_status import ExitStatus
from cli.main import app
from tests.unit.cli.operation.operation_scene import Scene
from tests.unit.runtime.aws_world import (
    recording_clients,  # noqa: F401 - the fixture "clients"
)


@pytest.fixture
def scene(clients, monkeypatch):
    """An installation that knows acme-corp by one object."""
    scene = Scene(clients)
    scene.put_object()
    for module in ("tenant_commands", "status_command"):
        monkeypatch.setattr(f"cli.{module}.Sources", lambda _: scene.sources)
    monkeypatch.setattr(ApiConnection, "installation", lambda _: None)
    return scene


@pytest.mark.usefixtures("scene")
@pytest.mark.parametrize("command", ["status", "freshness", "cost", "arrived"])
def test_a_misspelt_tenant_is_said(command):
    """A script, and a person in a hurry, would take a misspelt tenant for one in order."""
    done = CliRunner().invoke(app, ["--region", "eu-west-1", command, "acme-crop"])
    assert done.exit_code == ExitStatus.NOT_FOUND, done.output
    assert "neither a delivery config nor an object" in done.stderr.replace("\n", " ")
    assert done.stdout == ""


@pytest.mark.usefixtures("scene")
@pytest.mark.parametrize("command", ["status", "freshness", "cost"])
def test_a_known_tenant_without_deliveries_is_not(command):
    """A tenant whose first object has just come would be called unknown."""
    assert CliRunner().invoke(app, ["--region", "eu-west-1", command, "acme-corp"]).exit_code == 0
