"""The customer's role: lets the one central role write into one of the customer's log groups."""

from typing import Final

from aws_cdk import Aws, Fn
from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct

from constructs_lib.acknowledgement import acknowledge_wildcards
from constructs_lib.limits import require_match
from constructs_lib.names import CUSTOMER_ROLE_PATH, TENANT_TAG

_ROLE_ARN = r"arn:[a-z-]+:iam::\d{12}:role/.+"

WRITE: Final = ("logs:CreateLogStream", "logs:PutLogEvents")
"""All that a delivery needs. What else may be needed is attached by the methods below, each for its own case."""


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
        log_group = f"arn:{Aws.PARTITION}:logs:{region}:{Aws.ACCOUNT_ID}:log-group:{log_group_name}"
        # Some of these actions are checked against the group, others against its streams.
        self._own = [log_group, f"{log_group}:*"]
        self._region = region
        self.role = iam.Role(
            self,
            "Role",
            path=CUSTOMER_ROLE_PATH,
            description="Writes this tenant's logs into its own log group, in one Region",
            assumed_by=iam.ArnPrincipal(central_role_arn).with_conditions(
                {"StringEquals": {"sts:ExternalId": external_id, f"aws:PrincipalTag/{TENANT_TAG}": tenant_id}}
            ),
            inline_policies={"WriteLogs": self._document("WriteOwnLogGroup", *WRITE)},
        )
        self._acknowledge_streams(self.role)

    def allow_creating_the_log_group(self) -> iam.CfnPolicy:
        """Return the policy for a log group that nobody else makes: it is created when a delivery finds it missing.

        Not for a group that a stack made: deleted, it would come back without its retention, key and tags.
        """
        return self._attach("CreateLogGroup", self._document("CreateOwnLogGroup", "logs:CreateLogGroup"))

    def allow_describing_logs(self) -> iam.CfnPolicy:
        """Return the policy for the Vector engine, which describes streams and groups before it writes."""
        document = self._document("DescribeOwnLogStreams", "logs:DescribeLogStreams")
        document.add_statements(
            iam.PolicyStatement(
                sid="ListLogGroupsOfThisRegion",
                # Knows no resource (service authorization reference, CloudWatch Logs): the Region is a condition.
                actions=["logs:DescribeLogGroups"],
                resources=["*"],
                conditions={"StringEquals": {"aws:RequestedRegion": self._region}},
            )
        )
        policy = self._attach("DescribeLogs", document)
        acknowledge_wildcards(policy, reason="Log groups can only be described as a list.", resources=("*",))
        return policy

    def allow_invoking(self, function_arn: str) -> iam.CfnPolicy:
        """Return the policy for a function of the customer's that gets events, in one version or any."""
        arns = [function_arn, f"{function_arn}:*"]
        statement = iam.PolicyStatement(sid="InvokeOwnFunction", actions=["lambda:InvokeFunction"], resources=arns)
        policy = self._attach("InvokeFunction", iam.PolicyDocument(statements=[statement]))
        acknowledge_wildcards(
            policy,
            reason="The customer's one function, whichever of its versions and aliases a config names.",
            resources=(arns[1],),
        )
        return policy

    def allow_posting_to_domain(self, domain_arn: str) -> iam.CfnPolicy:
        """Return the policy for a domain of OpenSearch Service: bulk requests, to whichever of its indexes."""
        resource = f"{domain_arn}/*/_bulk"
        policy = self._allow("PostToDomain", "PostToOwnDomain", resource, "es:ESHttpPost")
        acknowledge_wildcards(
            policy,
            reason="Indexes may be named after applications and days, as the customer chooses.",
            resources=(resource,),
        )
        return policy

    def allow_collection(self, collection_arn: str) -> iam.CfnPolicy:
        """Return the policy for a collection of OpenSearch Serverless, whose data access policy says the rest.

        Source: OpenSearch Service developer guide, "Using data plane policies": there is no narrower action.
        """
        return self._allow("UseCollection", "UseOwnCollection", collection_arn, "aoss:APIAccessAll")

    def allow_producing(self, cluster_arn: str, topic: str) -> iam.CfnPolicy:
        """Return the policy for topics of an MSK cluster. :param topic: a name, or what names begin with and ``*``.

        Source: MSK developer guide, "Semantics of IAM authorization policy actions and resources".
        """
        of_account, named = (Fn.select(part, Fn.split(":cluster/", cluster_arn)) for part in (0, 1))
        topics = f"{of_account}:topic/{named}/{topic}"
        cluster = iam.PolicyStatement(
            sid="ConnectToOwnCluster",
            actions=["kafka-cluster:Connect", "kafka-cluster:WriteDataIdempotently"],
            resources=[cluster_arn],
        )
        topic_ = iam.PolicyStatement(
            sid="WriteOwnTopics",
            actions=["kafka-cluster:DescribeTopic", "kafka-cluster:WriteData"],
            resources=[topics],
        )
        return self._attach("ProduceRecords", iam.PolicyDocument(statements=[cluster, topic_]))

    def allow_reading_secret(self, secret_arn: str) -> iam.CfnPolicy:
        """Return the policy for a secret that a delivery config refers to, kept by the customer."""
        return self._allow("ReadSecret", "ReadOwnSecret", secret_arn, "secretsmanager:GetSecretValue")

    def allow_publishing(self, topic_arn: str) -> iam.CfnPolicy:
        """Return the policy for a topic of the customer's that alerts are published to."""
        return self._allow("PublishAlerts", "PublishToOwnTopic", topic_arn, "sns:Publish")

    def allow_putting_events(self, bus_arn: str) -> iam.CfnPolicy:
        """Return the policy for an event bus of the customer's that alerts are put upon."""
        return self._allow("PutAlerts", "PutOnOwnEventBus", bus_arn, "events:PutEvents")

    def deny_everything(self) -> iam.CfnPolicy:
        """Return the policy that stops deliveries: it counts for sessions that are open already, too.

        Taking the trust away would not: a session goes on until it expires, after an hour at most.
        """
        everything = iam.PolicyStatement(
            sid="DeliveriesStopped", effect=iam.Effect.DENY, actions=["*"], resources=["*"]
        )
        return self._attach("StopDeliveries", iam.PolicyDocument(statements=[everything]))

    def _document(self, sid: str, *actions: str) -> iam.PolicyDocument:
        return iam.PolicyDocument(statements=[iam.PolicyStatement(sid=sid, actions=list(actions), resources=self._own)])

    def _allow(self, name: str, sid: str, resource: str, action: str) -> iam.CfnPolicy:
        statement = iam.PolicyStatement(sid=sid, actions=[action], resources=[resource])
        return self._attach(name, iam.PolicyDocument(statements=[statement]))

    def _attach(self, name: str, document: iam.PolicyDocument) -> iam.CfnPolicy:
        policy = iam.CfnPolicy(self, name, policy_name=name, policy_document=document, roles=[self.role.role_name])
        self._acknowledge_streams(policy)
        return policy

    def _acknowledge_streams(self, construct: IConstruct) -> None:
        acknowledge_wildcards(
            construct, reason="Streams are named after pods, which come and go.", resources=(self._own[1],)
        )
