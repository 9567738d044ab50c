"""The command itself: what it lists, how fast, its version, its completion."""

import json
import os
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from cli.lazy_group import COMMANDS, load
from cli.main import app
from tests.unit.test_project import ROOT


def run_python(code, **environment):
    """Return what a new interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_what_the_command_says(name):
    """The list of commands would describe one otherwise than its own help does."""
    first_paragraph = load(name).help.split("\n\n")[0]
    assert " ".join(first_paragraph.split()) == COMMANDS[name].help


def test_the_help_loads_no_command():
    """The help would take a second: each command's module loads the SDK and pydantic."""
    code = "import sys; from typer.testing import CliRunner; from cli.main import app\n"
    code += "assert CliRunner().invoke(app, ['--help']).exit_code == 0\n"
    code += "import json; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    loaded = json.loads(run_python(code))
    assert "typer" in loaded
    assert not {"botocore", "urllib3", "pydantic", "runtime"} & {*loaded}


def test_the_typed_client_loads_no_web_framework():
    """A script with the typed client would have to install FastAPI, and wait for it to load."""
    loaded = json.loads(run_python("import cli.client, json, sys; print(json.dumps([*sys.modules]))"))
    assert "pydantic" in loaded
    assert not {"fastapi", "starlette", "mangum", "msgspec"} & {*loaded}


@pytest.mark.parametrize("module", ["cli.client", "cli.config_commands"])
def test_a_command_of_the_api_loads_nothing_of_the_service(module):
    """The commonest commands would load, for a constant, the service's tables and its clients of AWS."""
    loaded = json.loads(run_python(f"import {module}, json, sys; print(json.dumps([*sys.modules]))"))
    assert "runtime.api.schemas.deliveries" in loaded
    of_the_service = {"runtime.aws.clients", "runtime.delivery_config.repository", "runtime.delivery_state.table"}
    assert not of_the_service & {*loaded}


def test_every_command_is_listed():
    """A merge could drop a command's line, and its module would stay, tested and out of reach."""
    modules = {f"cli.{path.stem}" for path in (ROOT / "cli").glob("*_command*.py")}
    assert modules == {each.module for each in COMMANDS.values() if "_command" in each.module}


def test_the_version_is_the_packages():
    """A report of a fault would name another version than the one that is installed."""
    done = CliRunner().invoke(app, ["--version"])
    project = (ROOT / "pyproject.toml").read_text()
    assert f'\nversion = "{done.output.strip()}"\n' in project


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("logrouter re", ["reconcile", "replay", "redrive"]),
        ("logrouter config ", ["list", "get", "put", "patch", "delete", "match"]),
        ("logrouter config list --j", ["--json"]),
    ],
)
def test_a_shell_completes_commands_and_options(words, offered):
    """A user who presses tab would get nothing, or names that the command doesn't have."""
    words_before = words.count(" ")
    request = {"_LOGROUTER_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words_before)}
    assert run_python("from cli.main import app; app(prog_name='logrouter')", **request).split() == offered


def test_a_completion_script_is_printed():
    """A user could not set up completion by the documented command."""
    assert "complete -o default -F _logrouter_completion logrouter" in run_python(
        "from cli.main import app; app(['--show-completion', 'bash'], prog_name='logrouter')",
        _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1",  # where no shell has started the run, none would be found
    )
