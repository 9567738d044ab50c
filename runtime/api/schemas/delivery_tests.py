"""What the endpoints about test deliveries answer."""

from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field

from runtime.api.schemas.schema import Schema
from runtime.iso_times import iso

if TYPE_CHECKING:
    from runtime.delivery_state.delivery_tests import DeliveryTest  # a client stores none


class FixView(Schema):
    """One change that would let a step pass; of several, the first is the likeliest."""

    side: str = Field(description="`customer`, `provider`, or `config`: the writer of the delivery config")
    text: str
    place: str = Field(default="", description="what is changed, such as the bucket's policy")
    resource: str = Field(default="", description="whose")
    document: dict[str, object] = Field(default={}, description="JSON to paste there; empty: only words")


class StepView(Schema):
    """One step."""

    name: str
    outcome: str = Field(description="`passed`, `warning` (deliveries work, less guarded), `failed`, `not-reached`")
    reason: str = ""
    detail: str = ""
    call: str = Field(default="", description="the call that failed, or the permission that was missing")
    resource: str = ""
    fixes: list[FixView] = Field(default=[])


class DeliveryTestView(Schema):
    """A test delivery, as far as it is."""

    id: str
    tenant_id: str
    type: str
    state: Literal["queued", "running", "passed", "failed", "no-answer"] = Field(
        description="a failed step that IAM's delay may explain is tried again while `running`"
    )
    steps: list[StepView]
    left: str = Field(description="the name of what it leaves at the destination")
    attempts: int
    enables: bool = Field(description="whether the config is enabled once it has passed")
    started_at: str
    updated_at: str
    ends_by: str = Field(description="by then it has a result, or none will come")

    @classmethod
    def of(cls, test: "DeliveryTest") -> Self:
        """Show one."""
        return cls(
            id=test.id,
            tenant_id=test.tenant_id,
            type=test.type,
            state=test.state.value,
            steps=[StepView.model_validate(step) for step in test.steps],
            left=test.left,
            attempts=test.attempts,
            enables=test.enables,
            started_at=iso(test.started_at),
            updated_at=iso(test.updated_at),
            ends_by=iso(test.ends_by),
        )
