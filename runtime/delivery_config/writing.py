"""Validates what a writer stores, with the readers' model in its strict mode.

Every wrong field is named at once, with how to correct it, and never with its value.
"""

import json
import re
from collections.abc import Container, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ValidationError

from runtime.delivery_config.attribute_values import AttributeValue, typed
from runtime.delivery_config.model import DeliveryConfig
from runtime.delivery_config.repository import Models
from runtime.delivery_config.service_fields import SERVICE_FIELDS
from runtime.delivery_config.tenant_record import ISSUED_FIELDS, TenantRecord
from runtime.delivery_config.write_rules import WriteRules
from runtime.text_forms import correction

PLAIN_NAME = re.compile(r"[\w-]+", re.ASCII)
"""A name that can stand in a dotted path as it is."""

CORRECTIONS = {
    "missing": "is required",
    "extra_forbidden": "is not a field here",
    "bool_type": "must be true or false",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "tuple_type": "must be a list of texts",
}


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One wrong field, by its name, and what it must be."""

    field: str
    problem: str


class InvalidConfigError(ValueError):
    """What was to be stored isn't a valid config, or no valid tenant. ``problems`` has every wrong field."""

    def __init__(self, problems: tuple[FieldProblem, ...]) -> None:
        super().__init__("; ".join(f"{each.field} {each.problem}" for each in problems))
        self.problems = problems


def validate(fields: Mapping[str, object], models: Models, rules: WriteRules) -> DeliveryConfig:
    """Return the config that these fields (JSON values) make.

    :raises InvalidConfigError: with all that is wrong.
    """
    problems, given = _without_service_fields(fields)
    type_ = given.get("type")
    model = models.get(type_.partition(":")[0]) if isinstance(type_, str) else None
    if type_ is not None and model is None:
        problems.append(FieldProblem("type", f"must be {' or '.join(sorted(models))}, or one of them with a :name"))
    try:
        config = (model or DeliveryConfig).model_validate(
            given, strict=True, extra="forbid" if model else "ignore", context=rules
        )
    except ValidationError as error:
        problems += problems_of(error, taken={problem.field for problem in problems})
    if problems:
        raise InvalidConfigError(tuple(problems))
    return config


def validate_record(fields: Mapping[str, object], rules: WriteRules) -> TenantRecord:
    """Return the tenant's record that these fields (JSON values) make.

    :raises InvalidConfigError: with all that is wrong.
    """
    return validate_as(TenantRecord, fields, rules, SERVICE_FIELDS | ISSUED_FIELDS)


def validate_as[Model: BaseModel](
    model: type[Model], fields: Mapping[str, object], rules: WriteRules, service_fields: frozenset[str] = SERVICE_FIELDS
) -> Model:
    """Return what these fields (JSON values) make of a model.

    :raises InvalidConfigError: with all that is wrong.
    """
    problems, given = _without_service_fields(fields, service_fields)
    try:
        made = model.model_validate(given, strict=True, extra="forbid", context=rules)
    except ValidationError as error:
        problems += problems_of(error, taken={problem.field for problem in problems})
    if problems:
        raise InvalidConfigError(tuple(problems))
    return made


def item_of(stored: BaseModel) -> dict[str, AttributeValue]:
    """Return the item (typed attribute values) that stores a model; what is absent isn't stored.

    Nor is what is empty, unless a reader would take its absence for something else.
    """
    fields, own = stored.model_dump(exclude_none=True), type(stored).model_fields
    return {name: typed(value) for name, value in fields.items() if value != () or own[name].default != ()}


def _without_service_fields(
    fields: Mapping[str, object], service_fields: frozenset[str] = SERVICE_FIELDS
) -> tuple[list[FieldProblem], dict[str, object]]:
    problems = [FieldProblem(name, "is set by the service: leave it out") for name in fields if name in service_fields]
    return problems, {name: value for name, value in fields.items() if name not in service_fields}


def problems_of(error: ValidationError, taken: Container[str] = ()) -> list[FieldProblem]:
    """Return what a model refuses, by fields. :param taken: those of which something is said already."""
    found = []
    for each in error.errors(include_url=False, include_input=False):
        field = ".".join(_named(part) for part in each["loc"])
        if field not in taken:
            found.append(FieldProblem(field, CORRECTIONS.get(each["type"]) or correction(each)))
    return found


def _named(part: str | int) -> str:
    """Return a field's name, or a list's index. A caller's own name can be anything, also empty: as in JSON, quoted."""
    name = str(part)
    return name if PLAIN_NAME.fullmatch(name) else json.dumps(name)
