"""The table of calls and faults: every call that any function makes, no empty cell, and tests that exist."""

import ast
import re

import pytest

from local.paths import ROOT
from tests.faults import table
from tests.unit.runtime.aws.test_proof import ROWS, calls_in

CALL = re.compile(r"(?P<file>tests/[\w/]+\.py)::(?P<test>\w+)(?:\[.+\])?")


@pytest.fixture(scope="module")
def drawn():
    return table.draw()


def empty_cells(drawn):
    return [(*call, column) for call, cells in drawn.items() for column, cell in cells.items() if not cell]


def test_no_cell_is_empty(drawn):
    """A call would meet a fault for the first time in production."""
    assert empty_cells(drawn) == []


def test_a_call_that_no_test_knows_has_empty_cells():
    """The test above could not fail."""
    unknown = ("resumption", "sqs:PurgeQueue")
    assert empty_cells({unknown: table.row(unknown, [])}) == [
        (*unknown, column) for column in table.COLUMNS if column != "conflict"
    ]


def test_every_call_in_the_code_is_in_the_table(drawn):
    """A new call would be in no row: this finds the calls in the code, as the table of proofs does."""
    files = (ROOT / "runtime").rglob("*.py")
    found = {
        f"{service}:{action}"
        for file in files
        for candidates in calls_in(file.read_text(encoding="utf-8"))
        for service, action in candidates
        if (service, action) in ROWS
    }
    assert {action for _, action in drawn} == found


def test_what_a_function_shares_and_does_not_call_is_said(drawn):
    """A call that a function begins to make would stay excused; or a row be of a call that it doesn't make."""
    made = set(table.calls_made())
    excused = {(host, action) for host, actions in table.SHARED.items() for action in actions}
    assert excused & made == set()
    assert set(drawn) - made == set(table.BY_HAND)
    assert made <= set(drawn)


def test_every_test_in_the_table_exists(drawn):
    """A cell would be filled by a test that was renamed or taken out."""
    named = {
        name
        for cells in drawn.values()
        for cell in cells.values()
        for mark, names in cell.items()
        for name in names
        if mark != table.FAULTS
    }
    functions = {}
    for name in named:
        found = CALL.fullmatch(name)
        assert found, name
        file = ROOT / found["file"]
        if file not in functions:
            nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
            functions[file] = {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
        assert found["test"] in functions[file], name


def test_the_document_has_the_table(drawn):
    """`make fault-table` has to be run after a change of the calls or of their tests."""
    document = table.DOCUMENT.read_text(encoding="utf-8")
    assert table.document_with(table.markdown(drawn)) == document
