"""The onboarding template's parameters, conditions and rules."""

from typing import Final, cast

from aws_cdk import Aws, CfnCondition, CfnParameter, CfnRule, CfnRuleAssertion, Fn, ICfnConditionExpression, Stack

MODES: Final = ["create", "existing", "none"]
DEFAULT_PREFIX: Final = "ROSA/cluster-logs/"


class CustomerParameters:
    """The parameters of one stack, and its conditions.

    ``external_id`` (the first), ``external_ids``, ``region`` and ``log_group_name`` have their defaults taken in.
    """

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._who()
        self._where()
        self._bucket()
        self._endpoints()
        self._provider()
        self._conditions()
        self._rules()

    def _who(self) -> None:
        self.tenant_id = self._text(
            "TenantId", "Your tenant id, as the log provider gave it to you", r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}"
        ).value_as_string
        self.central_role_arn = self._text(
            "CentralRoleArn", "The log provider's central log distribution role", r"arn:[a-z-]+:iam::\d{12}:role/.+"
        ).value_as_string
        given = CfnParameter(
            self._stack,
            "ExternalId",
            type="CommaDelimitedList",
            description="What the provider presents when it assumes your role; two while it is changed, the one in use "
            "first. Empty: the provider's account id",
            allowed_pattern=r"|[\w+=.@:/-]{2,1224}",
            default="",
        ).value_as_list
        has_external_id = self._condition("HasExternalId", _given(Fn.select(0, given)))
        account = Fn.select(4, Fn.split(":", self.central_role_arn))
        self.external_ids = Fn.condition_if(has_external_id.logical_id, given, account).to_string()
        self.external_id = Fn.condition_if(has_external_id.logical_id, Fn.select(0, given), account).to_string()

    def _where(self) -> None:
        self.given_region = self._text(
            "Region",
            "Region of an existing log group or bucket. Empty: the Region of this stack",
            r"|[a-z]{2}(-[a-z]+)+-\d",
            default="",
        ).value_as_string
        self.log_group_mode = self._mode("LogGroup", "CloudWatch Logs: create a log group, use an existing one, none")
        self.given_log_group_name = self._text(
            "LogGroupName",
            "Name of the log group. Empty: /logrouter/ and your tenant id",
            r"[A-Za-z0-9._/#-]{0,512}",
            default="",
        ).value_as_string
        self.log_group_retention_days = CfnParameter(
            self._stack,
            "LogGroupRetentionDays",
            type="Number",
            description="Days that a created log group keeps events. Older ones can't be delivered into it",
            default="30",  # text, as the allowed values are
            allowed_values=["14", "30", "60", "90", "120", "150", "180", "365", "400", "545", "731", "1096", "3653"],
        ).value_as_number

    def _bucket(self) -> None:
        self.bucket_mode = self._mode("Bucket", "S3: create a bucket, use an existing one, none")
        self.given_bucket_name = self._text(
            "BucketName",
            "Name of the bucket. Empty: CloudFormation names the created one",
            r"|[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
            default="",
        ).value_as_string
        self.bucket_prefix = self._text(
            "BucketPrefix",
            "What your objects' keys begin with; empty, or with its trailing slash",
            r"|[^/].*/",
            default=DEFAULT_PREFIX,
        ).value_as_string
        self.kms_key_arn = self._text(
            "KmsKeyArn",
            "Your KMS key of the bucket, if it has one. Merge the printed statement into the key's policy",
            r"|arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key/.+",
            default="",
        ).value_as_string

    def _endpoints(self) -> None:
        """Add what the role may do beyond log groups: nothing, unless one of these is given."""
        self.function_arn = self._arn(
            "FunctionArn",
            "Your Lambda function that gets the events, without a version. Empty: there is none",
            r"lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]{1,64}",
        )
        self.domain_arn = self._arn(
            "OpenSearchDomainArn",
            "Your OpenSearch Service domain that gets the events, signed by the role. Empty: there is none",
            r"es:[a-z0-9-]+:\d{12}:domain/[a-z][a-z0-9-]{2,27}",
        )
        self.collection_arn = self._arn(
            "OpenSearchCollectionArn",
            "Your OpenSearch Serverless collection. Its data access policy must name the role, too",
            r"aoss:[a-z0-9-]+:\d{12}:collection/[a-z0-9]{3,40}",
        )
        self.cluster_arn = self._arn(
            "KafkaClusterArn",
            "Your MSK cluster that gets the events, signed in by the role (auth msk_iam). Empty: there is none",
            r"kafka:[a-z0-9-]+:\d{12}:cluster/[A-Za-z0-9._-]{1,64}/[a-f0-9-]{36}(-[a-z0-9]{1,3})?",
        )
        self.topic = self._text(
            "KafkaTopic",
            "The cluster's topic that the role may write, or what topics begin with and *",
            r"[A-Za-z0-9._-]{0,249}\*?",
            default="",
        ).value_as_string
        self.secret_arn = self._arn(
            "SecretArn",
            "Your secret that a delivery config refers to by its ARN, or what ARNs of several begin with and *",
            r"secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@-]{1,512}\*?",
        )

        self.alert_topic_arn = self._arn(
            "AlertTopicArn",
            "Your SNS topic that alerts are published to. Empty: there is none",
            r"sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?",
        )
        self.alert_bus_arn = self._arn(
            "AlertEventBusArn",
            "Your EventBridge event bus that alerts are put upon. Empty: there is none",
            r"events:[a-z0-9-]+:\d{12}:event-bus/[A-Za-z0-9._/-]{1,256}",
        )

    def _provider(self) -> None:
        self.engine = CfnParameter(
            self._stack,
            "CloudWatchEngine",
            type="String",
            description="What the provider sends to CloudWatch Logs with. vector: their role may describe groups, too",
            allowed_values=["native", "vector"],
            default="native",
        ).value_as_string
        self.stopped = CfnParameter(
            self._stack,
            "DeliveriesStopped",
            type="String",
            description="yes: the provider can write nothing more, not even in sessions that are open. no: it goes on",
            allowed_values=["no", "yes"],
            default="no",
        ).value_as_string

    def _conditions(self) -> None:
        has_region = self._condition("HasRegion", _given(self.given_region))
        has_name = self._condition("HasLogGroupName", _given(self.given_log_group_name))
        self.creates_log_group = self._condition("CreatesLogGroup", Fn.condition_equals(self.log_group_mode, "create"))
        self.delivers_to_cloudwatch = self._condition(
            "DeliversToCloudWatch", Fn.condition_not(Fn.condition_equals(self.log_group_mode, "none"))
        )
        self.creates_bucket = self._condition("CreatesBucket", Fn.condition_equals(self.bucket_mode, "create"))
        self.uses_existing_bucket = self._condition(
            "UsesExistingBucket", Fn.condition_equals(self.bucket_mode, "existing")
        )
        self.delivers_to_s3 = self._condition(
            "DeliversToS3", Fn.condition_not(Fn.condition_equals(self.bucket_mode, "none"))
        )
        to_logs = Fn.condition_not(Fn.condition_equals(self.log_group_mode, "none"))
        stopped = Fn.condition_equals(self.stopped, "yes")
        self.may_create_log_group = self._condition(
            "MayCreateLogGroup", Fn.condition_equals(self.log_group_mode, "existing")
        )
        self.describes_logs = self._condition(
            "DescribesLogs", Fn.condition_and(to_logs, Fn.condition_equals(self.engine, "vector"))
        )
        self.stops_deliveries = self._condition("StopsDeliveries", stopped)
        self._role_conditions(to_logs, stopped)
        self.has_bucket_name = self._condition("HasBucketName", _given(self.given_bucket_name))
        self.has_kms_key = self._condition("HasKmsKey", _given(self.kms_key_arn))
        self.prints_key_statement = self._condition(
            "PrintsKeyStatement",
            Fn.condition_and(_given(self.kms_key_arn), Fn.condition_not(Fn.condition_equals(self.bucket_mode, "none"))),
        )
        self.region = Fn.condition_if(has_region.logical_id, self.given_region, Aws.REGION).to_string()
        self.log_group_name = Fn.condition_if(
            has_name.logical_id, self.given_log_group_name, f"/logrouter/{self.tenant_id}"
        ).to_string()

    def _role_conditions(self, to_logs: ICfnConditionExpression, stopped: ICfnConditionExpression) -> None:
        arns = {
            "DeliversToFunction": self.function_arn,
            "DeliversToDomain": self.domain_arn,
            "DeliversToCollection": self.collection_arn,
            "DeliversToCluster": self.cluster_arn,
            "HasSecret": self.secret_arn,
            "AlertsTopic": self.alert_topic_arn,
            "AlertsEventBus": self.alert_bus_arn,
        }
        self._further = [*arns.values()]
        given = [self._condition(name, _given(arn)) for name, arn in arns.items()]
        self.delivers_to_function, self.delivers_to_domain, self.delivers_to_collection = given[:3]
        self.delivers_to_cluster, self.has_secret, self.alerts_topic, self.alerts_event_bus = given[3:]
        self.needs_role = self._condition("NeedsRole", Fn.condition_or(to_logs, *map(_holds, given)))
        self.stops_role = self._condition("StopsRole", Fn.condition_and(_holds(self.needs_role), stopped))

    def _rules(self) -> None:
        """CloudFormation refuses these before it makes anything."""
        self._rule(
            "SomeDestination",
            Fn.condition_not(
                Fn.condition_and(
                    Fn.condition_equals(self.log_group_mode, "none"),
                    Fn.condition_equals(self.bucket_mode, "none"),
                    *(Fn.condition_equals(arn, "") for arn in self._further),
                )
            ),
            "LogGroup and Bucket are none and no ARN is given: there would be nothing to deliver to",
        )
        self._rule(
            "KafkaClusterHasTopic",
            _given(self.topic),
            "KafkaClusterArn is given: KafkaTopic must say what the role may write",
            when=_given(self.cluster_arn),
        )
        self._rule(
            "ExistingBucketHasName",
            _given(self.given_bucket_name),
            "Bucket is existing: BucketName must say which",
            when=Fn.condition_equals(self.bucket_mode, "existing"),
        )
        self._rule(
            "ExistingLogGroupHasName",
            _given(self.given_log_group_name),
            "LogGroup is existing: LogGroupName must say which",
            when=Fn.condition_equals(self.log_group_mode, "existing"),
        )
        self._rule(
            "CreatesOnlyInItsOwnRegion",
            Fn.condition_or(
                Fn.condition_equals(self.given_region, ""), Fn.condition_equals(self.given_region, Aws.REGION)
            ),
            "Region differs from this stack's: a log group or bucket to create can only be created here",
            when=Fn.condition_or(
                Fn.condition_equals(self.log_group_mode, "create"), Fn.condition_equals(self.bucket_mode, "create")
            ),
        )

    def _text(self, name: str, description: str, pattern: str, *, default: str | None = None) -> CfnParameter:
        return CfnParameter(
            self._stack, name, type="String", description=description, allowed_pattern=pattern, default=default
        )

    def _arn(self, name: str, description: str, pattern: str) -> str:
        """Add an ARN that may be empty. :param pattern: of what follows the partition."""
        return self._text(name, description, rf"|arn:[a-z-]+:{pattern}", default="").value_as_string

    def _mode(self, name: str, description: str) -> str:
        parameter = CfnParameter(
            self._stack, name, type="String", description=description, allowed_values=MODES, default="create"
        )
        return parameter.value_as_string

    def _condition(self, name: str, expression: ICfnConditionExpression) -> CfnCondition:
        return CfnCondition(self._stack, name, expression=expression)

    def _rule(
        self,
        name: str,
        holds: ICfnConditionExpression,
        otherwise: str,
        *,
        when: ICfnConditionExpression | None = None,
    ) -> None:
        CfnRule(
            self._stack,
            name,
            rule_condition=when,
            assertions=[CfnRuleAssertion(assert_=holds, assert_description=otherwise)],
        )


def _holds(condition: CfnCondition) -> ICfnConditionExpression:
    """Return a condition as a part of another: it is one, which the stubs don't say."""
    return cast("ICfnConditionExpression", condition)


def _given(value: str) -> ICfnConditionExpression:
    return Fn.condition_not(Fn.condition_equals(value, ""))
