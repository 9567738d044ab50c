"""What the endpoint about alerts that fire answers."""

from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field

from runtime.api.schemas.schema import Schema
from runtime.iso_times import iso

if TYPE_CHECKING:
    from runtime.alerts.states import FiredAlert


class FiredAlertView(Schema):
    """One rule and key whose lines fire, or did."""

    rule: str
    key: dict[str, str] = Field(description="what its lines agree in")
    state: Literal["firing", "resolved"]
    first_at: str = Field(description="of its first line, by the line's own time")
    last_at: str = Field(description="of its last line")
    notified_at: str = Field(description="when its last notification was decided")
    resolved_at: str | None = Field(default=None, description="when it was resolved last")
    joined: int = Field(description="lines since its last notification")
    unsent: int = Field(description="notifications that the destination hasn't taken yet")
    attempts: int = Field(description="failed attempts at the first of these")

    @classmethod
    def of(cls, alert: "FiredAlert") -> Self:
        """Show one."""
        state = alert.state
        return cls(
            rule=alert.rule,
            key=alert.key,
            state="firing" if state.firing else "resolved",
            first_at=iso(state.first_ms / 1000),
            last_at=iso(state.last_ms / 1000),
            notified_at=iso(state.notified),
            resolved_at=iso(state.resolved) if state.resolved else None,
            joined=state.joined,
            unsent=len(state.pending),
            attempts=state.pending[0].attempts if state.pending else 0,
        )


class FiredAlertPage(Schema):
    """One page of a tenant's alerts."""

    alerts: list[FiredAlertView]
    next_token: str | None = Field(default=None, description="there are more: pass it unchanged")
