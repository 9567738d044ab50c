"""One alert rule of a tenant's: which lines it is about, how many of them fire, and who is notified (contract §13)."""

import hashlib
import re
from collections.abc import Mapping
from typing import Annotated, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    model_validator,
)

from runtime.alerts.evaluation import RuleLimits
from runtime.alerts.line_copy import Level, LineCopy
from runtime.alerts.ready_made import READY_MADE
from runtime.deliveries.cloudwatch.config import CustomerRoleArn
from runtime.delivery_config.model import SCHEMA_VERSION, ExternalId, Information, Names, TenantId
from runtime.delivery_config.transform import is_short
from runtime.delivery_config.write_rules import known_region, rules_of
from runtime.text_forms import text_form

RULE_NAME_PATTERN: Final = text_form(
    r"^[a-z0-9][a-z0-9\-]{0,62}$", "1 to 63 lower-case letters, digits or - and not begin with -"
)
MAX_COUNT: Final = 100
"""Ours, below what a state remembers (``evaluation.REMEMBERED``)."""
MAX_SECONDS: Final = 86_400
MAX_TEXT: Final = 256

_TOPIC_ARN: Final = text_form(
    r"^arn:aws[a-z0-9\-]*:sns:[a-z0-9\-]+:[0-9]{12}:[A-Za-z0-9_\-]{1,256}(?:\.fifo)?$",
    "the ARN of an SNS topic, as arn:aws:sns:us-east-1:222222222222:alerts",
)
"""SNS API reference, CreateTopic, Name."""
_BUS_ARN: Final = text_form(
    r"^arn:aws[a-z0-9\-]*:events:[a-z0-9\-]+:[0-9]{12}:event-bus/[A-Za-z0-9._\-/]{1,256}$",
    "the ARN of an event bus, as arn:aws:events:us-east-1:222222222222:event-bus/alerts",
)
"""EventBridge API reference, PutEventsRequestEntry, EventBusName."""

Text = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TEXT)]
JoinField = Literal["cluster_id", "application", "pod_name"]


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _of_known_region(arn: str, info: ValidationInfo) -> str:
    """Refuse, when writing, what lies in a Region that doesn't exist, or in another partition than its role."""
    rules, role = rules_of(info), info.data.get("log_distribution_role_arn")
    if rules is None:
        return arn
    _, partition, _, region, _ = arn.split(":", 4)
    known_region(region, info)
    if rules.regions[region] != partition or (role and role.split(":")[1] != partition):
        raise ValueError("must be in the partition of its Region and of log_distribution_role_arn")
    return arn


def _is_ready_made(name: str) -> str:
    if name not in READY_MADE:
        raise ValueError(f"must be one of {', '.join(READY_MADE)}")
    return name


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, data: object) -> object:
        return {name: value for name, value in data.items() if value is not None} if isinstance(data, dict) else data


class SnsNotice(_Part):
    """A topic in the customer's account, by the double hop."""

    method: Literal["sns"]
    log_distribution_role_arn: CustomerRoleArn
    topic_arn: Annotated[str, StringConstraints(pattern=_TOPIC_ARN), AfterValidator(_of_known_region)]
    external_id: ExternalId | None = None

    @property
    def target_arn(self) -> str:
        """What is published to."""
        return self.topic_arn


class EventBusNotice(_Part):
    """An event bus in the customer's account, by the double hop."""

    method: Literal["eventbridge"]
    log_distribution_role_arn: CustomerRoleArn
    event_bus_arn: Annotated[str, StringConstraints(pattern=_BUS_ARN), AfterValidator(_of_known_region)]
    external_id: ExternalId | None = None

    @property
    def target_arn(self) -> str:
        """The bus that gets the event."""
        return self.event_bus_arn


Notice = Annotated[SnsNotice | EventBusNotice, Field(discriminator="method")]
"""How the customer is notified."""


class AlertRule(BaseModel):
    """All that is named must hold for a line to match; (``tenant_id``, ``name``) is the key.

    ``count`` and ``window_seconds`` are a ready-made rule's own where they are left out.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    tenant_id: TenantId
    name: Annotated[str, StringConstraints(pattern=RULE_NAME_PATTERN)]
    enabled: bool = True
    ready_made: Annotated[str, AfterValidator(_is_ready_made)] | None = Field(
        default=None, description="a ready-made rule", json_schema_extra={"enum": [*READY_MADE, None]}
    )
    level: Level | None = Field(default=None, description="lines of this level or above")
    contains: Annotated[tuple[Text, ...], BeforeValidator(_as_tuple), Field(max_length=10)] = Field(
        default=(), description="texts that the line has, all of them; case counts"
    )
    predicate: Annotated[str, Field(min_length=1), AfterValidator(is_short)] | None = Field(
        default=None, description="VRL that ends in what is true or false for a line, at most 8 KiB"
    )
    applications: Names = Field(default=(), description="of these alone")
    cluster_ids: Names = Field(default=(), description="of these alone")
    count: Annotated[int, Field(ge=1, le=MAX_COUNT)] = Field(default=1, description="so many matching lines fire")
    window_seconds: Annotated[int, Field(ge=10, le=3600)] = Field(default=60, description="within so long")
    silence_seconds: Annotated[int, Field(ge=0, le=MAX_SECONDS)] = Field(
        default=300, description="after a notification, none of the same alert for so long"
    )
    join_by: Annotated[tuple[JoinField, ...], BeforeValidator(_as_tuple), Field(max_length=3)] = Field(
        default=("cluster_id", "application"), description="lines that agree in these are one alert"
    )
    notify: Notice = Field(description="who is notified, and how")
    schema_version: int = SCHEMA_VERSION
    version: Information = None
    created_at: Information = None
    updated_at: Information = None

    @model_validator(mode="before")
    @classmethod
    def _take_over(cls, data: object) -> object:
        """Fill in a ready-made rule's numbers where they are left out; null is absent."""
        if not isinstance(data, dict):
            return data
        data = {name: value for name, value in data.items() if value is not None}
        ready = READY_MADE.get(str(data.get("ready_made")))
        return {"count": ready.count, "window_seconds": ready.window_seconds} | data if ready else data

    @model_validator(mode="after")
    def _looks_for_something(self) -> Self:
        """Refuse a rule that every marked line would match."""
        if not (self.ready_made or self.level or self.contains or self.predicate):
            raise ValueError("must have at least one of ready_made, level, contains and predicate")
        return self

    @property
    def external_id(self) -> str | None:
        """The ExternalId that it names for its role."""
        return self.notify.external_id

    @property
    def accounts(self) -> Mapping[str, str | None]:
        """The accounts that it reaches, by the field that names one."""
        return {f"notify.{field}": arn.split(":")[4] for field, arn in self._arns.items()}

    @property
    def regions(self) -> Mapping[str, str | None]:
        """The Region that it notifies in, by the field that names it."""
        return {f"notify.{field}": region for field, arn in self._arns.items() if (region := arn.split(":")[3])}

    @property
    def _arns(self) -> Mapping[str, str]:
        target = "topic_arn" if isinstance(self.notify, SnsNotice) else "event_bus_arn"
        role = self.notify.log_distribution_role_arn
        return {"log_distribution_role_arn": role, target: self.notify.target_arn}

    @property
    def limits(self) -> RuleLimits:
        """Its numbers."""
        return RuleLimits(self.count, self.window_seconds, self.silence_seconds)

    def matches(self, line: LineCopy) -> bool:
        """Whether a line is one that the rule is about, but for its predicate (``predicate.LineMatcher`` asks that).

        It says nothing of ``enabled``.
        """
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
