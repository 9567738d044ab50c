"""The alert function: reads copies of marked lines, keeps alerts' states, notifies into customers' accounts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib.central_role import assume_for_one_tenant, role_of_function
from constructs_lib.limits import require
from constructs_lib.names import central_role_arn
from constructs_lib.pipeline_function import FunctionSettings, PipelineFunction
from constructs_lib.processor import BATCH_SIZE, VISIBILITY_FACTOR
from constructs_lib.processor_execution_role import READ_QUEUE
from constructs_lib.queues import WorkQueue
from constructs_lib.tables import read_tenants
from constructs_lib.writer_role import WriterRole
from runtime.alerts.lambda_handler import SWEEP
from runtime.delivery_state.table import BY_WORK

HANDLER: Final = "runtime.alerts.lambda_handler.handler"
_TIMEOUT: Final = Duration.minutes(1)
_SWEEP_EVERY: Final = Duration.minutes(1)
_MEMORY_MIB: Final = 512
"""For its processor share: a person waits for what it says."""
_MAX_CONCURRENCY: Final = 10
"""Below ``runtime.alerts.work.ATTEMPTS``: so many hosts may change one alert's state at once."""
_KEPT: Final = Duration.days(1)
"""After that an alert is no news (``runtime.alerts.work.GIVEN_UP_SECONDS``)."""
_RECEIVES: Final = 100
"""Each hides a message for six minutes: an outage of ten hours makes no dead letters."""
_ENVIRONMENT_BYTES: Final = 3072
"""Of the 4 KB that a function's environment may have (Lambda quotas); the rest is names and ARNs."""
_ROLE_ID_BYTES: Final = 28
"""An id of 21 characters, quotes, colon, comma."""


class AlertQueue(WorkQueue):
    """The queue that the agents' lanes send copies to: kept for a day, as an older copy is no news."""

    def __init__(self, scope: Construct, construct_id: str, *, removal_policy: RemovalPolicy) -> None:
        super().__init__(
            scope,
            construct_id,
            visibility_timeout=Duration.seconds(VISIBILITY_FACTOR * _TIMEOUT.to_seconds()),
            max_receive_count=_RECEIVES,
            retention=_KEPT,
            removal_policy=removal_policy,
        )


@dataclass(frozen=True, kw_only=True)
class AlertResources:
    """What alerts work with. ``rules``: the table that the API writes rules into."""

    queue: WorkQueue
    states: dynamodb.ITable
    rules: dynamodb.ITable
    tenants: dynamodb.ITable


class AlertFunction(PipelineFunction):
    """May read its queue, rules and tenants, write states, and assume the central role for one tenant at a time.

    Its own role lies where the central role's trust expects it.

    :param writers: the clusters' writer roles: by their unique ids SQS says who has sent a copy.
    :param max_concurrency: how many hosts it may have; never more than ten.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: FunctionSettings,
        resources: AlertResources,
        writers: Mapping[str, WriterRole],
        max_concurrency: int = _MAX_CONCURRENCY,
    ) -> None:
        stack = Stack.of(scope)
        length = sum(len(cluster_id) + _ROLE_ID_BYTES for cluster_id in writers)
        require(
            holds=length <= _ENVIRONMENT_BYTES,
            constraint=f"alerts: the clusters' ids must fit the function's environment, {_ENVIRONMENT_BYTES} bytes; "
            f"these need {length}",
        )
        central_role = central_role_arn(stack.account)
        super().__init__(
            scope,
            construct_id,
            settings=settings,
            handler=HANDLER,
            description="Applies tenants' alert rules to copies of marked lines, and notifies",
            memory_mib=_MEMORY_MIB,
            timeout=_TIMEOUT,
            environment=_environment(stack, resources, central_role, writers),
            permissions=_permissions(resources, central_role),
            role=role_of_function(scope, f"{construct_id}Role", description="Notifies tenants of alerts"),
        )
        mapping = self.function.add_event_source_mapping(
            "Copies",
            event_source_arn=resources.queue.queue.queue_arn,
            batch_size=BATCH_SIZE,
            max_concurrency=min(max_concurrency, _MAX_CONCURRENCY),
            report_batch_item_failures=True,
        )
        mapping.node.add_dependency(self.policy)
        self.run_every(_SWEEP_EVERY, description="Sends what waits, and resolves alerts", event=SWEEP)


def _environment(
    stack: Stack, resources: AlertResources, central_role: str, writers: Mapping[str, WriterRole]
) -> dict[str, str]:
    clusters = {writer.role.role_id: cluster_id for cluster_id, writer in writers.items()}
    return {
        "ALERT_STATES_TABLE": resources.states.table_name,
        "ALERT_RULES_TABLE": resources.rules.table_name,
        "TENANTS_TABLE": resources.tenants.table_name,
        "CENTRAL_LOG_DISTRIBUTION_ROLE_ARN": central_role,
        "CLUSTERS_BY_ROLE_ID": stack.to_json_string(clusters),
    }


def _permissions(resources: AlertResources, central_role: str) -> list[iam.PolicyStatement]:
    states = resources.states.table_arn
    return [
        iam.PolicyStatement(sid="ReadCopies", actions=list(READ_QUEUE), resources=[resources.queue.queue.queue_arn]),
        iam.PolicyStatement(sid="ReadRules", actions=["dynamodb:Query"], resources=[resources.rules.table_arn]),
        read_tenants(resources.tenants),
        iam.PolicyStatement(
            sid="KeepStates",
            actions=["dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"],
            resources=[states],
        ),
        iam.PolicyStatement(sid="FindWhatIsDue", actions=["dynamodb:Query"], resources=[f"{states}/index/{BY_WORK}"]),
        assume_for_one_tenant(central_role),
    ]
