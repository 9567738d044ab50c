"""The OpenAPI document: committed, complete, and true."""

import json
import re
from pathlib import Path

from runtime.api.__main__ import text

COMMITTED = Path(__file__).parents[4] / "docs" / "openapi.json"


def operations():
    paths = json.loads(text())["paths"]
    return {operation["operationId"]: operation for path in paths.values() for operation in path.values()}


def test_the_committed_document_is_todays():
    """Clients would be made from a document of another service: `make openapi` writes it anew."""
    assert COMMITTED.read_text() == text()


def test_every_operation_is_named_and_says_what_it_does():
    """A generated client would have methods named after paths, without a word about them."""
    assert {
        "create_delivery_config",
        "delete_delivery_config",
        "get_delivery_config",
        "get_effective_delivery_config",
        "get_health",
        "get_openapi",
        "list_delivery_configs",
        "list_groups",
        "list_tenants",
        "match_delivery_config",
        "patch_delivery_config",
        "replace_delivery_config",
    } <= operations().keys()
    assert all(operation["description"] and operation["tags"] for operation in operations().values())


def test_every_answer_has_a_schema_and_every_problem_its_form():
    """A client could not read what it gets."""
    for name, operation in operations().items():
        for status, answer in operation["responses"].items():
            if status in {"204", "304"}:
                continue
            (media_type,) = answer["content"]
            assert media_type == ("application/json" if status < "400" else "application/problem+json"), (name, status)


def test_only_health_needs_no_signature():
    """A reader would believe another operation to be open."""
    assert [name for name, operation in operations().items() if operation.get("security") == []] == ["get_health"]
    assert json.loads(text())["security"] == [{"sigv4": []}]


def test_every_reference_has_its_schema():
    """A generator of clients would stop, and a validator send requests without a body."""
    text = json.dumps(json.loads(Path("docs/openapi.json").read_text(encoding="utf-8")))
    document = json.loads(text)
    wanted = set(re.findall(r'"\$ref": "#/components/schemas/([^"]+)"', text))
    assert wanted - set(document["components"]["schemas"]) == set()
