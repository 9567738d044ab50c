"""``--watch``: the same answer, as it is by then."""

import pytest
import typer

from cli.lazy_group import COMMANDS, load
from cli.output import present
from cli.text_table import Note
from cli.watching import WATCHED, add_watch_options

LOOKS = 3


@pytest.fixture
def run(monkeypatch, capsys):
    """A command that finds something wrong at its first look; the third pause is ended by Ctrl-C."""
    looked, paused = [], []

    def look():
        """Look."""
        looked.append(1)
        present({"look": len(looked)}, Note(f"look {len(looked)}"))
        if len(looked) == 1:
            raise typer.Exit(1)

    def sleep(seconds):
        paused.append(seconds)
        if len(paused) == LOOKS:
            raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", sleep)
    made = typer.Typer(add_completion=False)
    made.command()(look)
    command = typer.main.get_command(made)
    add_watch_options(command)

    def ran(*words):
        with pytest.raises(SystemExit) as ended:
            command.main([*words])
        return ended.value.code, capsys.readouterr(), looked, paused

    return ran


def test_it_is_shown_again_whatever_was_found(run, monkeypatch):
    """The first finding would end the watch, which is there to see it go."""
    monkeypatch.setenv("LOGROUTER_FORCE_TTY", "80")
    _, printed, looked, paused = run("--watch", "--every", "2")
    assert (len(looked), paused) == (LOOKS, [2.0] * LOOKS)
    assert printed.out.count("\x1b[2J") == LOOKS
    assert "look 3" in printed.out


def test_a_pipe_gets_no_control_characters(run):
    """A file of what was watched would be full of a terminal's commands."""
    _, printed, *_ = run("--watch")
    assert "\x1b" not in printed.out + printed.err
    assert "look 2" in printed.err


def test_without_it_the_status_stays(run):
    """A script that waits for an answer would get the status of another."""
    status, _, looked, paused = run()
    assert (status, len(looked), paused) == (1, 1, [])


@pytest.mark.parametrize("name", sorted(WATCHED))
def test_commands_have_it(name):
    """A documented option would be unknown."""
    assert name in COMMANDS
    assert {"watch", "every", "as_json"} <= {each.name for each in load(name).params}
