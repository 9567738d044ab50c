"""One delivery config: the fields that every delivery method has (contract §3).

A method's own fields are a subclass beside the method. Reading from the table tolerates unknown fields and newer
schema versions; whoever writes (the API) validates the same model through ``runtime.delivery_config.writing``, which
refuses what can't work: the rules beyond a field's form are ``WriteRules``, and hold where they are given.
"""

import re
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from runtime.delivery_config.groups import GROUPS, Expansion
from runtime.delivery_config.write_rules import known_region, names_that_can_be, rules_of

SCHEMA_VERSION = 1

TENANT_ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9\-_.]{0,127}$"
TYPE_PATTERN = r"^[a-z][a-z0-9\-]{0,31}(:[A-Za-z0-9][A-Za-z0-9\-_.]{0,63})?$"
REGION_PATTERN = r"^[a-z]{2,4}(-[a-z]+){1,3}-[0-9]{1,2}$"
EXTERNAL_ID_PATTERN = r"^[A-Za-z0-9_+=,.@:/\-]*$"  # STS API reference, AssumeRole, ExternalId: 2 to 1,224 of these


def _texts(value: object, info: ValidationInfo) -> object:
    """Read a list or set of names. A member that isn't text counts by its text: it must not make a filter empty.

    A writer's members stay as they are, and are refused.
    """
    if rules_of(info):
        return tuple(value) if isinstance(value, list) else value
    if isinstance(value, list | tuple | set | frozenset):
        members = (item if isinstance(item, str) else "null" if item is None else str(item) for item in value)
        return tuple(sorted(members) if isinstance(value, set | frozenset) else members)
    return value


TenantId = Annotated[str, StringConstraints(pattern=TENANT_ID_PATTERN)]
DeliveryType = Annotated[str, StringConstraints(pattern=TYPE_PATTERN)]
RegionName = Annotated[str, StringConstraints(pattern=REGION_PATTERN), AfterValidator(known_region)]
Names = Annotated[tuple[str, ...], BeforeValidator(_texts), AfterValidator(names_that_can_be)]
ExternalId = Annotated[str, StringConstraints(pattern=EXTERNAL_ID_PATTERN, min_length=2, max_length=1224)]
AccountId = Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]


def is_tenant_id(text: str) -> bool:
    """Whether a text can be a tenant's id at all."""
    return re.fullmatch(TENANT_ID_PATTERN.removesuffix("$"), text) is not None


class DeliveryConfig(BaseModel):
    """A destination and its filter. One tenant may have many; (``tenant_id``, ``type``) is the key."""

    # A method's validator is built when its first config is read: a process rarely needs them all.
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, defer_build=True)

    tenant_id: TenantId
    type: DeliveryType
    enabled: bool = True
    desired_logs: Names = ()
    groups: Names = ()
    target_region: RegionName | None = None
    cluster_ids: Names = ()
    schema_version: int = Field(default=SCHEMA_VERSION, ge=1)
    ttl: int | None = None
    created_at: str | None = None
    updated_at: str | None = None
    external_id: ExternalId | None = None
    version: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _blank_is_absent(cls, data: Any, info: ValidationInfo) -> Any:
        """Treat null and whitespace as absent, so that a required field that is blank is reported as missing.

        An empty ``bucket_prefix`` has a meaning of its own and stays. A writer's blank text stays too, to be refused.
        """
        if not isinstance(data, dict):
            return data
        if rules_of(info):
            return {name: value for name, value in data.items() if value is not None}
        return {
            name: value
            for name, value in data.items()
            if value is not None and not (isinstance(value, str) and not value.strip() and name != "bucket_prefix")
        }

    @field_validator("groups")
    @classmethod
    def _selects_something(cls, groups: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        """Refuse, when writing, a filter that can never let anything through."""
        if rules_of(info) and groups and not info.data.get("desired_logs") and not GROUPS.expand(groups).applications:
            raise ValueError(
                "selects nothing: none of these groups is known and desired_logs names no application; "
                f"known groups: {', '.join(sorted(group.name for group in GROUPS.by_name.values()))}"
            )
        return groups

    @field_validator("ttl")
    @classmethod
    def _is_in_the_future(cls, ttl: int | None, info: ValidationInfo) -> int | None:
        """Refuse, when writing, a config that would be expired already."""
        rules = rules_of(info)
        if rules and ttl is not None and not rules.now < ttl <= rules.latest_ttl:
            raise ValueError(f"must be Unix seconds in the future, at most {rules.latest_ttl}; now is {int(rules.now)}")
        return ttl

    @property
    def place(self) -> tuple[str, ...] | None:
        """Where it delivers to, so that two configs can be compared; ``None``: can't be told."""
        return None

    @property
    def method(self) -> str:
        """The delivery method: ``s3`` of ``s3:archive-eu``."""
        return self.type.partition(":")[0]

    @cached_property
    def expansion(self) -> Expansion:
        """What the config's groups mean."""
        return GROUPS.expand(self.groups)

    @cached_property
    def applications(self) -> frozenset[str] | None:
        """The applications it wants; ``None`` means all. Naming only unknown groups gives the empty set: nothing."""
        if not self.desired_logs and not self.groups:
            return None
        return self.expansion.applications | frozenset(self.desired_logs)

    def selects(self, application: str, cluster_id: str) -> bool:
        """Whether the filter lets this application of this cluster through (says nothing of enabled and ttl)."""
        return self.filtered_by(application, cluster_id) is None

    def filtered_by(self, application: str, cluster_id: str) -> str | None:
        """Name the filter that keeps this application of this cluster out, or ``None``."""
        if self.cluster_ids and cluster_id not in self.cluster_ids:
            return "cluster-filtered"
        if self.applications is not None and application not in self.applications:
            return "application-filtered"
        return None

    def overlaps(self, other: "DeliveryConfig") -> bool:
        """Whether some object would be let through by both filters (says nothing of enabled and ttl)."""
        return _share(self.applications, other.applications) and _share(
            frozenset(self.cluster_ids) or None, frozenset(other.cluster_ids) or None
        )

    def is_live(self, now: float) -> bool:
        """Whether it isn't expired: an expired item counts as absent even before DynamoDB deletes it (epoch s)."""
        return self.ttl is None or self.ttl > now

    def in_region(self, region: str) -> Self:
        """Give the same config with its Region filled in: the processor's own, where the config names none."""
        return self if self.target_region else self.model_copy(update={"target_region": region})


def _share(one: frozenset[str] | None, other: frozenset[str] | None) -> bool:
    """Whether two sets share a member; ``None`` is the set of everything."""
    if one is None or other is None:
        return one != frozenset() and other != frozenset()
    return bool(one & other)
