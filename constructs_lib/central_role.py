"""The one role that customers trust, and what each Region lets it do."""

from typing import Final

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib.acknowledgement import acknowledge_wildcards
from constructs_lib.central_log_bucket import CentralLogBucket
from constructs_lib.limits import require_match
from constructs_lib.names import (
    CENTRAL_ROLE_NAME,
    CENTRAL_ROLE_PATH,
    OBJECT_KEY_PREFIX,
    PROCESSOR_ROLE_PATH,
    TENANT_TAG,
)

_SESSION = Duration.hours(1)
"""The longest session of a role assumed by a role. Source: IAM user guide, role chaining."""


def assume_for_one_tenant(role_arn: str, *, sid: str = "AssumeCentralRoleForOneTenant") -> iam.PolicyStatement:
    """Return the statement of what may assume a role for one tenant at a time: never without naming it."""
    return iam.PolicyStatement(
        sid=sid,
        actions=["sts:AssumeRole", "sts:TagSession"],
        resources=[role_arn],
        conditions={"StringLike": {f"aws:RequestTag/{TENANT_TAG}": "?*"}},
    )


def role_of_function(scope: Construct, construct_id: str, *, description: str) -> iam.Role:
    """Return a function's role that lies where the central role's trust expects it."""
    return iam.Role(
        scope,
        construct_id,
        path=PROCESSOR_ROLE_PATH,
        description=description,
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),  # why without a condition: pipeline_function
    )


class CentralLogDistributionRole(Construct):
    """Trusts processors' execution roles of this account, and only with the session tag ``tenant_id``.

    The execution roles don't exist yet when this role is made, and IAM refuses a principal that doesn't exist; so
    the account is the principal and ``aws:PrincipalArn`` narrows it to the processors' path. Permissions are attached
    by each Region's own stack (``CentralRoleRegionPolicy``).
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        removal_policy: RemovalPolicy = RemovalPolicy.RETAIN,
        role_name: str = CENTRAL_ROLE_NAME,
        path: str = CENTRAL_ROLE_PATH,
        processor_role_path: str = PROCESSOR_ROLE_PATH,
    ) -> None:
        super().__init__(scope, construct_id)
        account = Aws.ACCOUNT_ID
        processors = iam.AccountPrincipal(account).with_conditions(
            {
                "ArnLike": {"aws:PrincipalArn": f"arn:{Aws.PARTITION}:iam::{account}:role{processor_role_path}*"},
                # "?*": present and not empty. Another tag would let a processor pose as something customers match.
                "StringLike": {f"aws:RequestTag/{TENANT_TAG}": "?*"},
                "ForAllValues:StringEquals": {"aws:TagKeys": [TENANT_TAG]},
            }
        )
        self.role = iam.Role(
            self,
            "Role",
            role_name=role_name,
            path=path,
            description="Delivers tenants' logs into customers' accounts; assumed for one tenant at a time",
            assumed_by=iam.SessionTagsPrincipal(processors),
            max_session_duration=_SESSION,
        )
        self.role.apply_removal_policy(removal_policy)


CUSTOMER_ROLE_PATTERN: Final = "*LogDistributionRole*"
_OWN_OBJECTS: Final = f"{OBJECT_KEY_PREFIX}${{aws:PrincipalTag/{TENANT_TAG}}}/*"
"""Objects of the tenant that the session is tagged with, whatever the session's own policy says."""

_ANY_BUCKET: Final = f"arn:{Aws.PARTITION}:s3:::*/*"
_ANY_KEY: Final = f"arn:{Aws.PARTITION}:kms:*:*:key/*"


