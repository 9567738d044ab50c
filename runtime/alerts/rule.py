"""One alert rule of a tenant's: which lines it is about, how many of them fire, and who is notified (contract §13)."""

import hashlib
import re
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from runtime.alerts.evaluation import RuleLimits
from runtime.alerts.line_copy import Level, LineCopy
from runtime.alerts.ready_made import READY_MADE
from runtime.deliveries.cloudwatch.config import CustomerRoleArn
from runtime.delivery_config.model import ExternalId, Information, Names, TenantId

RULE_NAME_PATTERN: Final = r"^[a-z0-9][a-z0-9\-]{0,62}$"
MAX_COUNT: Final = 100
"""Ours, below what a state remembers (``evaluation.REMEMBERED``)."""
MAX_SECONDS: Final = 86_400
MAX_TEXT: Final = 256

_TOPIC_ARN: Final = r"arn:aws[a-z0-9\-]*:sns:[a-z0-9\-]+:[0-9]{12}:[A-Za-z0-9_\-]{1,256}(?:\.fifo)?"
"""SNS API reference, CreateTopic, Name."""
_BUS_ARN: Final = r"arn:aws[a-z0-9\-]*:events:[a-z0-9\-]+:[0-9]{12}:event-bus/[A-Za-z0-9._\-/]{1,256}"
"""EventBridge API reference, PutEventsRequestEntry, EventBusName."""

Text = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TEXT)]
JoinField = Literal["cluster_id", "application", "pod_name"]


def _is_ready_made(name: str) -> str:
    if name not in READY_MADE:
        raise ValueError(f"must be one of {', '.join(READY_MADE)}")
    return name


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class SnsNotice(_Part):
    """A topic in the customer's account, by the double hop."""

    method: Literal["sns"]
    log_distribution_role_arn: CustomerRoleArn
    topic_arn: Annotated[str, StringConstraints(pattern=f"^{_TOPIC_ARN}$")]
    external_id: ExternalId | None = None

    @property
    def target_arn(self) -> str:
        """What is published to."""
        return self.topic_arn


class EventBusNotice(_Part):
    """An event bus in the customer's account, by the double hop."""

    method: Literal["eventbridge"]
    log_distribution_role_arn: CustomerRoleArn
    event_bus_arn: Annotated[str, StringConstraints(pattern=f"^{_BUS_ARN}$")]
    external_id: ExternalId | None = None

    @property
    def target_arn(self) -> str:
        """The bus that gets the event."""
        return self.event_bus_arn


Notice = Annotated[SnsNotice | EventBusNotice, Field(discriminator="method")]
"""How the customer is notified."""


class AlertRule(BaseModel):
    """(``tenant_id``, ``name``) is the key. All that is named must hold for a line to match.

    ``contains``: texts that the line has, all of them, case counts. ``join_by``: lines that agree in these are one
    alert. ``count`` and ``window_seconds`` are a ready-made rule's own where they are left out.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    tenant_id: TenantId
    name: Annotated[str, StringConstraints(pattern=RULE_NAME_PATTERN)]
    enabled: bool = True
    ready_made: Annotated[str, AfterValidator(_is_ready_made)] | None = None
    level: Level | None = None
    contains: Annotated[tuple[Text, ...], Field(max_length=10)] = ()
    applications: Names = ()
    cluster_ids: Names = ()
    count: Annotated[int, Field(ge=1, le=MAX_COUNT)] = 1
    window_seconds: Annotated[int, Field(ge=10, le=3600)] = 60
    silence_seconds: Annotated[int, Field(ge=0, le=MAX_SECONDS)] = 300
    join_by: Annotated[tuple[JoinField, ...], Field(max_length=3)] = ("cluster_id", "application")
    notify: Notice
    schema_version: int = 1
    version: Information = None
    created_at: Information = None
    updated_at: Information = None

    @model_validator(mode="before")
    @classmethod
    def _take_over(cls, data: object) -> object:
        """Fill in a ready-made rule's numbers where they are left out."""
        if not isinstance(data, dict):
            return data
        ready = READY_MADE.get(str(data.get("ready_made")))
        return {"count": ready.count, "window_seconds": ready.window_seconds} | data if ready else data

    @model_validator(mode="after")
    def _looks_for_something(self) -> Self:
        """Refuse a rule that every marked line would match."""
        if not (self.ready_made or self.level or self.contains):
            raise ValueError("must have at least one of ready_made, level and contains")
        return self

    @property
    def limits(self) -> RuleLimits:
        """Its numbers."""
        return RuleLimits(self.count, self.window_seconds, self.silence_seconds)

    def matches(self, line: LineCopy) -> bool:
        """Whether a line is one that the rule is about (says nothing of ``enabled``)."""
        return (
            (not self.cluster_ids or line.cluster_id in self.cluster_ids)
            and (not self.applications or line.application in self.applications)
            and (self.level is None or line.is_at_least(self.level))
            and all(text in line.message for text in self.contains)
            and (self.ready_made is None or READY_MADE[self.ready_made].matches(line.message))
        )

    def key(self, line: LineCopy) -> dict[str, str]:
        """Return what joins this line to others of one alert."""
        return {name: str(getattr(line, name)) for name in sorted(set(self.join_by))}


def is_rule_name(text: str) -> bool:
    """Whether a text can be a rule's name at all."""
    return re.fullmatch(RULE_NAME_PATTERN.removesuffix("$"), text) is not None


def key_digest(key: dict[str, str]) -> str:
    """Return 16 hex digits over a key: a part of its state's sort key."""
    text = "\n".join(f"{name}={key[name]}" for name in sorted(key))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
