"""One delivery config: the fields that every delivery method has (contract §3).

A method's own fields are a subclass beside the method. Reading from the table tolerates unknown fields and newer
schema versions; a writer validates the same model through ``writing``, by ``WriteRules`` beyond a field's form.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)

from runtime.delivery_config import patterns
from runtime.delivery_config.facts import MethodFacts, Placement
from runtime.delivery_config.grants import Grant, Provider
from runtime.delivery_config.groups import GROUPS, Expansion
from runtime.delivery_config.transform import Transform
from runtime.delivery_config.write_rules import known_region, names_that_can_be, readable_secrets, rules_of
from runtime.endpoints.secret import MAX_LIVE, Secret

SCHEMA_VERSION = 1
MAX_SECRET = 16_384
"""Ours, characters; Secrets Manager takes 65,536 bytes (API reference, CreateSecret)."""


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


def _informs(value: object, info: ValidationInfo) -> object:
    """Read a text that only informs: a number by its text, anything else as absent. It never makes an item invalid."""
    if rules_of(info) or value is None or isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _whole_seconds(value: object, info: ValidationInfo) -> object:
    """Read a time without its fraction; what is no number is absent, as for DynamoDB's own expiry."""
    return value if rules_of(info) else whole_number(value)


def _version_number(value: object, info: ValidationInfo) -> object:
    """Read a version; one that isn't understood is the first."""
    if rules_of(info):
        return value
    number = whole_number(value)
    return SCHEMA_VERSION if number is None or number < SCHEMA_VERSION else number


def whole_number(value: object) -> int | None:
    """Return a number, or a number's text, without its fraction; ``None`` for what is none."""
    if isinstance(value, bool):
        return None
    try:
        return int(value) if isinstance(value, int | float) else int(float(str(value)))
    except (ValueError, OverflowError):
        return None


TenantId = Annotated[str, StringConstraints(pattern=patterns.TENANT_ID_PATTERN)]
DeliveryType = Annotated[str, StringConstraints(pattern=patterns.TYPE_PATTERN)]
RegionName = Annotated[str, StringConstraints(pattern=patterns.REGION_PATTERN), AfterValidator(known_region)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]
Names = Annotated[Texts, AfterValidator(names_that_can_be)]
ExternalId = Annotated[str, StringConstraints(pattern=patterns.EXTERNAL_ID_PATTERN, min_length=2, max_length=1224)]
SecretReferences = Annotated[Texts, Field(max_length=MAX_LIVE)]
"""References to secrets that are live, the newest first."""
Information = Annotated[str | None, BeforeValidator(_informs)]
AccountId = Annotated[str, StringConstraints(pattern=patterns.ACCOUNT)]


_BLANK_STAYS = frozenset({"bucket_prefix", "enabled", "desired_logs", "groups", "cluster_ids"})


def is_delivery_type(text: str) -> bool:
    """Whether a text can be a delivery config's ``type`` at all."""
    return re.fullmatch(patterns.TYPE_PATTERN.removesuffix("$"), text) is not None


def is_tenant_id(text: str) -> bool:
    """Whether a text can be a tenant's id at all."""
    return re.fullmatch(patterns.TENANT_ID_PATTERN.removesuffix("$"), text) is not None