class CentralRoleRegionPolicy(Construct):
    """Inline policy: read this Region's objects, put into customers' buckets, assume customers' roles.

    It is the outer bound: sessions are tagged with one tenant, and read no other's objects; the processor narrows
    each to one destination, and the customer's own policy decides again. Writing to the central bucket itself is
    denied: that would be an endless loop, or a forged key. The policy is inline: a role holds 10,240 characters of
    inline policies (IAM quotas), enough for five Regions.

    :param policy_name: unique within the role: IAM is global, so each stage and Region brings a name of its own.
    :param customer_role_pattern: which roles of any account may be assumed, as in ``role/<pattern>`` (path included).
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bucket: CentralLogBucket,
        policy_name: str,
        customer_role_pattern: str = CUSTOMER_ROLE_PATTERN,
        role_name: str = CENTRAL_ROLE_NAME,
    ) -> None:
        super().__init__(scope, construct_id)
        require_match("policy_name", policy_name, r"[\w+=,.@-]{1,128}", "1-128 letters, digits or +=,.@-_")
        require_match(
            "customer_role_pattern", customer_role_pattern, r"(?!\*+$)[\w+=,.@/*-]+", "a role name pattern, not '*'"
        )
        self.policy = iam.CfnPolicy(
            self,
            "Policy",
            policy_name=policy_name,
            roles=[role_name],
            policy_document=iam.PolicyDocument(
                statements=[
                    *_read(bucket),
                    *_put(bucket),
                    _assume(customer_role_pattern),
                    *_use_keys(bucket),
                ]
            ),
        )
        acknowledge_wildcards(
            self.policy,
            reason="Customers' buckets, keys and roles aren't known when this is deployed. Each session is narrowed "
            "to one destination, and the customer's own policy must allow it too.",
            resources=(_ANY_BUCKET, _ANY_KEY, _roles(customer_role_pattern)),
        )
        bucket.acknowledge_pattern(
            self.policy,
            key_pattern=_OWN_OBJECTS,
            reason="All objects of the one tenant that the session is tagged with.",
        )


def _read(bucket: CentralLogBucket) -> list[iam.PolicyStatement]:
    return [
        iam.PolicyStatement(
            sid="ReadTheTenantsObjects",
            actions=["s3:GetObject", "s3:GetObjectVersion"],
            resources=[bucket.objects_arn(_OWN_OBJECTS)],
        ),
        iam.PolicyStatement(
            sid="ListTheTenantsObjects",
            # For a missing key S3 answers 403, as for a refused one: reading names no prefix, so this doesn't count
            # there (S3 API reference, GetObject). Listing the key itself shows which it is.
            actions=["s3:ListBucket", "s3:ListBucketVersions"],
            resources=[bucket.bucket_arn],
            conditions={"StringLike": {"s3:prefix": _OWN_OBJECTS}},
        ),
    ]


def _put(bucket: CentralLogBucket) -> list[iam.PolicyStatement]:
    return [
        iam.PolicyStatement(
            sid="PutIntoCustomersBuckets",
            # PutObjectAcl: S3 asks for it where a copy sets an ACL. Aborting: copies over the threshold are multipart.
            actions=["s3:PutObject", "s3:PutObjectAcl", "s3:AbortMultipartUpload"],
            resources=[_ANY_BUCKET],
            conditions={"StringNotEquals": {"s3:ResourceAccount": Aws.ACCOUNT_ID}},
        ),
        iam.PolicyStatement(
            sid="NeverIntoTheCentralBucket",
            effect=iam.Effect.DENY,
            actions=["s3:PutObject", "s3:PutObjectAcl", "s3:DeleteObject"],
            resources=[bucket.objects_arn("*")],
        ),
    ]


def _assume(customer_role_pattern: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid="AssumeCustomersRoles",
        actions=["sts:AssumeRole"],
        resources=[_roles(customer_role_pattern)],
        conditions={
            # Never a role of the central account: this role's own name matches the pattern, too.
            "StringNotEquals": {"aws:ResourceAccount": Aws.ACCOUNT_ID},
            "StringLike": {"sts:ExternalId": "?*"},
        },
    )


def _use_keys(bucket: CentralLogBucket) -> list[iam.PolicyStatement]:
    """Let S3 use keys on this role's behalf, never the role itself: ``kms:ViaService``."""
    via_s3 = {"StringLike": {"kms:ViaService": "s3.*.amazonaws.com*"}}
    statements = [
        iam.PolicyStatement(
            sid="WriteWithCustomersKeys",
            # Decrypt: S3 needs it to put the parts of a multipart copy together.
            actions=["kms:GenerateDataKey", "kms:Decrypt"],
            resources=[_ANY_KEY],
            conditions={**via_s3, "StringNotEquals": {"aws:ResourceAccount": Aws.ACCOUNT_ID}},
        )
    ]
    if bucket.encryption_key is not None:
        statements.append(
            iam.PolicyStatement(
                sid="ReadWithTheBucketsKey",
                actions=["kms:Decrypt"],
                resources=[bucket.encryption_key.key_arn],
                conditions=via_s3,
            )
        )
    return statements


def _roles(pattern: str) -> str:
    return f"arn:{Aws.PARTITION}:iam::*:role/{pattern}"
