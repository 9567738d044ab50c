"""``logrouter path``: an object's way, as a table and as JSON."""

import json

import pytest
from typer.testing import CliRunner

from cli.connection import ApiConnection
from cli.exit_status import ExitStatus
from cli.main import app
from cli.operation.sources import Sources
from tests.unit.cli.operation.operation_scene import NOW, OBJECT, Scene, record
from tests.unit.runtime.aws_world import recording_clients

__all__ = ["recording_clients"]
KEY = OBJECT.format("acme-corp", "20261118-110500")


@pytest.fixture
def scene(clients, monkeypatch):
    scene = Scene(clients)
    monkeypatch.setattr(ApiConnection, "installation", lambda _: scene.sources.installation)
    monkeypatch.setattr(Sources, "records", scene.sources.records)
    monkeypatch.setattr("cli.path_command.Sources", lambda installation: Sources(installation, lambda: NOW))
    return scene


def path(*words):
    return CliRunner().invoke(app, ["path", *words])


def test_the_way_of_an_object_is_shown(scene):
    """An operator could not say at which step a line is, nor a script."""
    scene.put_object(name="20261118-110500")
    scene.world.put_config("s3")
    scene.world.put_config("s3:api", groups=["API"])
    scene.records = [record(60, type_="s3", outcome="handed-over", name="20261118-110500", Reason="throttled")]
    done = path(KEY)
    assert done.exit_code == 0
    assert "s3\twanted\t2026-11-18T11:05:40Z\t40.0\thanded-over\tthrottled" in done.output
    assert "s3:api\tapplication-filtered" in done.output
    found = json.loads(path(KEY, "--json").stdout)
    assert (found["closed_at"], len(found["stored"])) == ("2026-11-18T11:05:00.000Z", 1)
    assert [each["config"] for each in found["destinations"]] == ["wanted", "application-filtered"]


def test_an_object_that_nobody_wanted_says_so(scene):
    """It would look as if it were lost."""
    skipped = record(60, name="20261118-110500", Reason="no-config-wants-it")
    scene.records = [type(skipped)(skipped.at, {**skipped.fields, "message": "skipped", "type": ""})]
    done = path(KEY)
    assert "passed over at" in done.output
    assert "isn't in the bucket any more" in done.output


def test_an_unknown_object_and_no_key_are_told_apart(scene):
    """A script could not tell a mistyped key from a lost object."""
    assert path(KEY).exit_code == ExitStatus.NOT_FOUND
    assert path("nonsense").exit_code == ExitStatus.USAGE
