"""References in docstrings, comments and documents: sections of the contract, decisions, paths and modules."""

import io
import re
import tokenize
from functools import cache

import pytest

from tests.unit.tracked import ROOT, TRACKED

WRITTEN = [
    name
    for name in TRACKED
    if name.endswith((".py", ".md", ".yaml", ".vrl", ".toml")) and not name.startswith("tests/unit/test_references.py")
]
FOLDERS = "runtime|cli|constructs_lib|stacks|local|benchmarks|vector_config|packages|tests|docs"
# A list of numbers: "§4", "§4, §6", "§2 and §4"; "20", "20 and 21".
_SECTIONS = re.compile(r"\bcontract(?:\.md)?,?\s+((?:§\s?\d+(?:,\s|\sand\s|\sor\s)?)+)", re.IGNORECASE)
_UNMARKED = re.compile(r"\bcontract,?\s+(?:section\s+)?(\d+)", re.IGNORECASE)
_DECISIONS = re.compile(r"\bdecisions?\s+((?:\[?\d{1,4}\b(?:\]\([^)]*\))?(?:,\s|\sand\s|\sor\s)?)+)", re.IGNORECASE)
_LINKS = re.compile(r"\([^)]*\)")
_PATHS = re.compile(rf"(?<![\w./{{-])((?:{FOLDERS})/(?:[\w.-]+/)*[\w-]+\.(?:py|md|yaml|vrl|json))\b")
_MODULES = re.compile(r"\b(runtime|cli|constructs_lib|stacks|local)((?:\.[a-z_]+)+)\b(?!\()")


def prose_of(name):
    """Return what a reader of a file reads: of Python, its comments and its strings that stand alone."""
    text = (ROOT / name).read_text(encoding="utf-8")
    if not name.endswith(".py"):
        return text
    found, before = [], tokenize.NEWLINE
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        alone = before in {tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
        if token.type == tokenize.COMMENT or (token.type == tokenize.STRING and alone):
            found.append(token.string)
        if token.type not in {tokenize.COMMENT, tokenize.NL}:
            before = token.type
    return "\n".join(found)


@cache
def contract_sections():
    """Return the numbers of the contract's sections; a reserved one holds nothing to cite."""
    return set(re.findall(r"^## (\d+)\. ", (ROOT / "docs/contract.md").read_text(encoding="utf-8"), re.MULTILINE))


@cache
def decision_numbers():
    """Return the numbers of the decisions that have a page."""
    return {int(page.name[:4]) for page in (ROOT / "docs/decisions").glob("0*.md")}


def dangling(text):
    """List the references of a text that lead nowhere."""
    sections, decisions = contract_sections(), decision_numbers()
    cited = [number for match in _SECTIONS.findall(text) for number in re.findall(r"\d+", match)]
    wrong = [f"contract §{number}" for number in cited if number not in sections]
    wrong += [f"contract {number} (write §{number})" for number in _UNMARKED.findall(text)]
    named = [int(number) for match in _DECISIONS.findall(text) for number in re.findall(r"\d+", _LINKS.sub("", match))]
    return wrong + [f"decision {number}" for number in named if number not in decisions]


def test_cited_sections_and_decisions_exist():
    """A reader who follows a citation to the contract or to a decision would find nothing there."""
    assert {name: wrong for name in WRITTEN if (wrong := dangling(prose_of(name)))} == {}


def test_docstrings_name_paths_that_exist():
    """A comment or docstring that names a moved file or module would send its reader nowhere."""
    wrong = {}
    for name in WRITTEN:
        prose = prose_of(name) if name.endswith(".py") else ""
        gone = [path for path in _PATHS.findall(prose) if not (ROOT / path).exists()]
        gone += [root + rest for root, rest in _MODULES.findall(prose) if not _resolves(root + rest)]
        if gone:
            wrong[name] = gone
    assert wrong == {}


def _resolves(dotted):
    """Whether a dotted name is a module or package, or a name in one."""
    path = ROOT / dotted.replace(".", "/")
    parent = path.parent.with_suffix(".py")
    inside = parent if parent.exists() else path.parent / "__init__.py"
    if path.is_dir() or path.with_suffix(".py").exists():
        return True
    return inside.exists() and re.search(rf"\b{path.name}\b", inside.read_text(encoding="utf-8")) is not None


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("kept (contract §4, §6) and contract §15", []),
        ("see contract §16", ["contract §16"]),
        ("decisions 20 and 22", ["decision 22"]),
        ("[decision 20](x.md), decision 0024", ["decision 24"]),
        ("by contract 5", ["contract 5 (write §5)"]),
    ],
)
def test_a_dangling_reference_is_found(text, wrong):
    """The check would pass whatever a docstring cites."""
    assert dangling(text) == wrong
