"""What the endpoints about deliveries and replays take and answer: models, and how items become them."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from pydantic import AwareDatetime, ConfigDict, Field

from runtime.api.schemas.schema import Schema
from runtime.delivery_state.replay_selection import MAX_KEYS, Selection, SelectionError
from runtime.iso_times import iso

if TYPE_CHECKING:  # a client has no use for what the service makes its answers of
    from runtime.delivery_state.destination_status import DestinationStatus
    from runtime.delivery_state.parked_delivery import ParkedDelivery
    from runtime.delivery_state.replays import Replay
    from runtime.replay.estimate import Estimate


class Failure(Schema):
    """What failed last, and what to do about it."""

    reason: str
    detail: str = ""
    hop: str = Field(default="", description="CENTRAL, CUSTOMER, DESTINATION, SOURCE or EXECUTION")
    action: str = Field(default="", description="the call that failed, or the permission that was missing")
    resource: str = ""
    next_step: str = Field(default="", description="who has to change what")


class ParkedView(Schema):
    """A parked delivery."""

    type: str
    object_key: str
    attempts: int
    checkpoint: int = Field(description="batches that the destination has acknowledged")
    first_attempt_at: str
    last_attempt_at: str
    expires_at: str | None = Field(default=None, description="when the object, and this with it, expires")
    failure: Failure

    @classmethod
    def of(cls, parked: "ParkedDelivery") -> Self:
        """Show one."""
        message = parked.message
        parts = {name: getattr(parked, name) for name in ("detail", "hop", "action", "resource", "next_step")}
        return cls(
            type=message.type,
            object_key=message.key,
            attempts=message.attempt,
            checkpoint=message.checkpoint,
            first_attempt_at=iso(message.first_attempt_at),
            last_attempt_at=iso(parked.parked_at),
            expires_at=None if parked.expires_at is None else iso(parked.expires_at),
            failure=Failure(reason=message.reason, **parts),
        )


class ParkedPage(Schema):
    """One page of parked deliveries."""

    deliveries: list[ParkedView]
    next_token: str | None = None


class StatusView(Schema):
    """How a delivery config's destination is. It may be some minutes old while everything works."""

    tenant_id: str
    type: str
    works: bool | None = Field(description="null: nothing was delivered yet, and nothing failed")
    last_success_at: str | None = None
    last_failure_at: str | None = None
    failing_since: str | None = Field(default=None, description="start of the failures since the last success")
    last_failure: Failure | None = None
    lag_seconds: float | None = Field(default=None, description="age of the oldest event at the last success")
    log_group_created_at: str | None = Field(
        default=None,
        description="when a delivery created the missing log group, without retention, key and tags",
    )
    program: dict[str, int] | None = Field(
        default=None,
        description="what the config's programs have counted: `in` = `out` + `dropped` + `set_aside`; `passed`: failed "
        "and delivered with a mark; `made`: events to be delivered; `times_kept`: their new time was too far away",
    )
    parked: int = Field(description="deliveries that wait for someone's action")
    next_probe_at: str | None = Field(default=None, description="when parked deliveries are tried again at the latest")

    @classmethod
    def of(cls, status: "DestinationStatus", parked: int) -> Self:
        """Show one."""
        tried = bool(status.last_success_at or status.last_failure_at)
        return cls(
            tenant_id=status.tenant_id,
            type=status.type,
            works=status.last_success_at > status.last_failure_at if tried else None,
            last_success_at=_at(status.last_success_at),
            last_failure_at=_at(status.last_failure_at),
            failing_since=_at(status.failing_since),
            last_failure=Failure(**status.failure) if status.failure else None,
            lag_seconds=status.lag_seconds,
            log_group_created_at=_at(status.log_group_created_at),
            program=dict(status.program) or None,
            parked=parked,
            next_probe_at=_at(status.due_at),
        )


