"""``dynamodb:LeadingKeys``: the partition keys that a request names, of a table or of the index that it asks.

Source: DynamoDB developer guide, "Using IAM policy conditions for fine-grained access control".
"""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from ministack_fidelity.patching import Function, Table, Target, emulator, wrap

REQUEST_CONTEXT = Target(
    "ministack.core.iam_actions", "request_tag_context", ("service", "iam_action", "body", "params")
)
TABLES = Table("ministack.services.dynamodb", "_tables")
EQUALS = re.compile(r"([#\w]+)\s*=\s*(:\w+)")


def apply() -> None:
    """Add them to the request's condition keys."""
    TABLES.resolve()
    wrap(REQUEST_CONTEXT, _with_leading_keys)


def _with_leading_keys(original: Function) -> Function:
    def request_tag_context(service: str, iam_action: str, body: bytes, params: dict[str, Any]) -> Any:
        context = original(service, iam_action, body, params)
        found: list[str] = []
        if service == "dynamodb":
            with suppress(ValueError):
                found = [key for part in _parts(json.loads(body or b"{}")) for key in _keys(part)]
        return {**context, "dynamodb:LeadingKeys": found} if found else context

    return request_tag_context


def _parts(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield request
    for item in request.get("TransactItems", ()):
        yield from item.values()


def _keys(part: dict[str, Any]) -> Iterator[str]:
    """Yield the partition key's values in one request, or one part of a transaction."""
    table = emulator("services.dynamodb")._tables.get(part.get("TableName", ""))
    if table is None:
        return
    name = _partition_key(table, part.get("IndexName"))
    value = (part.get("Key") or part.get("Item") or {}).get(name)
    if value is not None:
        yield str(next(iter(value.values())))
    names, values = part.get("ExpressionAttributeNames", {}), part.get("ExpressionAttributeValues", {})
    for attribute, placeholder in EQUALS.findall(part.get("KeyConditionExpression", "")):
        if names.get(attribute, attribute) == name and placeholder in values:
            yield str(next(iter(values[placeholder].values())))


def _partition_key(table: dict[str, Any], index: str | None) -> str | None:
    schema = table.get("KeySchema", ())
    for each in table.get("GlobalSecondaryIndexes") or ():
        if each.get("IndexName") == index:
            schema = each["KeySchema"]
    return next((str(key["AttributeName"]) for key in schema if key["KeyType"] == "HASH"), None)
