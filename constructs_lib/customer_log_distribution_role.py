"""The customer's role: lets the one central role write into one of the customer's log groups."""

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib.acknowledgement import acknowledge_wildcards
from constructs_lib.limits import require_match
from constructs_lib.names import CUSTOMER_ROLE_PATH, TENANT_TAG

_ROLE_ARN = r"arn:[a-z-]+:iam::\d{12}:role/.+"


class CustomerLogDistributionRole(Construct):
    """Trusts one role of one account, with ExternalId and the tenant's session tag; writes one log group.

    No physical name: an account can hold one for each Region and tenant. Its path makes it match what the central
    role may assume. Every value may be text or a stack's parameter.

    :param tenant_id: whose deliveries may use it.
    :param central_role_arn: the only principal.
    :param external_id: what the provider must present.
    :param region: where it may write; nowhere else.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        tenant_id: str,
        central_role_arn: str,
        external_id: str,
        log_group_name: str,
        region: str = Aws.REGION,
    ) -> None:
        super().__init__(scope, construct_id)
        require_match("central_role_arn", central_role_arn, _ROLE_ARN, "the ARN of a role")
        log_groups = f"arn:{Aws.PARTITION}:logs:{region}:{Aws.ACCOUNT_ID}:log-group"
        self.role = iam.Role(
            self,
            "Role",
            path=CUSTOMER_ROLE_PATH,
            description="Writes this tenant's logs into its own log group, in one Region",
            assumed_by=iam.ArnPrincipal(central_role_arn).with_conditions(
                {"StringEquals": {"sts:ExternalId": external_id, f"aws:PrincipalTag/{TENANT_TAG}": tenant_id}}
            ),
            inline_policies={
                "WriteLogs": iam.PolicyDocument(statements=_statements(f"{log_groups}:{log_group_name}", region))
            },
        )
        acknowledge_wildcards(
            self.role,
            reason="Streams are named after pods, which come and go. Log groups can only be described as a list: the "
            "Vector engine asks for it.",
            resources=(f"{log_groups}:{log_group_name}:*", "*"),
        )


def _statements(log_group: str, region: str) -> list[iam.PolicyStatement]:
    return [
        iam.PolicyStatement(
            sid="WriteOwnLogGroup",
            actions=[
                "logs:CreateLogGroup",
                "logs:CreateLogStream",
                "logs:DescribeLogStreams",
                "logs:PutLogEvents",
            ],
            # Some of these actions are checked against the group, others against its streams.
            resources=[log_group, f"{log_group}:*"],
        ),
        iam.PolicyStatement(
            sid="ListLogGroupsOfThisRegion",
            # Knows no resource (service authorization reference, CloudWatch Logs): the Region is a condition.
            actions=["logs:DescribeLogGroups"],
            resources=["*"],
            conditions={"StringEquals": {"aws:RequestedRegion": region}},
        ),
    ]
