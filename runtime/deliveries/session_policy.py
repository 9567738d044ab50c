"""Session policies for the central role: what one tenant's session may do (contract §4, §6).

A session's permissions are the intersection of the role's own and these. They are kept short: STS takes 2,048
characters, and what it packs them into is smaller still.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from runtime.delivery_config.model import DeliveryConfig
from runtime.errors import BlockedByCustomerError, Rule

MAX_POLICY_CHARACTERS = 2048  # STS API reference, AssumeRole, Policy
MAX_CHARACTERS_WHEN_WRITTEN = MAX_POLICY_CHARACTERS * 9 // 10
TOO_LONG = "session-policy-too-long"
_REFUSED: Rule = (BlockedByCustomerError, "session-policy-refused")
CODES: dict[str, Rule] = {
    **dict.fromkeys(("PackedPolicyTooLarge", "PackedPolicyTooLargeException"), (BlockedByCustomerError, TOO_LONG)),
    **dict.fromkeys(("MalformedPolicyDocument", "MalformedPolicyDocumentException"), _REFUSED),
}
"""What STS' refusals of a session policy mean: the config can't run (STS API reference, AssumeRole, errors)."""
Statement = dict[str, Any]

_SPECIAL = re.compile(r"[*?$]")


def literal(text: str) -> str:
    """Return a text whose wildcards and policy variables are taken literally.

    IAM user guide, policy variables: ``${*}``, ``${?}`` and ``${$}`` stand for the characters themselves.
    """
    return _SPECIAL.sub(lambda match: f"${{{match[0]}}}", text)


def read_objects(partition: str, central_bucket: str, tenant_id: str) -> Statement:
    """Allow reading one tenant's objects in the central bucket."""
    return {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:GetObjectVersion"],
        "Resource": f"arn:{partition}:s3:::{literal(central_bucket)}/{_tenants_keys(tenant_id)}",
    }


def list_objects(partition: str, central_bucket: str, tenant_id: str) -> Statement:
    """Allow listing one tenant's own prefix, and nothing where no prefix is named."""
    return {
        "Effect": "Allow",
        "Action": ["s3:ListBucket", "s3:ListBucketVersions"],
        "Resource": f"arn:{partition}:s3:::{literal(central_bucket)}",
        "Condition": {"StringLike": {"s3:prefix": _tenants_keys(tenant_id)}},
    }


def _tenants_keys(tenant_id: str) -> str:
    return f"tenant_id={literal(tenant_id)}/*"


def reader(partition: str, central_bucket: str, tenant_id: str) -> dict[str, object]:
    """Return the whole policy of a session that only reads: the same for all of a tenant's objects, so it is cached."""
    where = (partition, central_bucket, tenant_id)
    return document(read_objects(*where), list_objects(*where), use_keys_through_s3())


def write_below(partition: str, bucket: str, prefix: str, regions: tuple[str, ...] = ()) -> Statement:
    """Allow putting objects, in one piece or in parts, below a prefix of one bucket; in these Regions, if any."""
    return _in_regions(regions) | {
        "Effect": "Allow",
        "Action": ["s3:PutObject", "s3:PutObjectAcl", "s3:AbortMultipartUpload"],
        "Resource": f"arn:{partition}:s3:::{literal(bucket)}/{literal(prefix)}*",
    }


def use_keys_through_s3(regions: tuple[str, ...] = ()) -> Statement:
    """Allow the role's own KMS permissions, for S3's sake only: the keys of both buckets, where they have any.

    :param regions: whose keys; none: any Region's. The central bucket's own is always one of a tenant's.
    """
    return {
        "Effect": "Allow",
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Resource": "*",
        "Condition": {"StringLike": {"kms:ViaService": [f"s3.{region}.*" for region in regions] or "s3.*"}},
    }


def assume_role(role_arn: str) -> Statement:
    """Allow the second hop, to one role. The tenant's tag isn't transitive, so no tag is needed there."""
    return {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": literal(role_arn)}


def second_hop(role_arn: str) -> dict[str, object]:
    """Return the whole policy of a session that only assumes one role."""
    return document(assume_role(role_arn))


def copier(  # noqa: PLR0917 - as its statements take them
    partition: str, central_bucket: str, tenant_id: str, bucket: str, prefix: str, regions: tuple[str, ...] = ()
) -> dict[str, object]:
    """Return the whole policy of a session that copies one tenant's objects below one prefix; it lists nothing."""
    return document(
        read_objects(partition, central_bucket, tenant_id),
        write_below(partition, bucket, prefix, regions),
        use_keys_through_s3(regions),
    )


def within(regions: tuple[str, ...]) -> dict[str, object]:
    """Return the whole policy of a customer's session that can do nothing outside of some Regions.

    What it may do there is the customer's role's own to say. Source: IAM user guide, global condition keys: the key
    ``aws:RequestedRegion`` is always in the request's context.
    """
    return document(_in_regions(regions) | {"Effect": "Allow", "Action": "*", "Resource": "*"})


def _in_regions(regions: tuple[str, ...]) -> Statement:
    return {"Condition": {"StringEquals": {"aws:RequestedRegion": [*regions]}}} if regions else {}


def document(*statements: Statement) -> dict[str, object]:
    """Return the policy of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def size_problem(config: DeliveryConfig, partition: str, central_bucket: str) -> str:
    """Return why STS may not take the session policies that a config needs; empty if it surely does.

    STS also bounds what it packs a policy and the tags into, and only says afterwards how large that was
    (``PackedPolicySize``): a tenth of the length is left for it.
    """
    for policy in config.session_policies(partition, central_bucket):
        length = len(_text(policy))
        if length > MAX_CHARACTERS_WHEN_WRITTEN:
            return f"the session policy would have {length} characters, {MAX_CHARACTERS_WHEN_WRITTEN} fit"
    return ""


def compact(policy: Mapping[str, object]) -> str:
    """Return a policy as STS takes it, the same text for the same policy.

    :raises BlockedByCustomerError: it is over STS's limit; the config's prefix or role ARN is too long.
    """
    text = _text(policy)
    if len(text) > MAX_POLICY_CHARACTERS:
        raise BlockedByCustomerError(
            TOO_LONG,
            f"the session policy has {len(text)} characters, STS takes {MAX_POLICY_CHARACTERS}: "
            "shorten the config's bucket_prefix or the role's path",
        )
    return text


def _text(policy: Mapping[str, object]) -> str:
    return json.dumps(policy, separators=(",", ":"), sort_keys=True)
