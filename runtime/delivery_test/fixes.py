"""What to change where a test delivery fails: whose side, which policy, and the statement to paste."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from runtime.deliveries.probe import TAG_CONDITION_MISSING, ProbeStep, StepOutcome
from runtime.delivery_config.grants import TENANT_TAG, Grant, Place, Provider, Statement, actions
from runtime.delivery_config.model import DeliveryConfig
from runtime.delivery_state.next_steps import next_step
from runtime.errors import Hop

PROCESSORS: Final = "role/logrouter/processor/*"
"""The path of the provider's own roles (``constructs_lib/names.py``): the central role trusts them."""
CUSTOMERS_ROLE: Final = "LogDistributionRole"
"""In the path or name of each customer's role: the central role may assume no other."""
_ACLS: Final = {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
_DENIED: Final = "destination-denied"


class Side(StrEnum):
    """Who has to make a change."""

    CUSTOMER = "customer"
    PROVIDER = "provider"
    CONFIG = "config"


@dataclass(frozen=True, slots=True)
class Fix:
    """One change that would let the step pass. Of several, the first is the likeliest.

    :param place: what is changed. :param resource: whose. :param document: JSON to paste there; empty: only words.
    """

    side: Side
    text: str
    place: str = ""
    resource: str = ""
    document: Statement = field(default_factory=dict)


def fixes(config: DeliveryConfig, step: ProbeStep, provider: Provider) -> list[Fix]:
    """Return what would let a step pass; ``config`` has its ``target_region`` filled in."""
    if step.outcome not in (StepOutcome.FAILED, StepOutcome.WARNING):
        return []
    if step.denied_by:
        return [_except(config, step, provider)]
    if step.call.hop in (Hop.CENTRAL.name, Hop.EXECUTION.name, Hop.SOURCE.name):
        return [_of_provider(step, provider)]
    granted = [_granted(grant, statement) for grant, statement in _grants(config, step, provider)]
    found = [*_by_reason(config, step), *granted, *_corrections(config, step)]
    if not found:
        text = step.call.next_step or next_step(step.reason)
        return [Fix(Side.CUSTOMER if step.call.hop else Side.CONFIG, text, "", step.call.resource)]
    return found


def _grants(config: DeliveryConfig, step: ProbeStep, provider: Provider) -> list[tuple[Grant, Statement]]:
    """Return the statement that allows the call that failed, with the policy that it belongs into."""
    action = "kms:GenerateDataKey" if step.reason == "kms-refused" else step.call.action
    places = [(grant, each) for grant in config.grants(provider) for each in grant.statements]
    if step.reason == "log-group-missing":
        return [(grant, each) for grant, each in places if "logs:CreateLogGroup" in actions(each)]
    if step.reason not in ("second-hop-denied", _DENIED, "kms-refused", TAG_CONDITION_MISSING, "no-such-bucket"):
        return []
    exact = [(grant, each) for grant, each in places if action in actions(each)]
    return (exact or [(grant, each) for grant, each in places if _service(actions(each)[0]) == _service(action)])[:1]


def _granted(grant: Grant, statement: Statement) -> Fix:
    trusts = grant.place is Place.TRUST_POLICY
    text = f"let it be this statement of {grant.place}" if trusts else f"add this statement to {grant.place}"
    return Fix(Side.CUSTOMER, text, grant.place, grant.resource, statement)


def _by_reason(config: DeliveryConfig, step: ProbeStep) -> list[Fix]:
    """Return what isn't a permission."""
    bucket = f"s3://{getattr(config, 'bucket_name', '')}"
    if step.reason == "wrong-region" and step.region:
        return [_patch(f"the bucket is in {step.region}: set target_region", {"target_region": step.region})]
    if step.reason == "acl-refused":
        return [Fix(Side.CUSTOMER, next_step(step.reason), "the bucket's Object Ownership", bucket, _ACLS)]
    if step.reason == "no-such-bucket":
        return [Fix(Side.CUSTOMER, next_step(step.reason), "", bucket)]
    role = str(getattr(config, "log_distribution_role_arn", ""))
    if step.reason == "second-hop-denied" and CUSTOMERS_ROLE not in role:
        text = f"the role's path or name must contain {CUSTOMERS_ROLE}: the central role may assume no other"
        return [Fix(Side.CUSTOMER, text, "the role's name", role)]
    return []


def _corrections(config: DeliveryConfig, step: ProbeStep) -> list[Fix]:
    """Return what in the config may be wrong instead: AWS' refusal doesn't say which."""
    if step.reason not in (_DENIED, "log-group-missing"):
        return []
    if step.call.action.startswith("logs:"):
        text = "or set target_region, if the log group lies in another Region than "
        return [_patch(f"{text}{config.target_region}", {})]
    if step.call.action.startswith("s3:") and getattr(config, "bucket_owner", None):
        text = "or correct bucket_owner, if another account owns the bucket; without it any owner is taken"
        return [_patch(text, {"bucket_owner": None})]
    return []


def _patch(text: str, document: Statement) -> Fix:
    return Fix(Side.CONFIG, text, "the delivery config", "", document)


def _except(config: DeliveryConfig, step: ProbeStep, provider: Provider) -> Fix:
    """Return the condition under which a statement that denies leaves deliveries alone."""
    inside = step.call.hop == Hop.DESTINATION.name
    role = str(getattr(config, "log_distribution_role_arn", "")) if inside else ""
    text = "remove the statement that denies this, or give it this condition"
    provided = step.call.hop not in (Hop.CUSTOMER.name, Hop.DESTINATION.name)
    who = Side.PROVIDER if provided else Side.CUSTOMER
    condition = {"Condition": {"ArnNotEquals": {"aws:PrincipalArn": role or provider.central_role_arn}}}
    return Fix(who, text, f"the {step.denied_by} that denies it", step.call.resource, condition)


def _of_provider(step: ProbeStep, provider: Provider) -> Fix:
    if step.call.hop != Hop.CENTRAL.name or not step.call.action.startswith("sts:"):
        return Fix(Side.PROVIDER, step.call.next_step or next_step(step.reason), "", step.call.resource)
    account = f"arn:{provider.partition}:iam::{provider.account_id}"
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"{account}:root"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": {
            "ArnLike": {"aws:PrincipalArn": f"{account}:{PROCESSORS}"},
            "StringLike": {f"aws:RequestTag/{TENANT_TAG}": "?*"},
            "ForAllValues:StringEquals": {"aws:TagKeys": [TENANT_TAG]},
        },
    }
    text = f"let it be this statement of {Place.TRUST_POLICY}"
    return Fix(Side.PROVIDER, text, Place.TRUST_POLICY, provider.central_role_arn, statement)


def _service(action: str) -> str:
    return action.partition(":")[0]
