"""A tenant's program as a part of its delivery config (contract §12): its form. What it means: ``runtime.programs``."""

import hashlib
import json
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    model_validator,
)

from runtime.text_forms import text_form

_PROGRAM_NAME = text_form(r"^[a-z][a-z0-9-]{0,63}$", "1 to 64 lower-case letters, digits or - and begin with a letter")
MAX_SOURCE_BYTES = 8192
"""Contract §12."""
READY_MADE_REVISION = 1
"""Of the ready-made programs' texts: raised with each change of one."""


def is_short(source: str) -> str:
    """Refuse a program that is too long."""
    if len(source.encode("utf-8", "surrogatepass")) > MAX_SOURCE_BYTES:
        raise ValueError(f"must have at most {MAX_SOURCE_BYTES:,} bytes")
    return source


def _is_small(parameters: dict[str, JsonValue]) -> dict[str, JsonValue]:
    if len(json.dumps(parameters)) > MAX_SOURCE_BYTES:
        raise ValueError(f"must have at most {MAX_SOURCE_BYTES:,} bytes as JSON")
    return parameters


class Transform(BaseModel):
    """What is done to each event before it is delivered: ``source``, or a ready-made ``program`` with ``parameters``.

    ``on_error``: what becomes of an event with which the program fails: ``pass`` delivers it as it is, with a mark;
    ``set-aside`` keeps it in the central bucket.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, defer_build=True)

    language: Literal["vrl"] = "vrl"
    source: Annotated[str, Field(min_length=1), AfterValidator(is_short)] | None = None
    program: Annotated[str, StringConstraints(pattern=_PROGRAM_NAME)] | None = None
    parameters: Annotated[dict[str, JsonValue], AfterValidator(_is_small)] | None = None
    on_error: Literal["pass", "set-aside"] = "pass"

    @model_validator(mode="after")
    def _is_one_program(self) -> Self:
        if (self.source is None) == (self.program is None):
            raise ValueError("must have either source or program")
        if self.parameters is not None and self.program is None:
            raise ValueError("must have no parameters beside source: they are a ready-made program's")
        return self

    def __hash__(self) -> int:
        return hash(self.digest)

    @cached_property
    def digest(self) -> str:
        """16 hex digits over everything that decides what is made of an event."""
        text = json.dumps(self.model_dump(exclude_none=True), sort_keys=True)
        if self.program is not None:
            text = f"{READY_MADE_REVISION} {text}"
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
