"""Writes docs/api-reference.md from the OpenAPI document: ``python -m tests.api_reference`` (``make openapi``)."""

import json
import shlex
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "api-reference.md"
DOCUMENT = DOCS / "openapi.json"
REF = "#/components/schemas/"
BODYLESS = {"204", "304"}
INTRODUCTION = """# API reference

Every operation, written from [openapi.json](openapi.json) by `make openapi`. What the API is for, its rules and its
limits: [api.md](api.md).

The curl lines sign with Signature Version 4 by `--aws-sigv4` (curl 7.75 or later). They take `LOGROUTER_API_URL`, which
is the stack's output `ApiUrl`, and the credentials from the environment:

```
export LOGROUTER_API_URL=<ApiUrl> AWS_REGION=<region>
eval "$(aws configure export-credentials --format env)"
```

An answer that isn't a success is a problem (RFC 9457) of the form [Problem](#problem), with `type`, `title`, `detail`
and, where fields are wrong, each of them under `errors`.
"""
SIGNED = (
    '--aws-sigv4 "aws:amz:$AWS_REGION:execute-api" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"',
    '-H "x-amz-security-token: $AWS_SESSION_TOKEN"',
)


def page(document: dict[str, Any]) -> str:
    """Return the page of a document."""
    parts = [INTRODUCTION]
    for tag in document["tags"]:
        parts.append(f"## {tag['name'].capitalize()}\n\n{tag['description']}\n")
        for path, operations in document["paths"].items():
            parts += [
                _operation(document, method, path, operation)
                for method, operation in operations.items()
                if operation["tags"] == [tag["name"]]
            ]
    parts.append("## Schemas\n")
    parts += [_schema(name, schema) for name, schema in sorted(document["components"]["schemas"].items())]
    return "\n".join(parts)


def _operation(document: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> str:
    lines = [f"### `{method.upper()} {path}`", "", operation["description"], ""]
    if parameters := operation.get("parameters"):
        lines += ["| parameter | in | | meaning |", "|---|---|---|---|"]
        lines += [
            f"| `{each['name']}` | {each['in']} | {'required' if each.get('required') else ''} "
            f"| {each.get('description', '')} |"
            for each in parameters
        ]
        lines.append("")
    body = operation.get("requestBody")
    if body:
        ((media_type, content),) = body["content"].items()
        lines += [f"Request: {_linked(content['schema'])}, `{media_type}`.", ""]
    lines += ["| status | answer |", "|---|---|"]
    lines += [f"| {status} | {_answer(answer)} |" for status, answer in sorted(operation["responses"].items())]
    return "\n".join([*lines, "", "```", _curl(document, method, path, operation), "```", ""])


def _answer(answer: dict[str, Any]) -> str:
    schemas = [_linked(each["schema"]) for each in answer.get("content", {}).values() if each["schema"].get("$ref")]
    return f"{answer['description']}{': ' + schemas[0] if schemas else ''}"


def _linked(schema: dict[str, Any]) -> str:
    name = schema["$ref"].removeprefix(REF)
    return f"[{name}](#{name.lower()})"


def _curl(document: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> str:
    """Return the operation's call, with its parameters' and its body's examples."""
    for each in operation.get("parameters", ()):
        if each["in"] == "path":
            path = path.replace(f"{{{each['name']}}}", str(example(document, each)))
    signed = operation.get("security") != []
    words = ["curl", *(SIGNED if signed else ())]
    if method != "get":
        words.append(f"-X {method.upper()}")
    if body := operation.get("requestBody"):
        ((media_type, content),) = body["content"].items()
        words += [
            f"-H 'content-type: {media_type}'",
            f"-d {shlex.quote(json.dumps(example(document, content['schema'])))}",
        ]
    return " \\\n  ".join([*words, f'"$LOGROUTER_API_URL{path}"'])


def example(document: dict[str, Any], schema: dict[str, Any]) -> Any:
    """Return the first example of a schema or a parameter.

    :raises LookupError: it has none: every operation must be shown as it is called.
    """
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].removeprefix(REF)]
    for found in (schema, schema.get("schema", {})):
        if found.get("examples"):
            return found["examples"][0]
    raise LookupError(f"no example: {schema}")


def _schema(name: str, schema: dict[str, Any]) -> str:
    lines = [f"### {name}", "", schema.get("description") or schema.get("title", name), ""]
    if alternatives := [each for each in schema.get("anyOf", ()) if "$ref" in each]:
        lines += [f"One of: {', '.join(map(_linked, alternatives))}.", ""]
    if properties := schema.get("properties"):
        required = schema.get("required", ())
        lines += ["| field | type | | meaning |", "|---|---|---|---|"]
        lines += [
            f"| `{field}` | {_type(each)} | {'required' if field in required else ''} | {_meaning(each)} |"
            for field, each in properties.items()
        ]
        lines.append("")
    return "\n".join(lines)


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return _linked(schema)
    if alternatives := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(dict.fromkeys(map(_type, alternatives)))
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    return str(schema.get("type", "any"))


def _meaning(schema: dict[str, Any]) -> str:
    default = schema.get("default")
    text = schema.get("description", "").replace("|", "\\|").replace("\n", " ")
    shown = "" if default in (None, "", [], ()) else f"default `{json.dumps(default)}`"
    return "; ".join(filter(None, (text, shown)))


if __name__ == "__main__":
    PAGE.write_text(page(json.loads(DOCUMENT.read_text())))
