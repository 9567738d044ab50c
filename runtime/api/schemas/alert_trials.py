"""What a trial of alert rules asks and answers."""

from collections.abc import Mapping
from typing import Self

from pydantic import AwareDatetime, ConfigDict, Field

from runtime.api.schemas.schema import Schema
from runtime.iso_times import iso

MAX_RULES = 50
MAX_HOURS = 24


class AlertTrialRequest(Schema):
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


class TriedNotificationView(Schema):
    """A notification that would have been sent."""

    rule: str
    kind: str = Field(description="`firing` or `resolved`")
    at: str = Field(description="when it would have been decided")
    key: dict[str, str] = Field(description="what the lines agree in")
    matches: int
    first_at: str = Field(description="of the lines of the alert")
    last_at: str
    sample: str = Field(description="the beginning of the last line before it")


class AlertTrialView(Schema):
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
    def of(cls, answer: Mapping[str, object], since: float) -> Self:
        """Show the function's answer."""
        raw = _RawTrial.model_validate(answer)
        made = [each.shown() for each in raw.notifications]
        times = {"since": iso(since), "through": iso(raw.through)}
        return cls(**{**raw.model_dump(), **times, "notifications": made})


class _RawNotification(Schema):
    rule: str
    key: dict[str, str]
    sample: str
    kind: str
    decided: float
    matches: int
    first_ms: int
    last_ms: int

    def shown(self) -> TriedNotificationView:
        return TriedNotificationView(
            rule=self.rule,
            kind=self.kind,
            at=iso(self.decided),
            key=self.key,
            matches=self.matches,
            first_at=iso(self.first_ms / 1000),
            last_at=iso(self.last_ms / 1000),
            sample=self.sample,
        )


class _RawTrial(Schema):
    complete: bool
    through: float
    objects: int
    lines: int
    marked: int
    matches: dict[str, int]
    problems: dict[str, dict[str, int]]
    notifications: list[_RawNotification]
    left_out: int
