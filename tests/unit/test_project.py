"""Habits that hold for the whole repository."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from tests.unit.tracked import ROOT, TRACKED

DOCUMENTS = [name for name in TRACKED if name.endswith(".md")]
TEST_FILES = [name for name in TRACKED if re.fullmatch(r"(?:.*/)?tests/.*test_\w+\.py", name)]
MOST_ANY = 90
"""How often ``Any`` stands in the runtime's annotations, of documents whose form nobody here decides."""
SOURCE_ROOTS = (
    "runtime",
    "cli",
    "constructs_lib",
    "stacks",
    "local",
    "benchmarks",
    "vector_config",
    "packages/ministack-fidelity/src",
)


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_name_paths_that_exist(name):
    """A document that names a file or folder which is gone would send its reader nowhere."""
    document = ROOT / name
    inline = re.findall(
        r"`((?:runtime|constructs_lib|stacks|local|docs|tests|vector_config|benchmarks|packages)/[\w./-]*)`",
        text_of(name),
    )
    missing = [path for path in inline if not (ROOT / path).exists()]
    links = [link.split("#")[0] for link in re.findall(r"\]\((?!https?:|#|mailto:)([^)]+)\)", text_of(name))]
    missing += [link for link in links if not (document.parent / link).exists()]
    assert not missing


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_name_make_targets_that_exist(name):
    """A command in a document that make doesn't know would be the first thing a newcomer trips over."""
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)", text_of(name))) | set(
        re.findall(r"^make ([a-z-]+)", text_of(name), re.MULTILINE)
    )
    assert named <= targets


@pytest.mark.parametrize("name", TEST_FILES)
def test_every_test_says_what_would_be_broken(name):
    """A test without its one line can't be judged when it fails."""
    functions = [
        node for node in ast.walk(ast.parse(text_of(name))) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    silent = [node.name for node in functions if node.name.startswith("test_") and not ast.get_docstring(node)]
    assert not silent


@pytest.mark.parametrize("root", SOURCE_ROOTS)
def test_every_folder_says_what_lives_there(root):
    """A folder that doesn't say what lives in it would make a newcomer open its files to find out."""
    folders = {str(Path(name).parent) for name in TRACKED if name.startswith(f"{root}/") and name.endswith(".py")}
    silent = [
        folder
        for folder in sorted(folders)
        if not (ROOT / folder / "README.md").exists()
        and not (
            (ROOT / folder / "__init__.py").exists() and ast.get_docstring(ast.parse(text_of(f"{folder}/__init__.py")))
        )
    ]
    assert not silent


def test_nothing_of_the_builders_machine_is_committed():
    """A path of one machine, or a registry's address, in a committed file would fail on every other machine."""
    forbidden = re.compile(r"/(?:root|work|home/\w+)/|pypi\.org|registry\.npmjs|files\.pythonhosted")
    guilty = []
    for name in TRACKED:
        if name.endswith((".xz", ".gz", ".png")) or name == "tests/unit/test_project.py":
            continue
        guilty += [f"{name}: {match.group()}" for match in [forbidden.search(text_of(name))] if match]
    assert not guilty


@pytest.mark.parametrize("name", [name for name in TRACKED if re.search(r"requirements[\w-]*\.txt$", name)])
def test_every_pin_is_exact_and_has_its_hash(name):
    """A pin without an exact version or a hash would let a clone install what nobody has tested."""
    text = re.sub(r"\\\n\s*|^\s*#.*\n", " ", text_of(name), flags=re.MULTILINE)
    pins = [line for line in text.splitlines() if line.strip()]
    assert pins
    assert [
        line for line in pins if not re.match(r"\s*[\w.-]+(\[\w+\])?==\S+ .*--hash=sha256:[0-9a-f]{64}", line)
    ] == []


def test_what_has_no_type_does_not_grow():
    """An ``Any`` more would be a place more where the type checker finds nothing."""
    names = [
        name
        for path in TRACKED
        if path.startswith("runtime/") and path.endswith(".py")
        for name in ast.walk(ast.parse(text_of(path)))
        if isinstance(name, ast.Name) and name.id == "Any"
    ]
    assert len(names) <= MOST_ANY


def test_every_install_asks_for_hashes():
    """An install that doesn't ask for hashes would take a changed package for the tested one."""
    installs = [
        f"{name}: {line}"
        for name in TRACKED
        if name.endswith((".py", "Makefile", "Dockerfile")) and not name.startswith("tests/unit/")
        for line in text_of(name).splitlines()
        if re.search(r"\"(?:-r|--requirement)\"|(?:pip install|INSTALL\)).* -r ", line)
        and "--require-hashes" not in line
    ]
    assert installs == []


@pytest.mark.parametrize("pattern", [r"# noqa(?!: [A-Z0-9, ]+ - \S)", r"# type: ignore(?!\[[a-z, -]+\]  # \S)"])
def test_every_exemption_has_its_reason_on_its_line(pattern):
    """A rule that is switched off without a reason could never be switched on again: nobody would know what for."""
    unexplained = [
        f"{name}: {line.strip()}"
        for name in TRACKED
        if name.endswith(".py") and name != "tests/unit/test_project.py"
        for line in text_of(name).splitlines()
        if re.search(pattern, line)
    ]
    assert unexplained == []


def test_no_import_rule_has_an_exception():
    """A circle of folders would come back behind an entry of a list that nobody reads."""
    rules = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    assert [rule["name"] for rule in rules if "ignore_imports" in rule] == []