class ReplayRequest(Schema):
    """What to deliver again, or for the first time."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"since": "2026-11-20T00:00:00Z", "until": "2026-11-21T00:00:00Z", "dry_run": True}]
        },
    )

    type: str | None = Field(default=None, description="one delivery config; else all that are enabled")
    application: str | None = None
    cluster_id: str | None = None
    since: AwareDatetime | None = Field(default=None, description="of the objects' own time, inclusive")
    until: AwareDatetime | None = Field(default=None, description="exclusive")
    object_keys: list[str] = Field(default=[], max_length=MAX_KEYS, description="these alone")
    everything: bool = Field(default=False, description="all of the tenant's objects: instead of a narrower selection")
    per_second: float = Field(default=20, ge=1, le=200, description="deliveries started in a second")
    dry_run: bool = Field(default=False, description="count and estimate, start nothing")

    def selection(self, tenant_id: str) -> Selection:
        """Return what is selected.

        :raises SelectionError: nothing narrows it down, and it doesn't say ``everything``; or both.
        """
        narrow = (self.application, self.cluster_id, self.since, self.until, self.object_keys or None)
        if self.everything == any(part is not None for part in narrow):
            raise SelectionError(
                "say what to replay: since and until, application, cluster_id or object_keys; or everything: true"
            )
        return Selection(
            tenant_id,
            self.type,
            self.application,
            self.cluster_id,
            _epoch(self.since),
            _epoch(self.until),
            tuple(self.object_keys),
        )


class EstimateView(Schema):
    """The estimate. Costs are list prices in US dollars."""

    complete: bool = Field(description="false: there are more objects than were counted for this answer")
    objects: int
    bytes: int = Field(description="compressed")
    deliveries: int
    by_type: dict[str, int]
    too_old: int = Field(description="objects older than CloudWatch Logs accepts: their events are set aside")
    seconds: float = Field(description="how long starting them takes at this rate")
    provider_cost: float
    customer_cost: float

    @classmethod
    def of(cls, estimate: "Estimate") -> Self:
        """Show one."""
        names = (
            "complete",
            "objects",
            "bytes",
            "deliveries",
            "by_type",
            "too_old",
            "seconds",
            "provider_cost",
            "customer_cost",
        )
        return cls(**{name: getattr(estimate, name) for name in names})


class ReplayView(Schema):
    """A replay and its progress."""

    id: str | None = Field(default=None, description="null: a dry run")
    state: str = Field(description="`running`, `done`, `cancelled`, or `estimated`")
    selection: dict[str, object]
    objects: int = 0
    deliveries: int = Field(default=0, description="started so far; each ends with a record of its own")
    bytes: int = 0
    total_deliveries: int | None = Field(default=None, description="counted beforehand, where that was possible")
    started_at: str | None = None
    updated_at: str | None = None
    estimate: EstimateView | None = None

    @classmethod
    def of(cls, replay: "Replay", estimate: EstimateView | None = None) -> Self:
        """Show one."""
        return cls(
            id=replay.id,
            state=replay.state.value,
            selection=shown(replay.selection),
            objects=replay.objects,
            deliveries=replay.deliveries,
            bytes=replay.bytes,
            total_deliveries=replay.total_deliveries,
            started_at=_at(replay.started_at),
            updated_at=_at(replay.updated_at),
            estimate=estimate,
        )


class ReplayList(Schema):
    """A tenant's replays of the last months, the latest first."""

    replays: list[ReplayView]


def shown(selection: Selection) -> dict[str, object]:
    """Return the requested selection."""
    times = {"since": selection.since, "until": selection.until}
    document = selection.document() | {name: iso(at) for name, at in times.items() if at}
    if "keys" in document:
        document["object_keys"] = document.pop("keys")
    return document


def _at(epoch_seconds: float | None) -> str | None:
    return iso(epoch_seconds) if epoch_seconds else None


def _epoch(at: datetime | None) -> float | None:
    return None if at is None else at.timestamp()
