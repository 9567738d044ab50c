"""The customer's side: the role, the log group and the bucket that deliveries need, in the customer's account."""

from typing import Final

from aws_cdk import Aws, BootstraplessSynthesizer, CfnCondition, CfnOutput, CfnResource, Fn, Stack
from aws_cdk import aws_s3 as s3
from constructs import Construct, IConstruct

from constructs_lib.acknowledgement import acknowledge
from constructs_lib.customer_destinations import CustomerLogBucket, CustomerLogGroup, bucket_statements, key_statement
from constructs_lib.customer_log_distribution_role import CustomerLogDistributionRole
from stacks.customer_interface import OUTPUTS, interface
from stacks.customer_parameters import CustomerParameters

TEMPLATE_VERSION: Final = "1.5.0"
"""Raised with each change of what the template makes; an output, so that a customer can tell which one runs."""


class CustomerStack(Stack):
    """One tenant's destinations in one Region, by parameters alone.

    No asset and no bootstrap: deployed by the CDK, or as a plain CloudFormation template. One account can hold it
    for several Regions and tenants. What exists already is never changed: for an existing bucket, and for a key,
    the statements to merge into its policy are outputs.
    """

    def __init__(self, scope: Construct, construct_id: str, *, stack_name: str | None = None) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=stack_name,
            synthesizer=BootstraplessSynthesizer(),
            analytics_reporting=False,
            description=f"Destinations for delivered logs, template version {TEMPLATE_VERSION}",
        )
        self.template_options.metadata = interface()
        self.parameters = CustomerParameters(self)
        self._add_role()
        self._add_log_group()
        self._add_bucket()
        self._print_delivery_configs()
        self._print_statements()
        self._output("TemplateVersion", TEMPLATE_VERSION)
        self._acknowledge()

    def _add_role(self) -> None:
        given = self.parameters
        self.role = CustomerLogDistributionRole(
            self,
            "LogDistributionRole",
            tenant_id=given.tenant_id,
            central_role_arn=given.central_role_arn,
            external_id=given.external_ids,
            log_group_name=given.log_group_name,
            region=given.region,
        )
        _only_if(given.needs_role, self.role)
        _only_if(given.may_create_log_group, self.role.allow_creating_the_log_group())
        _only_if(given.describes_logs, self.role.allow_describing_logs())
        _only_if(given.delivers_to_function, self.role.allow_invoking(given.function_arn))
        _only_if(given.delivers_to_domain, self.role.allow_posting_to_domain(given.domain_arn))
        _only_if(given.delivers_to_collection, self.role.allow_collection(given.collection_arn))
        _only_if(given.delivers_to_cluster, self.role.allow_producing(given.cluster_arn, given.topic))
        _only_if(given.has_secret, self.role.allow_reading_secret(given.secret_arn))
        _only_if(given.alerts_topic, self.role.allow_publishing(given.alert_topic_arn))
        _only_if(given.alerts_event_bus, self.role.allow_putting_events(given.alert_bus_arn))
        _only_if(given.stops_role, self.role.deny_everything())

    def _add_log_group(self) -> None:
        given = self.parameters
        self.log_group = CustomerLogGroup(
            self,
            "CustomerLogGroup",
            log_group_name=given.log_group_name,
            retention_days=given.log_group_retention_days,
        )
        _only_if(given.creates_log_group, self.log_group)

    def _add_bucket(self) -> None:
        given = self.parameters
        self.bucket = CustomerLogBucket(
            self,
            "CustomerLogBucket",
            tenant_id=given.tenant_id,
            central_role_arn=given.central_role_arn,
            bucket_prefix=given.bucket_prefix,
            bucket_name=Fn.condition_if(
                given.has_bucket_name.logical_id, given.given_bucket_name, Aws.NO_VALUE
            ).to_string(),
        )
        resource = self.bucket.bucket.node.default_child
        assert isinstance(resource, s3.CfnBucket)
        resource.bucket_encryption = Fn.condition_if(
            given.has_kms_key.logical_id,
            _encryption({"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": given.kms_key_arn}, bucket_key=True),
            _encryption({"SSEAlgorithm": "AES256"}, bucket_key=False),
        )
        self._stop_bucket()
        _only_if(given.creates_bucket, self.bucket)
        self.bucket_name = Fn.condition_if(
            given.creates_bucket.logical_id, self.bucket.bucket.bucket_name, given.given_bucket_name
        ).to_string()

    def _stop_bucket(self) -> None:
        """Leave the statements that let the provider in out of the bucket's policy while deliveries are stopped."""
        policy = self.bucket.bucket.policy
        assert policy is not None
        document = self.resolve(policy.document.to_json())
        document["Statement"] = [
            statement
            if statement["Effect"] == "Deny"
            else Fn.condition_if(self.parameters.stops_deliveries.logical_id, Aws.NO_VALUE, statement)
            for statement in document["Statement"]
        ]
        resource = policy.node.default_child
        assert isinstance(resource, s3.CfnBucketPolicy)
        resource.policy_document = document

    def _print_delivery_configs(self) -> None:
        """Print what the provider's API takes, ready to paste."""
        given = self.parameters
        general = {"tenant_id": given.tenant_id, "enabled": True, "target_region": given.region}
        cloudwatch = {
            **general,
            "type": "cloudwatch",
            "external_id": given.external_id,
            "log_distribution_role_arn": self.role.role.role_arn,
            "log_group_name": given.log_group_name,
        }
        bucket = {
            **general,
            "type": "s3",
            "bucket_name": self.bucket_name,
            "bucket_prefix": given.bucket_prefix,
            "bucket_owner": Aws.ACCOUNT_ID,
        }
        function = {
            **general,
            "type": "function",
            "external_id": given.external_id,
            "log_distribution_role_arn": self.role.role.role_arn,
            "function_arn": given.function_arn,
        }
        to_cloudwatch, to_s3 = given.delivers_to_cloudwatch, given.delivers_to_s3
        self._output("CloudWatchDeliveryConfig", self.to_json_string(cloudwatch), to_cloudwatch)
        self._output("FunctionDeliveryConfig", self.to_json_string(function), given.delivers_to_function)
        self._output("LogDistributionRoleArn", self.role.role.role_arn, given.needs_role)
        self._output("LogGroupNameOut", given.log_group_name, to_cloudwatch)
        self._output("S3DeliveryConfig", self.to_json_string(bucket), to_s3)
        self._output("BucketNameOut", self.bucket_name, to_s3)
        self._output("BucketPrefixOut", given.bucket_prefix, to_s3)

    def _print_statements(self) -> None:
        given = self.parameters
        statements = bucket_statements(
            bucket_arn=f"arn:{Aws.PARTITION}:s3:::{given.given_bucket_name}",
            bucket_prefix=given.bucket_prefix,
            tenant_id=given.tenant_id,
            central_role_arn=given.central_role_arn,
        )
        for_key = key_statement(
            tenant_id=given.tenant_id,
            central_role_arn=given.central_role_arn,
            region=given.region,
            url_suffix=Aws.URL_SUFFIX,
        )
        merged = self.to_json_string([statement.to_statement_json() for statement in statements])
        self._output("BucketPolicyStatements", merged, given.uses_existing_bucket)
        self._output("KeyPolicyStatement", self.to_json_string(for_key.to_statement_json()), given.prints_key_statement)

    def _acknowledge(self) -> None:
        by = "CloudFormation-Validate"
        acknowledge(
            self.log_group,
            by=by,
            reason="The check tries the parameter's empty default; HasLogGroupName chooses a name instead.",
            findings=("F3031", "F3033", "E1155"),
        )
        acknowledge(
            self.bucket,
            by=by,
            reason="The check tries the parameter's empty default; HasKmsKey chooses SSE-S3 instead.",
            findings=("F3017",),
        )
        acknowledge(
            self,
            by=by,
            reason="SecretArn is a name, which anybody may see; the secret itself stays where it is.",
            findings=("W2509",),
        )
        acknowledge(
            self,
            by=by,
            reason="The bucket is referred to in the branch of CreatesBucket alone, which is its own condition.",
            findings=("W1001",),
        )

    def _output(self, name: str, value: str, condition: CfnCondition | None = None) -> None:
        CfnOutput(self, name, value=value, condition=condition, description=OUTPUTS[name])


def _only_if(condition: CfnCondition, construct: IConstruct) -> None:
    """Make every resource of the construct depend on the condition."""
    for node in construct.node.find_all():
        if CfnResource.is_cfn_resource(node):
            assert isinstance(node, CfnResource)
            node.cfn_options.condition = condition


def _encryption(by_default: dict[str, str], *, bucket_key: bool) -> dict[str, object]:
    rule = {"ServerSideEncryptionByDefault": by_default, "BucketKeyEnabled": bucket_key}
    return {"ServerSideEncryptionConfiguration": [rule]}
