"""Problem details for HTTP APIs (RFC 9457), the one shape of everything that isn't a success."""

from pydantic import Field

from runtime.api.schemas.schema import Schema

MEDIA_TYPE = "application/problem+json"
URN = "urn:logrouter:problem:"


class WrongField(Schema):
    """One wrong field or parameter."""

    field: str = Field(description="its name; members of lists by their position")
    problem: str = Field(description="what is wrong, and what it must be")


class Problem(Schema):
    """Problem details for HTTP APIs (RFC 9457)."""

    type: str = Field(examples=[f"{URN}invalid-config"])
    title: str
    status: int
    detail: str
    request_id: str = Field(description="also in the log line of the request")
    errors: list[WrongField] | None = Field(default=None, description="every wrong field at once")
