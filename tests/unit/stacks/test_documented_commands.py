"""The ``cdk`` commands of the documents: their context is taken, and their stacks exist."""

import fnmatch
import re
import shlex
from pathlib import Path

import pytest

from stacks.context import AppContext

ROOT = Path(__file__).parents[3]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "vector_config" / "README.md")
ENVIRONMENT = {"CDK_DEFAULT_ACCOUNT": "111111111111", "CDK_DEFAULT_REGION": "us-east-1"}
TAKE_A_VALUE = {"-c", "--context", "--parameters", "--outputs-file", "--profile"}


def commands():
    for page in PAGES:
        text = page.read_text().replace("\\\n", " ")
        for found in re.findall(r"npx (cdk [^`\n]+)", text):
            yield pytest.param(shlex.split(found), id=f"{page.name}: {found[:60]}")


def parsed(words):
    """Split a command's words into its verb, stacks, context and flags."""
    _, verb, *rest = words
    stacks, context, flags = [], {}, []
    words = iter(rest)
    for word in words:
        if word in TAKE_A_VALUE:
            value = next(words)
            if word in {"-c", "--context"}:
                key, _, context[key] = value.partition("=")
        elif word.startswith("-"):
            flags.append(word)
        else:
            stacks.append(word)
    return verb, stacks, context, flags


@pytest.mark.parametrize("words", [*commands()])
def test_a_command_of_the_documents_does_something(words, production):
    """A reader would type what is refused, or what matches no stack."""
    verb, stacks, context, flags = parsed(words)
    read = AppContext.read(context, ENVIRONMENT)
    ids = {stack.stack_name for stack in production.stacks if stack.stack_name != "LogRouterCustomer"}
    there = (ids if read.central else set()) | ({read.customer_stack_name} if read.customer else set())
    assert verb in {"deploy", "diff", "bootstrap", "list"}
    assert stacks or "--all" in flags or verb in {"bootstrap", "list"}
    for pattern in stacks:
        assert fnmatch.filter(there, pattern), f"{pattern} matches none of {sorted(there)}"


def test_the_documents_have_commands():
    """The pattern that finds them would have stopped finding any."""
    assert len(list(commands())) >= 8
