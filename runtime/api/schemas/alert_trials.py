"""What a trial of alert rules asks and answers."""

from typing import Any, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from runtime.delivery_state.parked_delivery import iso

MAX_RULES = 50
MAX_HOURS = 24


class AlertTrialRequest(BaseModel):
    """Which rules are tried, on which of the tenant's stored objects."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"rules": [{"name": "errors", "level": "error"}]}]},
    )

    rules: list[dict[str, object]] = Field(
        default=[], max_length=MAX_RULES, description="rules that aren't stored; `notify` may be left out"
    )
    names: list[str] = Field(default=[], max_length=MAX_RULES, description="stored ones; without either, all of them")
    since: AwareDatetime | None = Field(default=None, description="of the objects' own time; an hour before `until`")
    until: AwareDatetime | None = Field(default=None, description=f"now; at most {MAX_HOURS} hours after `since`")
    applications: list[str] | None = Field(default=None, max_length=100, description="objects of these alone")
    cluster_ids: list[str] | None = Field(default=None, max_length=100, description="objects of these alone")


class TriedNotificationView(BaseModel):
    """A notification that would have been sent."""

    rule: str
    kind: str = Field(description="`firing` or `resolved`")
    at: str = Field(description="when it would have been decided")
    key: dict[str, str] = Field(description="what the lines agree in")
    matches: int
    first_at: str = Field(description="of the lines of the alert")
    last_at: str
    sample: str = Field(description="the beginning of the last line before it")


class AlertTrialView(BaseModel):
    """What would have fired. Nobody was notified, and nothing is kept."""

    complete: bool = Field(description="false: there was no time for all objects; those up to `through` count")
    since: str
    through: str
    objects: int
    lines: int
    marked: int = Field(description="of these, lines that the agent copies: the others no rule ever sees")
    matches: dict[str, int] = Field(description="by rule")
    problems: dict[str, dict[str, int]] = Field(
        description="by rule: what went wrong with its predicate, and how often"
    )
    notifications: list[TriedNotificationView]
    left_out: int = Field(description="further notifications")

    @classmethod
    def of(cls, answer: dict[str, Any], since: float) -> Self:
        """Show the function's answer."""
        made = [
            TriedNotificationView(
                rule=each["rule"],
                kind=each["kind"],
                at=iso(each["decided"]),
                key=each["key"],
                matches=each["matches"],
                first_at=iso(each["first_ms"] / 1000),
                last_at=iso(each["last_ms"] / 1000),
                sample=each["sample"],
            )
            for each in answer["notifications"]
        ]
        times = {"since": iso(since), "through": iso(answer["through"])}
        return cls(**{**answer, **times, "notifications": made})