class DeliveryConfig(BaseModel):
    """A destination and its filter. One tenant may have many; (``tenant_id``, ``type``) is the key."""

    facts: ClassVar[MethodFacts]
    """What is known of the method; a method's own model sets it."""

    # A method's validator is built when its first config is read: a process rarely needs them all.
    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True, defer_build=True)

    _allowed_regions: tuple[str, ...] = PrivateAttr(default=())  # never of an item: the tenant's record has them

    tenant_id: TenantId
    type: DeliveryType
    enabled: bool = True
    desired_logs: Names = ()
    groups: Names = ()
    target_region: RegionName | None = None
    cluster_ids: Names = ()
    schema_version: Annotated[int, BeforeValidator(_version_number)] = Field(default=SCHEMA_VERSION, ge=1)
    ttl: Annotated[int | None, BeforeValidator(_whole_seconds)] = None
    created_at: Information = None
    updated_at: Information = None
    external_id: ExternalId | None = None
    version: Information = None
    transform: Transform | None = None
    tenant_version: Annotated[int | None, BeforeValidator(_whole_seconds)] = None

    @model_validator(mode="before")
    @classmethod
    def _blank_is_absent(cls, data: Any, info: ValidationInfo) -> Any:
        """Treat null and whitespace as absent, so that a required field that is blank is reported as missing.

        An empty ``bucket_prefix`` has a meaning of its own and stays. A filter's blank text stays, to be refused: as
        absent it would let everything through. So does a writer's.
        """
        if not isinstance(data, dict):
            return data
        if rules_of(info):
            return {name: value for name, value in data.items() if value is not None}
        return {
            name: value
            for name, value in data.items()
            if value is not None and (name in _BLANK_STAYS or not isinstance(value, str) or value.strip())
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

    @model_validator(mode="after")
    def _secrets_can_be_read(self, info: ValidationInfo) -> Self:
        """Refuse, when writing, a secret's ARN that the config's role couldn't read."""
        if rules_of(info) and hasattr(self, "facts"):  # an unknown method has none, and is refused by its name
            readable_secrets(self, self.facts.secrets, info)
        return self

    @property
    def host_to_verify(self) -> str | None:
        """The host that has to prove that it is the tenant's, before the config is enabled; ``None``: none has to."""
        return None

    @classmethod
    def secret_problem(cls, field: str, value: Secret) -> str | None:  # noqa: ARG003 - overridden
        """Return why a text can't be the secret of a field (of ``facts.secrets``), or ``None``. It quotes no part."""
        text = value.reveal()
        return None if 0 < len(text) <= MAX_SECRET else f"must be a text of 1 to {MAX_SECRET:,} characters"

    @property
    def destination_key(self) -> tuple[str, ...] | None:
        """Where it delivers to, so that two configs can be compared; ``None`` where that isn't known."""
        return None

    @classmethod
    def destination_fields(cls) -> tuple[str, ...]:
        """The fields that say where it delivers to and by whom: a method's own ones, unless the method says less."""
        return (*sorted(set(cls.model_fields) - set(DeliveryConfig.model_fields)), "target_region")

    @cached_property
    def destination_digest(self) -> str:
        """16 hex digits over the method and the destination's fields: what a checkpoint holds for (contract §5)."""
        values = {name: getattr(self, name) for name in self.destination_fields()}
        text = json.dumps([self.method, values], sort_keys=True, default=str)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def session_policies(self, partition: str, central_bucket: str) -> tuple[dict[str, object], ...]:  # noqa: ARG002 - overridden
        """Return the policies under which the central role is assumed for it: methods that assume it say which."""
        return ()

    def grants(self, provider: Provider) -> tuple[Grant, ...]:  # noqa: ARG002 - overridden
        """Return what the customer's side must allow, each statement as its policy takes it."""
        return ()

    @property
    def role_arn(self) -> str | None:
        """The role in the customer's account that a delivery ends with; ``None``: the config has none."""
        return getattr(self, "log_distribution_role_arn", None)

    @property
    def accounts(self) -> Mapping[str, str | None]:
        """The accounts that it delivers to, by the field that names one; ``None`` where the field is left out."""
        return {"log_distribution_role_arn": self.role_arn.split(":")[4]} if self.role_arn else {}

    @property
    def regions(self) -> Mapping[str, str | None]:
        """The Regions that it delivers to, by the field that names one; none where it names an address instead."""
        named = self.facts.placement is Placement.INSIDE or self.role_arn is not None
        return {"target_region": self.target_region} if named else {}

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

    def bound_by(self, accounts: tuple[str, ...], allowed_regions: tuple[str, ...]) -> Self:  # noqa: ARG002 - overridden
        """Return the same config as its tenant's record bounds it.

        :param accounts: the tenant's; none: any. :param allowed_regions: of its sessions' writing; none: any.
        """
        if not allowed_regions:
            return self
        bound = self.model_copy()
        bound._allowed_regions = allowed_regions  # noqa: SLF001 - its own class
        return bound

    @property
    def allowed_regions(self) -> tuple[str, ...]:
        """The Regions that its sessions may write in; none: any."""
        return self._allowed_regions

    def in_region(self, region: str) -> Self:
        """Return the same config with its Region filled in: the processor's own, where the config names none."""
        return self if self.target_region else self.model_copy(update={"target_region": region})


def _share(one: frozenset[str] | None, other: frozenset[str] | None) -> bool:
    """Whether two sets share a member; ``None`` is the set of everything."""
    if one is None or other is None:
        return one != frozenset() and other != frozenset()
    return bool(one & other)
