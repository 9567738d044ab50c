"""What the endpoints answer: models, and how a stored config becomes one."""

from typing import TYPE_CHECKING

from pydantic import ConfigDict, Field

from runtime.api.schemas.schema import Schema
from runtime.delivery_config.model import DeliveryConfig

if TYPE_CHECKING:
    from runtime.api.config_store import StoredConfig  # a client stores none


class InvalidStored(Schema):
    """An item that was put into the table by other means and can't be read as a config: it delivers nothing."""

    type: str
    fields: list[str] = Field(description="the wrong fields")
    problem: str


class GroupView(Schema):
    """An application group."""

    name: str
    applications: list[str]


class GroupList(Schema):
    """All application groups there are."""

    groups: list[GroupView]


class Health(Schema):
    """The service answers."""

    status: str = Field(examples=["ok"])


class ResolvedConfig(Schema):
    """What a config means."""

    tenant_id: str
    type: str
    delivers: bool = Field(description="false: disabled, nothing is delivered")
    everything: bool = Field(description="no filter by application: all of them")
    applications: list[str] = Field(description="what the filter selects, groups expanded; empty with `everything`")
    unknown_groups: list[str] = Field(description="they add no application")
    cluster_ids: list[str] = Field(description="only objects of these; empty: of every cluster")
    target_region: str


class MatchResult(Schema):
    """Whether objects of an application, or one object, would be delivered."""

    application: str | None = None
    object_key: str | None = None
    delivered: bool
    reason: str = Field(
        description="`selected`, `application-filtered`, `cluster-filtered`, `disabled`, `other-tenant`, "
        "`not-an-object-key`; or `selected-on-some-clusters`: an application's objects of `cluster_ids` alone"
    )


class MatchResults(Schema):
    """One verdict for each name and key, in their order; names first."""

    verdicts: list[MatchResult]


class MatchRequest(Schema):
    """What to try."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"applications": ["kube-apiserver", "etcd"]}]})

    config: dict[str, object] | None = Field(
        default=None, description="a config that isn't stored; else the stored one"
    )
    applications: list[str] = Field(default=[], max_length=1000)
    object_keys: list[str] = Field(default=[], max_length=1000)


def view(stored: "StoredConfig") -> dict[str, object]:
    """Return a stored config as an answer. It must be readable."""
    assert isinstance(stored.config, DeliveryConfig)
    fields = stored.config.model_dump(mode="json", exclude_none=True)
    return fields | {"warnings": warnings(stored.config)}


def warnings(config: DeliveryConfig) -> list[str]:
    """Return what is allowed, but hardly meant."""
    return [f"groups: {name!r} is not a known group and adds no application" for name in config.expansion.unknown]
