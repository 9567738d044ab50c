"""The log group that a customer's logs are delivered to."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_logs as logs
from constructs import Construct

from constructs_lib.limits import require_match

_NAME = r"[A-Za-z0-9._/#-]{1,512}"
"""Source: CloudWatch Logs API reference, CreateLogGroup."""


class CustomerLogGroup(Construct):
    """Log group that stays when the stack goes: its content is the customer's.

    :param log_group_name: named in the delivery config, hence given.
    :param retention_days: as CloudWatch takes it (1, 3, 5, 7, 14, 30 ...); text or a parameter. Events older than
        it are set aside, not delivered.
    """

    def __init__(self, scope: Construct, construct_id: str, *, log_group_name: str, retention_days: float) -> None:
        super().__init__(scope, construct_id)
        require_match("log_group_name", log_group_name, _NAME, "1-512 of letters, digits and ._/#-")
        self.log_group = logs.CfnLogGroup(
            self, "LogGroup", log_group_name=log_group_name, retention_in_days=retention_days
        )
        self.log_group.apply_removal_policy(RemovalPolicy.RETAIN)
