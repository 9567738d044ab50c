"""Sizes that keep a module one idea and a function one step."""

import ast
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ("runtime", "cli", "constructs_lib", "stacks", "local", "benchmarks")
MAX_FUNCTION_LINES = 50
MAX_MODULE_LINES = 300
SMALL_MODULE_LINES = 60
MAX_SMALL_MODULES = 8
ENTRY_POINTS = ("lambda_handler", "__main__", "__init__")
"""What a host, a shell or the import system starts: who else imports them says nothing."""


def modules_of(*roots):
    """Return each module's file and text, by its dotted name."""
    files = [file for root in roots for file in sorted((ROOT / root).rglob("*.py"))]
    return {".".join(file.relative_to(ROOT).with_suffix("").parts): (file, file.read_text()) for file in files}


def imported(text):
    """Return the dotted names that a module imports: modules, and members that may be modules."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("root", SOURCES)
def test_functions_do_one_thing(root):
    """A function over fifty lines would do several things, and each change of one would have to be read against all."""
    long = [
        f"{name}.{node.name}: {node.end_lineno - node.lineno + 1}"
        for name, (_, text) in modules_of(root).items()
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno - node.lineno >= MAX_FUNCTION_LINES
    ]
    assert long == []


@pytest.mark.parametrize("root", SOURCES)
def test_modules_hold_one_idea(root):
    """A module over three hundred lines would hold two ideas, and be where everybody's changes meet."""
    lines = {name: len(text.splitlines()) for name, (_, text) in modules_of(root).items()}
    assert {name: count for name, count in lines.items() if count > MAX_MODULE_LINES} == {}


def test_few_small_modules_serve_one_other():
    """Code would be scattered: a reader of the one module has to open the other, which nobody else needs."""
    importers = defaultdict(set)
    for name, (_, text) in modules_of(*SOURCES).items():
        for module in imported(text):
            importers[module].add(name)
    small = [
        name
        for name, (file, text) in modules_of("runtime").items()
        if file.stem not in ENTRY_POINTS and len(text.splitlines()) < SMALL_MODULE_LINES and len(importers[name]) == 1
    ]
    assert len(small) <= MAX_SMALL_MODULES, small
