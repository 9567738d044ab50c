"""A tenant's program as a part of its delivery config (contract §12): its form. What it means: ``runtime.programs``."""

import hashlib
from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

MAX_SOURCE_BYTES = 8192
"""Contract §12."""


def _is_short(source: str) -> str:
    if len(source.encode("utf-8", "surrogatepass")) > MAX_SOURCE_BYTES:
        raise ValueError(f"must have at most {MAX_SOURCE_BYTES:,} bytes")
    return source


class Transform(BaseModel):
    """What is done to each event before it is delivered.

    ``on_error``: what becomes of an event with which the program fails: ``pass`` delivers it as it is, with a mark;
    ``set-aside`` keeps it in the central bucket.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, defer_build=True)

    language: Literal["vrl"] = "vrl"
    source: Annotated[str, Field(min_length=1), AfterValidator(_is_short)]
    on_error: Literal["pass", "set-aside"] = "pass"

    @cached_property
    def digest(self) -> str:
        """16 hex digits over everything that decides what is made of an event."""
        text = self.model_dump_json(exclude_none=True)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
