"""``logrouter program`` against the API itself."""

import json

import pytest
from typer.testing import CliRunner

from cli.client import Client
from cli.connection import ApiConnection
from cli.main import app
from cli.program_commands import difference
from runtime.api.schemas.programs import MadeEvent, TriedView
from tests.unit.cli.test_config_commands import InProcess
from tests.unit.runtime.api.gateway import clients_of_a_table, signed_client

__all__ = ["clients_of_a_table", "signed_client"]


@pytest.fixture
def run(api, monkeypatch):
    """Run the command."""
    monkeypatch.setattr(ApiConnection, "client", lambda _: Client(InProcess(api)))
    return lambda *words, **more: CliRunner().invoke(app, ["program", *words], **more)


def test_ready_made_programs_are_listed(run):
    """An operator would have to call the API by hand."""
    done = run("list")
    assert done.exit_code == 0, done.output
    assert "keep-level" in done.output
    assert "level: debug info warning error fatal" in done.output


def test_a_trial_is_shown_as_a_difference(run, tmp_path):
    """What a program changes would have to be found by comparing two lists."""
    lines = tmp_path / "lines.txt"
    lines.write_text("from 10.1.2.3\nunchanged\n")
    words = ("try", "acme-corp", "s3", str(lines), "--program", "redact", "--parameters", '{"kinds": ["ip"]}')
    done = run(*words)
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[:3] == ["- from 10.1.2.3", "+ from [ip]", "  unchanged"]
    assert "µs an event" in done.output
    assert json.loads(run(*words, "--json").output)["counts"]["in"] == 2


def test_a_program_in_a_file_is_tried(run, tmp_path):
    """A tenant couldn't write a program in an editor."""
    source, lines = tmp_path / "program.vrl", tmp_path / "lines.txt"
    source.write_text('if .message == "b" { abort }')
    lines.write_text("a\nb\n")
    done = run("try", "acme-corp", "s3", str(lines), "--source", str(source))
    assert done.output.splitlines()[:2] == ["  a", "- b"]


def test_parameters_that_are_no_object_are_refused(run, tmp_path):
    """A misspelt list would reach the API as a text."""
    lines = tmp_path / "lines.txt"
    lines.write_text("a\n")
    for parameters in ("{", "[]"):
        done = run("try", "acme-corp", "s3", str(lines), "--program", "redact", "--parameters", parameters)
        assert done.exit_code == 2


def test_an_error_stands_beside_its_line():
    """A tenant wouldn't know why a line failed."""
    event = TriedView(before="x", after=[MadeEvent(timestamp=1, message="y")], outcome="failed", error="why")
    assert difference(event) == ["- x   # why", "+ y"]
