"""The role of one cluster's agent: it can add objects under its own cluster's keys, metrics, and copies for alerts."""

from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib.acknowledgement import acknowledge_wildcards
from constructs_lib.central_log_bucket import CentralLogBucket
from constructs_lib.limits import require_match
from constructs_lib.queues import WorkQueue
from constructs_lib.web_identity import WebIdentity
from runtime.metrics.catalogue import AGENT_NAMESPACE

CLUSTER_ID_PATTERN = r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}"
"""A key segment of at most 255 bytes; no ``/``, ``*``, ``?`` or ``$``, which would widen the policy."""


class WriterRole(Construct):
    """Assumed by the agent's service account through web identity; no read, no list, no delete.

    :param cluster_id: stands literally in the policy, so that one cluster can't forge another's keys.
    :param alert_queue: what copies of marked lines are sent to, where the stage has alerts.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bucket: CentralLogBucket,
        cluster_id: str,
        identity: WebIdentity,
        alert_queue: WorkQueue | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        require_match("cluster_id", cluster_id, CLUSTER_ID_PATTERN, "letters, digits, '.', '_' or '-', at most 255")
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=identity.principal(),
            description=f"Log agent of cluster {cluster_id}: PutObject under its own keys",
        )
        pattern = f"tenant_id=*/cluster_id={cluster_id}/*"
        self.role.add_to_policy(
            iam.PolicyStatement(
                sid="PutOwnClustersObjects", actions=["s3:PutObject"], resources=[bucket.objects_arn(pattern)]
            )
        )
        self.role.add_to_policy(
            iam.PolicyStatement(
                sid="PutAgentMetrics",
                actions=["cloudwatch:PutMetricData"],
                resources=["*"],  # service authorization reference: it takes no resource, the namespace is the limit
                conditions={"StringEquals": {"cloudwatch:namespace": AGENT_NAMESPACE}},
            )
        )
        if alert_queue is not None:
            self.role.add_to_policy(
                iam.PolicyStatement(
                    sid="SendAlertCopies", actions=["sqs:SendMessage"], resources=[alert_queue.queue.queue_arn]
                )
            )
        bucket.grant_use_of_key(self.role, "kms:GenerateDataKey")
        bucket.acknowledge_pattern(
            self.role,
            key_pattern=pattern,
            reason="Tenants come and go without a deployment; the cluster's id is literal.",
        )
        acknowledge_wildcards(
            self.role,
            reason="PutMetricData takes no resource; the namespace is the limit.",
            resources=("*",),
        )
