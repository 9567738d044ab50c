"""The statement that a customer pastes into a policy, where one would allow what was refused.

As the onboarding template writes it (docs/onboarding.md): a role's trust and a bucket's policy name the central role as
principal, what the role itself may do has none. Nothing wider than what the template has.
"""

from collections.abc import Mapping
from typing import Any, Final

from runtime.api.schemas.deliveries import Failure

DENIED: Final = "destination-denied"
type Statement = dict[str, object]


def statement(tenant_id: str, failure: Failure, config: Mapping[str, Any], central_role_arn: str) -> Statement | None:
    """Return it; ``None`` where no statement of the customer's helps.

    :param config: the delivery config's fields. :param central_role_arn: whom the customer trusts.
    """
    if failure.hop == "CUSTOMER" and failure.action == "sts:AssumeRole":
        external_id = config.get("external_id") or central_role_arn.split(":")[4]
        condition = {"StringEquals": {"sts:ExternalId": external_id, **_own(tenant_id)}}
        return _allow("sts:AssumeRole", principal=central_role_arn, condition=condition)
    if failure.hop != "DESTINATION" or failure.reason != DENIED:
        return None
    service = failure.action.partition(":")[0]
    if service == "s3" and config.get("bucket_name"):
        partition, prefix = central_role_arn.split(":")[1], config.get("bucket_prefix", "")
        resource = f"arn:{partition}:s3:::{config['bucket_name']}/{prefix}{tenant_id}/*"
        condition = {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", **_own(tenant_id)}}
        return _allow("s3:PutObject", resource, principal=central_role_arn, condition=condition)
    if service == "logs" and config.get("log_group_name"):
        _, partition, _, _, account, _ = str(config["log_distribution_role_arn"]).split(":", 5)
        region = config.get("target_region") or failure.resource.rpartition(" in ")[2] or "*"
        group = f"arn:{partition}:logs:{region}:{account}:log-group:{config['log_group_name']}"
        return _allow(["logs:CreateLogStream", "logs:PutLogEvents"], [group, f"{group}:*"])
    if service == "lambda" and config.get("function_arn"):
        return _allow("lambda:InvokeFunction", [config["function_arn"], f"{config['function_arn']}:*"])
    return None


def _own(tenant_id: str) -> dict[str, str]:
    return {"aws:PrincipalTag/tenant_id": tenant_id}


def _allow(action: object, resource: object = None, *, principal: str = "", condition: object = None) -> Statement:
    parts = {
        "Effect": "Allow",
        "Principal": {"AWS": principal} if principal else None,
        "Action": action,
        "Resource": resource,
        "Condition": condition,
    }
    return {name: value for name, value in parts.items() if value is not None}
