"""The page of the API's operations: written from the document, complete, and callable."""

import json
import re

from tests.api_reference import DOCUMENT, PAGE, page

DOCUMENTED = json.loads(DOCUMENT.read_text())
OPERATIONS = [(method, path) for path, found in DOCUMENTED["paths"].items() for method in found]


def test_the_page_is_the_documents():
    """A reader would call an operation as it was: `make openapi` writes the page anew."""
    assert PAGE.read_text() == page(DOCUMENTED)


def test_every_operation_has_a_section_and_a_signed_call():
    """An operation would exist that no reader finds, or one that can't be copied."""
    sections = re.findall(r"^### `(\w+) (/\S*)`$", PAGE.read_text(), re.MULTILINE)
    assert sorted(sections) == sorted((method.upper(), path) for method, path in OPERATIONS)
    calls = re.findall(r"^curl .*?$(?=\n```)", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    assert len(calls) == len(OPERATIONS)
    assert [call for call in calls if "--aws-sigv4" not in call] == ['curl \\\n  "$LOGROUTER_API_URL/health"']
    assert not [call for call in calls if "{" in call.rsplit("$LOGROUTER_API_URL", 1)[-1]]


def test_every_tag_is_described_and_used():
    """A group of operations would have no heading, and be missing on the page."""
    used = {tag for found in DOCUMENTED["paths"].values() for operation in found.values() for tag in operation["tags"]}
    assert {tag["name"] for tag in DOCUMENTED["tags"]} == used
