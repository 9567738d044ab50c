"""The form of a delivery config, made of the schema that the OpenAPI document has for it, and read back as JSON values.

A field that a delivery method brings along is there without a line here; ``HINTS`` explains those that most have.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from runtime.api.schemas.written_configs import schema_of, written_schema
from runtime.delivery_config.groups import GROUPS
from runtime.delivery_config.model import DeliveryConfig
from runtime.delivery_config.transform import Transform

LONG_TEXT: Final = 1_000
FIRST: Final = ("enabled",)
LAST: Final = ("groups", "desired_logs", "cluster_ids", "target_region", "external_id", "transform", "ttl")
IN_PATH: Final = frozenset({"tenant_id", "type"})
HINTS: Final = {
    "enabled": "Off: nothing is delivered; what waits is kept until its object expires.",
    "groups": "No group and no application: everything is delivered.",
    "desired_logs": "Applications, one a line, exactly as in the logs' keys; added to the groups.",
    "cluster_ids": "Only logs of these clusters, one a line; none: of all.",
    "target_region": "Where the destination lies; empty: the processor's own Region.",
    "external_id": "For the customer's role; empty: the central account's id.",
    "ttl": "Unix seconds from which on the config counts as absent; empty: never.",
    "log_distribution_role_arn": "The role in the customer's account that a delivery ends with.",
    "bucket_prefix": "Empty: the bucket's root. A missing slash at the end is added.",
    "bucket_owner": "The account that owns the bucket; every call then demands it.",
    "transform": "Sees each event before it is delivered: VRL of your own, or a ready-made program; empty: none.",
    "on_error": "What becomes of an event with which the program fails.",
}


class FieldKind(StrEnum):
    """How a field is shown."""

    SWITCH = "switch"
    TEXT = "text"
    LONG = "long"
    NUMBER = "number"
    CHOICE = "choice"
    CHECKS = "checks"
    LINES = "lines"
    SECRET = "secret"  # noqa: S105 - a kind's name
    PROGRAM = "program"
    JSON = "json"


_PLAIN: Final = {
    "boolean": FieldKind.SWITCH,
    "integer": FieldKind.NUMBER,
    "number": FieldKind.NUMBER,
    "string": FieldKind.TEXT,
}


@dataclass(frozen=True, slots=True)
class FormField:
    """One field. ``value`` as the form shows it: a text, a list of texts, or a truth value."""

    name: str
    kind: FieldKind
    label: str
    required: bool
    hint: str
    choices: Sequence[str]
    default: Any
    value: Any = ""
    problems: Sequence[str] = ()


def fields_of(
    model: type[DeliveryConfig], values: Mapping[str, Any], problems: Mapping[str, Sequence[str]] | None = None
) -> list[FormField]:
    """Return the form's fields with a config's values: the method's own first, then the filter, then the rest.

    :param problems: what is wrong, by the field's name.
    """
    schema = written_schema(model, model.facts.name)
    required = schema["required"]
    names = [name for name in schema["properties"] if name not in IN_PATH]
    ordered = sorted(names, key=lambda name: (_place(name), name not in required))
    return [
        _field(
            name, schema["properties"][name], values, required=name in required, problems=(problems or {}).get(name, ())
        )
        for name in ordered
    ]


def config_of(model: type[DeliveryConfig], form: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return the config's fields, as JSON values, of what was filled in: what they mean is the API's to judge."""
    given: dict[str, list[str]] = {}
    for name, value in form:
        given.setdefault(name, []).append(value)
    found: dict[str, Any] = {}
    for field in fields_of(model, {}):
        value = _read(field, given)
        if value is not None:
            found[field.name] = value
    return found


def _place(name: str) -> int:
    if name in FIRST:
        return 0
    return 2 + LAST.index(name) if name in LAST else 1


def _field(
    name: str,
    schema: Mapping[str, Any],
    values: Mapping[str, Any],
    *,
    required: bool,
    problems: Sequence[str],
) -> FormField:
    kind, choices = _kind(name, schema)
    default = schema.get("default")
    value = values.get(name, default)
    label = str(schema.get("title") or name.replace("_", " ")).capitalize()
    hint = HINTS.get(name, "")
    if kind is FieldKind.CHECKS:
        known = [group.name for group in GROUPS.by_name.values()]
        choices = [*known, *(each for each in value or () if each not in known)]
    return FormField(name, kind, label, required, hint, choices, default, _shown(kind, value), problems)


def _kind(name: str, schema: Mapping[str, Any]) -> tuple[FieldKind, Sequence[str]]:
    kinds = [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]
    first = kinds[0]
    if any(each.get("writeOnly") for each in kinds):
        return FieldKind.SECRET, ()
    if str(first.get("$ref", "")).endswith(f"/{Transform.__name__}"):
        return FieldKind.PROGRAM, schema_of(Transform, "validation")["properties"]["on_error"]["enum"]
    if "enum" in first:
        return FieldKind.CHOICE, first["enum"]
    of_names = first.get("type") == "array" and first.get("items", {}).get("type") == "string"
    if of_names:
        return (FieldKind.CHECKS if name == "groups" else FieldKind.LINES), ()
    if first.get("type") == "string" and first.get("maxLength", 0) > LONG_TEXT and not first.get("pattern"):
        return (FieldKind.TEXT if name == "url" else FieldKind.LONG), ()
    return _PLAIN.get(first.get("type", ""), FieldKind.JSON), ()


def _shown(kind: FieldKind, value: Any) -> Any:
    if kind is FieldKind.SWITCH:
        return bool(value)
    if kind in (FieldKind.CHECKS, FieldKind.SECRET):
        return [*(value or ())] if not isinstance(value, str) else []
    if kind is FieldKind.LINES:
        return "\n".join(value or ())
    if kind is FieldKind.PROGRAM:
        parts = value if isinstance(value, Mapping) else {}
        parameters = parts.get("parameters")
        return {**parts, "parameters": json.dumps(parameters) if isinstance(parameters, Mapping) else parameters or ""}
    if kind is FieldKind.JSON:
        return "" if value is None else json.dumps(value, indent=2)
    return "" if value is None else value


def _read(field: FormField, given: Mapping[str, Sequence[str]]) -> Any:  # noqa: PLR0911 - one a kind
    values = given.get(field.name, ())
    text = values[-1] if values else ""
    match field.kind:
        case FieldKind.SWITCH:
            return bool(text)
        case FieldKind.CHECKS:
            return [*values]
        case FieldKind.LINES:
            return [line.strip() for line in text.splitlines() if line.strip()]
        case FieldKind.NUMBER:
            return _number(text) if text else None
        case FieldKind.SECRET:
            return text or [*given.get(f"{field.name}.kept", ())] or None
        case FieldKind.PROGRAM:
            return _program(field.name, text, given)
        case FieldKind.JSON:
            return _json(text) if text else None
        case _:
            return text if text or isinstance(field.default, str) else None


def _program(name: str, source: str, given: Mapping[str, Sequence[str]]) -> dict[str, Any] | None:
    ready_made, parameters = (given.get(f"{name}.{part}", ("",))[-1] for part in ("program", "parameters"))
    parts = {
        "source": source.replace("\r\n", "\n"),
        "program": ready_made,
        "parameters": _json(parameters) if parameters else None,
    }
    found = {part: value for part, value in parts.items() if value}
    return {**found, "on_error": given.get(f"{name}.on_error", ("pass",))[-1]} if found else None


def _number(text: str) -> int | str:
    return int(text) if text.lstrip("-").isascii() and text.lstrip("-").isdigit() else text


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
