"""The one role that customers trust. Its name and path are fixed: customers pin its ARN."""

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib.names import (
    CENTRAL_ROLE_NAME,
    CENTRAL_ROLE_PATH,
    PROCESSOR_ROLE_PATH,
    TENANT_TAG,
)

_SESSION = Duration.hours(1)
"""The longest session of a role assumed by a role. Source: IAM user guide, role chaining."""


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
