"""What is printed where: whole ids on every terminal, TSV in a pipe, JSON and parts of it for programs."""

import json
import os

import pytest
from typer.testing import CliRunner

from cli.lazy_group import COMMANDS, load
from cli.main import app
from cli.output import OUTPUT, OutputOptions, present
from cli.text_table import Note, TextTable, count, identifier

KEY = "tenant_id=acme-corp/cluster_id=c-1/application=kube-apiserver/pod_name=ns_pod-0/20261123-101500-6f9.json.gz"
TITLE = "A title that is longer than the table below it, and stays a line"
ID = "0123456789abcdef0123456789abcdef"
LISTING = TextTable(
    "Some",
    (identifier("id"), "why", identifier("object"), count("events")),
    [(ID, "because\tof a reason that takes many words " * 5, KEY, 1234567), ("1", None, "k", 0)],
)


def leaves():
    """Return every command by its full name."""
    found = {}
    for name in COMMANDS:
        command = load(name)
        commands = getattr(command, "commands", None)
        found |= {f"{name} {each}": one for each, one in commands.items()} if commands else {name: command}
    return found


@pytest.mark.parametrize("name", leaves())
def test_every_command_has_the_options_of_the_output(name):
    """A script could use one command's answer and not another's."""
    options = {option for each in leaves()[name].params for option in each.opts}
    assert {"--json", "--query", "--wide"} <= options


@pytest.mark.parametrize("columns", [20, 60, 80, 100, *range(150, 260), 400])
def test_no_id_is_cut_or_wrapped_on_any_terminal(columns, capsys, monkeypatch):
    """An operator would copy half an id into the next command."""
    monkeypatch.setenv("LOGROUTER_FORCE_TTY", str(columns))
    present([], LISTING, Note("a note"))
    shown = capsys.readouterr().out
    assert all(any(each in line for line in shown.splitlines()) for each in (ID, KEY, "a note", "1,234,567")), shown
    assert "\x1b" not in shown  # no colour where it is no terminal after all


@pytest.mark.parametrize("columns", [20, 25, *range(30, 120, 5), 200])
def test_no_columns_name_is_cut(columns, capsys, monkeypatch):
    """A number would stand under half a name."""
    monkeypatch.setenv("LOGROUTER_FORCE_TTY", str(columns))
    present([], TextTable(TITLE, (identifier("id"), count("would be moved"), count("left out")), [("a", 1, 2)]))
    shown = capsys.readouterr().out
    assert all(word in shown for word in ("id", "would", "be", "moved", "left", "out")), shown
    assert shown.startswith("A title that is longer than the table below it, and stays a line\n")
    assert ("would be moved" in shown) == (columns >= 30)


def test_wide_shows_each_row_on_a_line(capsys, monkeypatch):
    """A long value would be broken where someone wants to read on along it."""
    monkeypatch.setenv("LOGROUTER_FORCE_TTY", "60")
    token = OUTPUT.set(OutputOptions(wide=True))
    present([], LISTING)
    OUTPUT.reset(token)
    assert any(ID in line and KEY in line and "many words" in line for line in capsys.readouterr().out.splitlines())


def test_a_pipe_gets_whole_raw_values_between_tabs(capsys):
    """A script would have to undo thousands' separators, or get a tab of the data as a column."""
    present([], LISTING, Note("for people"))
    out, err = capsys.readouterr()
    lines = [line.split("\t") for line in out.splitlines()]
    assert lines[0] == ["id", "why", "object", "events"]
    assert [len(line) for line in lines] == [4, 4, 4]
    assert (lines[1][0], lines[1][2], lines[1][3], lines[2]) == (ID, KEY, "1234567", ["1", "", "k", "0"])
    assert err == "for people\n"


@pytest.mark.parametrize(
    ("query", "as_json", "printed"),
    [
        ("[].id", False, "a\nb\n"),
        ("[0].id", False, "a\n"),
        ("[0].id", True, '"a"\n'),
        ("[1]", False, '{\n  "id": "b",\n  "n": null\n}\n'),
        ("[].n | [0]", False, "1\n"),
    ],
)
def test_a_query_prints_its_part(query, as_json, printed, capsys):
    """A script would parse JSON to get one word out of it, or get another part than it asked for."""
    token = OUTPUT.set(OutputOptions(as_json=as_json, query=query))
    present([{"id": "a", "n": 1}, {"id": "b", "n": None}], LISTING)
    OUTPUT.reset(token)
    assert capsys.readouterr().out == printed


def test_a_query_that_is_none_is_refused_before_anything_is_asked():
    """Something would be changed by a command whose output can't be made."""
    done = CliRunner().invoke(app, ["config", "list", "acme-corp", "--query", "[?"])
    assert done.exit_code == 2
    assert "JMESPath" in done.output


@pytest.mark.parametrize("name", leaves())
def test_no_help_speaks_to_authors(name):
    """A user would be shown markup, or a pattern, in place of words."""
    command = leaves()[name]
    texts = [command.help or "", *(getattr(each, "help", None) or "" for each in command.params)]
    assert not [text for text in texts if "``" in text or ":param" in text or ":raises" in text]


def test_json_of_a_failure_is_json(monkeypatch):
    """A program would have to read sentences to know what failed."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr("botocore.session.Session.get_credentials", lambda _: None)
    words = ["--api-url", "https://api.invalid", "--region", "eu-west-1", "config", "list", "acme-corp", "--json"]
    done = CliRunner().invoke(app, words)
    failure = json.loads(done.stderr)
    assert (done.exit_code, failure["status"]) == (5, 5)
    assert "credentials" in failure["error"]
