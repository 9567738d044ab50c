"""The commands that the documents name."""

import re
import shlex
from pathlib import Path

import pytest
import typer

from cli.main import app

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMAND = re.compile(r"^logrouter .+$|`(logrouter [^`]+)`", re.MULTILINE)


def commands():
    """Yield each command line of the documents, and whether it stands in a sentence."""
    for page in PAGES:
        for found in COMMAND.finditer(page.read_text()):
            yield pytest.param(found[1] or found[0], found[1] is not None, id=f"{page.name}: {found[1] or found[0]}")


@pytest.mark.parametrize(("line", "in_a_sentence"), list(commands()))
def test_a_documented_command_can_be_given(line, in_a_sentence, tmp_path, monkeypatch):
    """An operator would copy a command that is refused: a group, a name, an option or an argument it doesn't have."""
    monkeypatch.chdir(tmp_path)
    words = shlex.split(line, comments=True)[1:]
    for name in [word for word in words if "." in word]:
        (tmp_path / name).write_text("{}")  # files that the command opens as it reads its words
    command, context = typer.main.get_command(app), None
    while hasattr(command, "resolve_command"):  # a group
        try:
            context = command.make_context(command.name, words, parent=context)
        except typer.Exit:
            return  # an option that ends the command by itself, such as --version
        words = [*context._protected_args, *context.args]  # the subcommand's name, then the rest
        if not words:
            return
        name, command, words = command.resolve_command(context, words)
    if in_a_sentence and not words:
        return  # it is only named
    with command.make_context(command.name, words, parent=context):
        pass  # closes what it opened
