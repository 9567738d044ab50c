"""Session policies for the central role: what one tenant's session may do (contract §4, §6).

A session's permissions are the intersection of the role's own and these. They are kept short: STS takes 2,048
characters, and what it packs them into is smaller still.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from runtime.errors import BlockedByCustomerError

MAX_POLICY_CHARACTERS = 2048  # STS API reference, AssumeRole, Policy
Statement = dict[str, Any]

_SPECIAL = re.compile(r"[*?$]")


def literal(text: str) -> str:
    """Take a text's wildcards and policy variables literally.

    IAM user guide, policy variables: ``${*}``, ``${?}`` and ``${$}`` stand for the characters themselves.
    """
    return _SPECIAL.sub(lambda match: f"${{{match[0]}}}", text)


def read_tenant(partition: str, central_bucket: str, tenant_id: str) -> list[Statement]:
    """Allow reading one tenant's objects in the central bucket, and being told that one is gone.

    Without ListBucket S3 answers 403 for a missing key, which would look like our own mistake instead of an
    expired object (S3 API reference, GetObject, permissions).
    """
    bucket = f"arn:{partition}:s3:::{literal(central_bucket)}"
    prefix = f"tenant_id={literal(tenant_id)}/*"
    return [
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:GetObjectVersion"], "Resource": f"{bucket}/{prefix}"},
        {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": bucket,
            "Condition": {"StringLikeIfExists": {"s3:prefix": prefix}},
        },
    ]


def reader(partition: str, central_bucket: str, tenant_id: str) -> dict[str, object]:
    """Make the whole policy of a session that only reads: the same for all of a tenant's objects, so it is cached."""
    return document(*read_tenant(partition, central_bucket, tenant_id), use_keys_through_s3())


def write_below(partition: str, bucket: str, prefix: str) -> Statement:
    """Allow putting objects, in one piece or in parts, below a prefix of one bucket."""
    return {
        "Effect": "Allow",
        "Action": ["s3:PutObject", "s3:PutObjectAcl", "s3:AbortMultipartUpload"],
        "Resource": f"arn:{partition}:s3:::{literal(bucket)}/{literal(prefix)}*",
    }


def use_keys_through_s3() -> Statement:
    """Allow the role's own KMS permissions, for S3's sake only: the keys of both buckets, where they have any."""
    return {
        "Effect": "Allow",
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Resource": "*",
        "Condition": {"StringLike": {"kms:ViaService": "s3.*"}},
    }


def assume_role(role_arn: str) -> Statement:
    """Allow the second hop, to one role. The tenant's tag isn't transitive, so nothing is to be tagged there."""
    return {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": literal(role_arn)}


def document(*statements: Statement) -> dict[str, object]:
    """Make a policy of statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def compact(policy: Mapping[str, object]) -> str:
    """Write a policy as STS wants it, the same text for the same policy.

    :raises BlockedByCustomerError: it is over STS's limit; the config's prefix or role ARN is too long.
    """
    text = json.dumps(policy, separators=(",", ":"), sort_keys=True)
    if len(text) > MAX_POLICY_CHARACTERS:
        raise BlockedByCustomerError(
            "session-policy-too-long",
            f"the session policy has {len(text)} characters, STS takes {MAX_POLICY_CHARACTERS}: "
            "shorten the config's bucket_prefix or the role's path",
        )
    return text
