"""Words that docstrings, comments, documents and screens don't use: each has a plainer one that readers search for."""

import ast
import io
import re
import tokenize

import pytest

from tests.unit.tracked import ROOT, TRACKED

FOLDERS = ("runtime/", "cli/", "constructs_lib/", "stacks/", "local/", "packages/", "benchmarks/", "vector_config/")
CODE = [name for name in TRACKED if name.startswith(FOLDERS) and name.endswith(".py") and "/tests/" not in name]
DOCUMENTS = [name for name in TRACKED if name.endswith(".md")]

# What isn't used, and what is used instead.
WORDS = {
    r"whoever|whomever": "the caller, a caller who, someone who",
    r"told": "notified, reported, named",
    r"untold": "missed, not notified",
    r"mend|mends|mended|mending": "fix, correct, repair",
    r"anew": "again",
    r"(?:comes?|came|coming) to": "reaches, ends at, amounts to",
    r"to be had|be had": "visible, available",
    r"lawful|unlawful": "allowed, valid",
    r"deeds?": "action, change",
    r"(?:is|was|be|are) looked (?:whether|at|for)": "is checked, the interval of a check",
    r"looks whether": "checks whether",
    r"(?:alarms?|metrics?|records?|messages?|topics?|notifications?|agents?) tells?": "report, name, notify",
    r"nothing tells|tells nothing|tells which|tells whether|tells what": "shows, discloses",
    r"whence|thence|hence|thereby|whereby|lest|nought|whilst|amid|forthwith": "plain words",
    r"not at all": "never, not",
    r"as (?:it|they) (?:were|stands?)": "unchanged",
    r"nothing of (?:it|them|this)": "none of it",
    r"be it": "whether",
    r"side by side": "concurrently, next to each other",
}
BEGINNINGS = {  # of a docstring
    r"Gives?\b": "Return, Yield",
    r"Says?\b": "Return, Report",
    r"Tells?\b": "Return, Report",
}
_WORDS = re.compile(rf"\b(?:{'|'.join(WORDS)})\b", re.IGNORECASE)
_BEGINNINGS = re.compile("|".join(BEGINNINGS))


def unwanted(text):
    """List the words of a text that have a plainer one."""
    return [match.group() for match in _WORDS.finditer(re.sub(r"\s+", " ", text))]


def docstrings(tree):
    """Yield the strings of a module that stand alone: docstrings, also those of constants."""
    for node in ast.walk(tree):
        value = node.value if isinstance(node, ast.Expr) else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value


def sentences(tree):
    """Yield what a program may show: its strings that have several words, f-strings included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value.strip():
            yield node.value


def comments(text):
    """Yield the comments of a program."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


@pytest.mark.parametrize("folder", FOLDERS)
def test_code_uses_plain_words(folder):
    """A reader, of the code or of a screen, would have to guess what a word means here."""
    found = {}
    for name in (name for name in CODE if name.startswith(folder)):
        text = (ROOT / name).read_text(encoding="utf-8")
        tree = ast.parse(text)
        words = [word for each in (*sentences(tree), *comments(text)) for word in unwanted(each)]
        words += [match.group() for each in docstrings(tree) if (match := _BEGINNINGS.match(each))]
        if words:
            found[name] = words
    assert found == {}


def test_documents_use_plain_words():
    """A reader of the documents would have to guess what a word means here."""
    texts = {name: (ROOT / name).read_text(encoding="utf-8") for name in DOCUMENTS}
    assert {name: words for name, text in texts.items() if (words := unwanted(text))} == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Whoever mends it is told.", ["Whoever", "mends", "told"]),
        ("It is sent\n    anew.", ["anew"]),
        ("A recommended amendment.", []),
    ],
)
def test_an_unwanted_word_is_found(text, words):
    """The check would pass whatever is written."""
    assert unwanted(text) == words
    assert _BEGINNINGS.match("Give it back.")
    assert not _BEGINNINGS.match("Given a key, return it.")
