"""``dynamodb:LeadingKeys`` and ``dynamodb:Attributes``: the partition keys, and of an update the attributes, it names.

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
UPDATE = "dynamodb:UpdateItem"
NAME = re.compile(r"(?<![:\w])[#A-Za-z_]\w*")
WORDS = frozenset({"SET", "REMOVE", "ADD", "DELETE", "AND", "OR", "NOT", "IN", "BETWEEN"})
FUNCTIONS = re.compile(r"\b(attribute_\w+|begins_with|contains|size|if_not_exists|list_append)\s*(?=\()")
EQUALS = re.compile(r"([#\w]+)\s*=\s*(:\w+)")


def apply() -> None:
    """Add them to the request's condition keys."""
    TABLES.resolve()
    wrap(REQUEST_CONTEXT, _with_leading_keys)


def _with_leading_keys(original: Function) -> Function:
    def request_tag_context(service: str, iam_action: str, body: bytes, params: dict[str, Any]) -> Any:
        context = dict(original(service, iam_action, body, params))
        if service == "dynamodb":
            request: dict[str, Any] = {}
            with suppress(ValueError):
                request = json.loads(body or b"{}")
            if keys := [key for part in _parts(request) for key in _keys(part)]:
                context["dynamodb:LeadingKeys"] = keys
            if iam_action == UPDATE:
                context["dynamodb:Attributes"] = sorted(_attributes(request))
                context["dynamodb:ReturnValues"] = request.get("ReturnValues", "NONE")
        return context

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


def _attributes(request: dict[str, Any]) -> set[str]:
    """Return the top-level attributes that an update names: in its key, its change, its condition."""
    names = request.get("ExpressionAttributeNames", {})
    expressions = " ".join(request.get(each, "") for each in ("UpdateExpression", "ConditionExpression"))
    found = {
        names.get(name, name) for name in NAME.findall(FUNCTIONS.sub("", expressions)) if name.upper() not in WORDS
    }
    return found | set(request.get("Key", ()))


def _partition_key(table: dict[str, Any], index: str | None) -> str | None:
    schema = table.get("KeySchema", ())
    for each in table.get("GlobalSecondaryIndexes") or ():
        if each.get("IndexName") == index:
            schema = each["KeySchema"]
    return next((str(key["AttributeName"]) for key in schema if key["KeyType"] == "HASH"), None)
