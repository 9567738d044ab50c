"""A test delivery: one made-up event, and the step at which it failed, with the call that was refused."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from uuid import uuid4

import msgspec

from runtime.deliveries.method import Delivery
from runtime.deliveries.role_chain import RoleChain
from runtime.deliveries.session_policy import second_hop
from runtime.deliveries.sessions import Sessions
from runtime.delivery_config.model import DeliveryConfig
from runtime.delivery_config.patterns import REGION_PATTERN
from runtime.errors import DeliveryError, FailedCall, error_answer, error_document
from runtime.objects.batches import Batch
from runtime.objects.key import ObjectKey
from runtime.objects.stored_object import StoredObject
from runtime.time_budget import TimeBudget

PROBE_SECONDS = 15.0
"""Ours: who waits for a test of the outside's waits for 20 s (``runtime/aws/clients.py``)."""
APPLICATION = "logrouter-test"
"""What a test delivery leaves is under this name (contract §15)."""
TAG_CONDITION_MISSING: Final = "tag-condition-missing"
DENIED: Final = frozenset({"second-hop-denied", "destination-denied"})
_DENIED_BY = re.compile(r"with an explicit deny(?: in an? ([a-z -]+? policy))?")
_encode = msgspec.json.Encoder().encode

type Step = tuple[str, Callable[[], object]]


class StepOutcome(StrEnum):
    """How far a step came. A warning passes: deliveries work, and the destination is less guarded than it should be."""

    PASSED = "passed"
    WARNING = "warning"
    FAILED = "failed"
    NOT_REACHED = "not-reached"


@dataclass(frozen=True, slots=True)
class ProbeStep:
    """One step. ``reason`` and ``detail`` are those of its failure, for people: no secret, no text of the server.

    :param call: the call that failed. :param denied_by: the kind of policy that denies it explicitly: no permission
        that is added helps there. :param region: where the bucket is, if S3 says that it is in another Region.
    """

    name: str
    outcome: StepOutcome
    reason: str = ""
    detail: str = ""
    call: FailedCall = field(default_factory=FailedCall)
    denied_by: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """What became of a test delivery. ``left``: the name of what it leaves at the destination."""

    steps: tuple[ProbeStep, ...]
    left: str = ""

    @property
    def passed(self) -> bool:
        """Whether the event was delivered."""
        return all(step.outcome in (StepOutcome.PASSED, StepOutcome.WARNING) for step in self.steps)


class UnguardedError(Exception):
    """The destination lets in what it should refuse; ``call`` is the one that it took."""

    def __init__(self, reason: str, detail: str, call: FailedCall) -> None:
        super().__init__(reason)
        self.reason, self.detail, self.call = reason, detail, call


def try_steps(*steps: Step, left: str = "") -> ProbeReport:
    """Take the steps, up to the first that fails."""
    report: list[ProbeStep] = []
    for name, step in steps:
        if report and report[-1].outcome in (StepOutcome.FAILED, StepOutcome.NOT_REACHED):
            report.append(ProbeStep(name, StepOutcome.NOT_REACHED))
            continue
        report.append(_taken(name, step))
    return ProbeReport(tuple(report), left)


def _taken(name: str, step: Callable[[], object]) -> ProbeStep:
    try:
        step()
    except UnguardedError as error:
        return ProbeStep(name, StepOutcome.WARNING, error.reason, error.detail, error.call)
    except DeliveryError as error:
        told = error_document(error.__cause__), error_answer(error.__cause__)
        denied_by, region = explicit_deny(told[0]), other_region(*told)
        return ProbeStep(name, StepOutcome.FAILED, error.reason, error.detail, error.call, denied_by, region)
    except Exception as error:  # noqa: BLE001 - a report says so of any failure
        return ProbeStep(name, StepOutcome.FAILED, "unexpected", type(error).__name__)
    return ProbeStep(name, StepOutcome.PASSED)


def explicit_deny(error: Mapping[str, object]) -> str:
    """Return the kind of policy that AWS' answer names as the one that denies; empty where none denies explicitly.

    Source: IAM user guide, "Troubleshoot access denied error messages".
    """
    found = _DENIED_BY.search(str(error.get("Message", "")))
    return (found[1] or "policy") if found else ""


def other_region(error: Mapping[str, object], answer: Mapping[str, object]) -> str:
    """Return the Region that S3 names as a bucket's, in its error or in a header; empty where it names none.

    Source: S3 API reference, "Error responses" and HeadBucket.
    """
    metadata = answer.get("ResponseMetadata")
    headers = metadata.get("HTTPHeaders") if isinstance(metadata, dict) else None
    named = error.get("Region") or (headers.get("x-amz-bucket-region") if isinstance(headers, dict) else "")
    return named if isinstance(named, str) and re.fullmatch(REGION_PATTERN, named) else ""


def role_steps(sessions: Sessions, config: DeliveryConfig) -> Sequence[Step]:
    """Return the hops to the customer's role that a config names, if it does.

    Where the hops are made here, a session of no tenant's knocks as well: the role's trust should refuse it.
    """
    role = getattr(config, "log_distribution_role_arn", None)
    if not role:
        return ()
    tenant_id = config.tenant_id

    def enter_as_another() -> None:
        refuse_stranger(
            lambda name: sessions.customer(name, role, config.external_id, config.allowed_regions),
            "sts:AssumeRole",
            role,
        )

    hops = (
        ("central-role", lambda: sessions.central(tenant_id, second_hop(role))),
        ("customer-role", lambda: sessions.customer(tenant_id, role, config.external_id, config.allowed_regions)),
    )
    return (*hops, ("tag-condition", enter_as_another)) if isinstance(sessions, RoleChain) else hops


def refuse_stranger(knock: Callable[[str], object], action: str, resource: str) -> None:
    """Have a destination refuse the session of a tenant that there isn't.

    :param knock: makes the call as the tenant that it is given.
    :raises UnguardedError: it isn't refused: any tenant's config could name this destination.
    :raises DeliveryError: the call failed for another reason.
    """
    try:
        knock(f"{APPLICATION}-{uuid4().hex[:16]}")
    except DeliveryError as error:
        if error.reason not in DENIED:
            raise
    else:
        detail = f"{action} on {resource} is allowed to sessions of any tenant: it must demand the tag tenant_id"
        raise UnguardedError(TAG_CONDITION_MISSING, detail, FailedCall("DESTINATION", action, resource))


def made_up_delivery(
    config: DeliveryConfig, central_bucket: str, now: float, budget: TimeBudget | None, name: str = ""
) -> tuple[Delivery, Batch]:
    """Return a delivery of an object that doesn't exist, and its one event.

    :param now: epoch seconds. :param name: stands for the pod; made up where it is empty.
    """
    name, time = name or uuid4().hex, datetime.fromtimestamp(now, UTC)
    cluster = config.cluster_ids[0] if config.cluster_ids else "logrouter"
    key = ObjectKey.parse(
        f"tenant_id={config.tenant_id}/cluster_id={cluster}/application={APPLICATION}/pod_name={name}"
        f"/{time:%Y%m%d-%H%M%S}-{name}.json.gz"
    )
    text = f"A test of this delivery config: {name}"
    batch = Batch(0, [int(now * 1000)], [_encode(text)], [len(text)])
    return Delivery(
        StoredObject(central_bucket, key, name), config, budget or TimeBudget.of_seconds(PROBE_SECONDS)
    ), batch


def left_by(delivery: Delivery) -> str:
    """Return the name of what a test delivery leaves."""
    return f"{delivery.object.key.cluster_id}/{APPLICATION}/{delivery.object.key.pod_name}"
