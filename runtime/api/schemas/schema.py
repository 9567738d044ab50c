"""What all forms of requests and answers have in common."""

from pydantic import BaseModel, ConfigDict


class Schema(BaseModel):
    """A form that is built when it is first used: a command of the client uses one or two of some thirty."""

    model_config = ConfigDict(defer_build=True)
