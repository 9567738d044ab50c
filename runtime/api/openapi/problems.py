"""Which problems an operation may answer with."""

from collections.abc import Mapping
from typing import Any

DESCRIPTIONS = {
    "400": "Not JSON, a wrong query, or a path not in its one form",
    "403": "Unsigned, or the caller's policies don't allow it",
    "404": "There is no such config or replay",
    "405": "The path doesn't take this method",
    "409": "It exists already, it overlaps with another config, or the stored item doesn't allow it",
    "412": "It isn't any more what If-Match or If-None-Match says",
    "413": "The body is over 64 KiB",
    "415": "The body is of another media type",
    "422": "Fields or parameters are wrong; all of them are named",
    "429": "Slow down; Retry-After says for how long",
    "503": "The config table doesn't answer; Retry-After says when to try again",
}
_ALWAYS = ("400", "403", "405", "413", "429")
_OF_BODY = ("415", "422")
_OF_TENANT = ("422", "503")


def add_problems(paths: Mapping[str, Mapping[str, Any]]) -> None:
    """Add each operation's problems to its answers."""
    for path, operations in paths.items():
        for method, operation in operations.items():
            for status in _statuses(path, method, operation):
                operation["responses"][status] = _answer(status)


def _statuses(path: str, method: str, operation: Mapping[str, Any]) -> set[str]:
    statuses = {*_ALWAYS}
    if "requestBody" in operation:
        statuses |= {*_OF_BODY}
    if "{tenant_id}" in path:
        statuses |= {*_OF_TENANT}
    if "{type}" in path:
        statuses |= {"404", "409"}
        if not path.endswith(("/effective", "/match", "/status")):
            statuses.add("412")
    if "{replay_id}" in path:
        statuses.add("404")
    if method == "post":
        statuses.add("409")
    return statuses


def _answer(status: str) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    answer: dict[str, Any] = {"description": DESCRIPTIONS[status], "content": content}
    if status in {"429", "503"}:
        answer["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "seconds"}}
    if status == "405":
        answer["headers"] = {"Allow": {"schema": {"type": "string"}}}
    return answer
