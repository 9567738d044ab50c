"""A process's environment as a typed model: each entry point declares its own, reads it once and passes it down."""

import os
from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict


class Environment(BaseModel):
    """Field names in upper case are the variables' names; a variable that is empty counts as not set."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @classmethod
    def read(cls, variables: Mapping[str, str] = os.environ) -> Self:
        """Read it.

        :raises pydantic.ValidationError: it names every variable that is missing or wrong, without its value.
        """
        return cls.model_validate({name: value for name in cls.model_fields if (value := variables.get(name.upper()))})
