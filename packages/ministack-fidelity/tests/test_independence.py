"""The package can be published as it is."""

import ast
import sys
from pathlib import Path

import pytest

SOURCES = sorted((Path(__file__).parents[1] / "src").rglob("*.py"))
DECLARED = {"ministack", "ministack_fidelity", "psutil", "boto3", "botocore", "pytest"}


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_it_imports_what_it_declares(source):
    """Installed by itself, it would fail to import something of the project around it."""
    nodes = [node for node in ast.walk(ast.parse(source.read_text())) if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = [node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name for node in nodes]
    assert {name.partition(".")[0] for name in modules} <= DECLARED | sys.stdlib_module_names
