"""One tenant's record (contract §10): whose accounts and Regions its delivery configs may name, and its state.

A tenant without a record has the defaults: any account, any Region, active. Reading tolerates unknown fields; a record
that can't be read is never taken for the defaults (``InvalidRecord``). A writer validates the same model strictly.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from runtime.delivery_config.model import (
    SCHEMA_VERSION,
    AccountId,
    DeliveryConfig,
    ExternalId,
    Information,
    Names,
    RegionName,
    TenantId,
    whole_number,
)
from runtime.delivery_config.write_rules import MAX_NAMES, rules_of

State = Literal["active", "suspended", "leaving"]
ACTIVE: Final = "active"
SUSPENDED: Final = "suspended"
LEAVING: Final = "leaving"
MAX_CONTACTS: Final = 20
"""Ours."""
ISSUED_FIELDS: Final = frozenset(
    {"external_id", "pending_external_id", "passed_roles", "retired_external_id", "rotated_at"}
)
"""Set by the service alone, when an ExternalId is issued and rotated."""


def _members(value: object, info: ValidationInfo) -> object:
    """Read a list or set of texts; unlike a filter's names, a member that isn't text makes the record unreadable."""
    if isinstance(value, set | frozenset) and not rules_of(info):
        return tuple(sorted(value))
    return tuple(value) if isinstance(value, list) else value


def _contacts(value: object, info: ValidationInfo) -> object:
    """Read whom to tell: what isn't a list of texts only informs, and is absent."""
    if rules_of(info):
        return tuple(value) if isinstance(value, list) else value
    members = value if isinstance(value, list | tuple | set | frozenset) else ()
    return tuple(sorted(each for each in members if isinstance(each, str)))


def _each_once(values: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
    if rules_of(info):
        if len(values) > MAX_NAMES:
            raise ValueError(f"must have at most {MAX_NAMES} entries, not {len(values)}")
        if len(set(values)) != len(values):
            raise ValueError("must name each once")
    return values


def _addresses(values: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
    if not rules_of(info):
        return values
    if len(values) > MAX_CONTACTS:
        raise ValueError(f"must have at most {MAX_CONTACTS} entries, not {len(values)}")
    for index, address in enumerate(values):
        local, at, host = address.partition("@")
        well_formed = address.isascii() and address.isprintable() and " " not in address and len(address) <= 254  # noqa: PLR2004 - RFC 5321, a path without its brackets
        if not (well_formed and local and at and host) or "@" in host:
            raise ValueError(f"entry {index} must be an e-mail address")
    return values


class TenantRecord(BaseModel):
    """What binds all delivery configs of one tenant; ``tenant_id`` is the key.

    :param version: grows by one with each change. Each of the tenant's configs carries the version it was written
        under, so that a delivery never goes by an older record, or by none.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    tenant_id: TenantId
    state: State = ACTIVE
    accounts: Annotated[tuple[AccountId, ...], BeforeValidator(_members), AfterValidator(_each_once)] = Field(
        default=(), description="the customer's accounts: no role or bucket of another is delivered to; empty: any"
    )
    cluster_ids: Names = Field(default=(), description="the clusters that may write its logs; empty: any")
    allowed_regions: Annotated[tuple[RegionName, ...], BeforeValidator(_members), AfterValidator(_each_once)] = Field(
        default=(), description="Regions where its logs may lie and be delivered to; empty: any"
    )
    contacts: Annotated[
        tuple[str, ...], BeforeValidator(_contacts), AfterValidator(_addresses), Field(max_length=MAX_CONTACTS)
    ] = Field(default=(), description="e-mail addresses of whom to tell; for operators")
    external_id: ExternalId | None = Field(default=None, description="the issued one that its deliveries use")
    pending_external_id: ExternalId | None = Field(default=None, description="issued, and not yet used everywhere")
    passed_roles: Annotated[tuple[str, ...], BeforeValidator(_contacts)] = Field(
        default=(), description="roles that take the pending one: their deliveries use it"
    )
    retired_external_id: ExternalId | None = Field(
        default=None, description="the one before: to be taken out of the roles' trust"
    )
    rotated_at: Information = Field(default=None, description="when the one in use became it")
    schema_version: int = Field(default=SCHEMA_VERSION, ge=1)
    version: int = Field(default=1, ge=1)
    created_at: Information = None
    updated_at: Information = None

    def external_id_for(self, role_arn: str) -> str | None:
        """Return the issued ExternalId that a role is assumed with; ``None``: none is, the config's own counts."""
        return self.pending_external_id if role_arn in self.passed_roles else self.external_id

    @property
    def issued(self) -> tuple[str, ...]:
        """Every ExternalId that the tenant's configs may name."""
        ids = (self.external_id, self.pending_external_id, self.retired_external_id)
        return tuple(each for each in ids if each)

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, data: object) -> object:
        return {name: value for name, value in data.items() if value is not None} if isinstance(data, dict) else data

    @field_validator("allowed_regions")
    @classmethod
    def _has_the_central_bucket(cls, regions: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        """Refuse, when writing, Regions without the one where the tenant's logs lie before they are delivered."""
        rules = rules_of(info)
        if rules and rules.home_region and regions and rules.home_region not in regions:
            raise ValueError(
                f"must have {rules.home_region}: the clusters' logs lie in the central bucket there, before they are "
                "delivered"
            )
        return regions


def bind[Config: DeliveryConfig](config: Config, record: TenantRecord) -> Config:
    """Return a config as its tenant's record bounds it: with the issued ExternalId, owner and Regions."""
    bound = config.bound_by(record.accounts, record.allowed_regions)
    own = record.external_id_for(config.role_arn) if config.role_arn else None
    return bound.model_copy(update={"external_id": own}) if own else bound


@dataclass(frozen=True, slots=True)
class InvalidRecord:
    """An item that can't be read as a record: the tenant's deliveries wait until it is corrected.

    :param fields: names, never values.
    """

    tenant_id: str
    fields: tuple[str, ...]
    version: int


def read_record(item: Mapping[str, object]) -> TenantRecord | InvalidRecord:
    """Read one item (plain values); never raises for what an item may contain."""
    try:
        return TenantRecord.model_validate(dict(item))
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        fields = tuple(dict.fromkeys(".".join(str(part) for part in each["loc"]) for each in problems))
        return InvalidRecord(str(item.get("tenant_id", "")), fields, whole_number(item.get("version")) or 0)
