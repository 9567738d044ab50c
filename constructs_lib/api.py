"""The delivery-config API: a function behind API Gateway, for signed callers alone."""

from dataclasses import dataclass
from typing import Final

from aws_cdk import ArnFormat, Duration, RemovalPolicy, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from constructs_lib.acknowledgement import acknowledge, acknowledge_wildcards
from constructs_lib.api_responses import add_gateway_responses
from constructs_lib.central_log_bucket import allow_listing_objects
from constructs_lib.limits import require_between
from constructs_lib.pipeline_function import FunctionSettings, PipelineFunction
from runtime.api.tenant_store import MAX_CONFIGS
from runtime.endpoints.secret import PREFIX as SECRETS_PREFIX

HANDLER: Final = "runtime.api.lambda_handler.handler"
STAGE: Final = "v1"
"""The first segment of every path, and of the resource in a caller's policy."""

TABLE_ACTIONS: Final = (
    "dynamodb:GetItem",
    "dynamodb:Query",
    "dynamodb:Scan",
    "dynamodb:PutItem",
    "dynamodb:DeleteItem",
    "dynamodb:UpdateItem",
)
TENANT_ACTIONS: Final = ("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Scan", "dynamodb:PutItem")
PARKED_ACTIONS: Final = ("dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem")
RULE_ACTIONS: Final = ("dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:DeleteItem")
SECRET_ACTIONS: Final = ("secretsmanager:CreateSecret", "secretsmanager:DeleteSecret")
ACCESS_LOG_FORMAT: Final = apigateway.AccessLogFormat.custom(
    '{"request_id":"$context.requestId","at":"$context.requestTime","method":"$context.httpMethod",'
    '"resource":"$context.resourcePath","status":"$context.status","caller":"$context.identity.userArn",'
    '"source_ip":"$context.identity.sourceIp","milliseconds":"$context.responseLatency"}'
)
"""No body, no query, no header; the resource's template in place of the path, which a client can fill as it likes."""

LOGGING_POLICY: Final = "arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
"""As cdk-nag's report names it."""

_INTENDED: Final = {
    "AwsSolutions-COG4": "Callers are a provider's systems and its tenants' accounts: IAM signs for them, there are no "
    "users.",
    "AwsSolutions-APIG2": "The app checks bodies more strictly than a schema could, and answers in its own one shape.",
    "AwsSolutions-APIG3": "The firewall is an option of the stage; signatures, throttling and strict checks hold "
    "without it.",
    "AwsSolutions-APIG6": "Execution logs repeat headers and bodies; the access log and the app's own line say who did "
    "what.",
    f"AwsSolutions-IAM4[Policy::{LOGGING_POLICY}]": "API Gateway's role for writing logs is AWS's own managed policy, "
    "which its user guide demands. One role serves all APIs of the account and Region, and no condition is documented "
    "for its trust.",
}
"""Findings of the checks at synthesis, each with its reason."""

_NAMES_OF_SECRETS: Final = "Each tenant's secrets have names of their own below the prefix, made when they are written."
_TIMEOUT = Duration.seconds(15)


@dataclass(frozen=True, kw_only=True)
class ApiLimits:
    """How much the API takes.

    :param requests_per_second: of all callers together; the token bucket's rate. Over it: 429.
    :param burst: the bucket's size.
    :param memory_mib: processor power grows with it.
    :param timeout: below the gateway's own 29 s (API Gateway quotas, integration timeout).
    :param max_configs: of one tenant, at most what one transaction writes with its record.
    :param max_writes_a_minute: of one tenant's configs, alert rules and record.
    :param max_alert_rules: of one tenant.
    :param max_running_replays: of one tenant at once.
    """

    requests_per_second: int = 100
    burst: int = 200
    memory_mib: int = 1024
    timeout: Duration = _TIMEOUT
    max_configs: int = 50
    max_writes_a_minute: int = 20
    max_alert_rules: int = 50
    max_running_replays: int = 5

    def __post_init__(self) -> None:
        """Refuse what API Gateway or Lambda would refuse."""
        require_between("requests_per_second", self.requests_per_second, 1, 10_000)
        require_between("burst", self.burst, 1, 5_000)
        require_between("memory_mib", self.memory_mib, 128, 10240, unit="MiB")
        require_between("timeout", self.timeout.to_seconds(), 1, 28, unit="seconds")
        require_between("max_configs", self.max_configs, 1, MAX_CONFIGS)


@dataclass(frozen=True, kw_only=True)
class ApiTables:
    """The tables that the API reads and writes. ``alert_states``: where the stage has alerts."""

    configs: dynamodb.ITable
    tenants: dynamodb.ITable
    parked_deliveries: dynamodb.ITable
    alert_rules: dynamodb.ITable
    alert_states: dynamodb.ITable | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The function's variables that name them."""
        return {
            "TENANT_CONFIG_TABLE": self.configs.table_name,
            "TENANTS_TABLE": self.tenants.table_name,
            "PARKED_DELIVERIES_TABLE": self.parked_deliveries.table_name,
            "ALERT_RULES_TABLE": self.alert_rules.table_name,
            **({} if self.alert_states is None else {"ALERT_STATES_TABLE": self.alert_states.table_name}),
        }

    @property
    def permissions(self) -> list[iam.PolicyStatement]:
        """What the function may do with them."""
        parked, states = self.parked_deliveries.table_arn, self.alert_states
        shown = [] if states is None else [states.table_arn]
        return [
            iam.PolicyStatement(sid="ConfigTable", actions=[*TABLE_ACTIONS], resources=[self.configs.table_arn]),
            iam.PolicyStatement(sid="Tenants", actions=[*TENANT_ACTIONS], resources=[self.tenants.table_arn]),
            # No index, no deletion: it sees what is one tenant's, and starts and cancels replays.
            iam.PolicyStatement(sid="ParkedAndReplays", actions=[*PARKED_ACTIONS], resources=[parked]),
            iam.PolicyStatement(sid="AlertRules", actions=[*RULE_ACTIONS], resources=[self.alert_rules.table_arn]),
            # What fires is shown; only the alert function writes it.
            *(iam.PolicyStatement(sid="WhatFires", actions=["dynamodb:Query"], resources=[each]) for each in shown),
        ]


class DeliveryConfigApi(PipelineFunction):
    """REST API with IAM authorization on every method but ``GET /health``, and the function behind it.

    All other paths and methods reach the app, signed: it answers 404 and 405 itself, in its one shape, and refuses a
    path that could be read as another one. ``{proxy+}`` changes nothing for policies: IAM judges the path that was
    asked for, ``<api>/<stage>/<method>/tenants/<tenant_id>/…``, not the resource that took it.

    :param tester: the function that it starts for a test delivery: nothing of a tenant's is its own to do.
    :param central_bucket: the bucket that no config may deliver into, and whose objects are replayed.
    :param allow_loopback: configs may name endpoints on loopback, as the processor's tuning has it.
    :param sets_logging_role: give this account's API Gateway its role for writing logs, one for all APIs of a Region;
        without one anywhere, a stage with an access log can't be deployed.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: FunctionSettings,
        tables: ApiTables,
        central_bucket: s3.IBucket,
        tester: lambda_.IFunction,
        limits: ApiLimits,
        allow_loopback: bool = False,
        snap_start: bool = False,
        sets_logging_role: bool = True,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            settings=settings,
            handler=HANDLER,
            description="The delivery-config API",
            role_description="Answers calls of the delivery-config API",
            memory_mib=limits.memory_mib,
            timeout=limits.timeout,
            environment={
                **tables.environment,
                "CENTRAL_BUCKET": central_bucket.bucket_name,
                "TESTER": tester.function_name,
                "CENTRAL_ACCOUNT_ID": Stack.of(scope).account,
                "MAX_CONFIGS": str(limits.max_configs),
                "MAX_WRITES_A_MINUTE": str(limits.max_writes_a_minute),
                "MAX_ALERT_RULES": str(limits.max_alert_rules),
                "MAX_RUNNING_REPLAYS": str(limits.max_running_replays),
                "ALLOW_LOOPBACK": str(allow_loopback),
            },
            permissions=[*tables.permissions, *_permissions(tables.configs, central_bucket, tester)],
            policy_id="ConfigTableAndOwnLog",
            snap_start=snap_start,
        )
        acknowledge_wildcards(self.policy, reason=_NAMES_OF_SECRETS, resources=(_secrets_arn(tables.configs),))
        self.access_log = logs.LogGroup(
            self, "AccessLog", retention=settings.log_retention, removal_policy=RemovalPolicy.DESTROY
        )
        self.rest_api = self._rest_api(limits, sets_logging_role=sets_logging_role)
        self._add_methods(apigateway.LambdaIntegration(self.invoked, allow_test_invoke=False))
        add_gateway_responses(self.rest_api)

    @property
    def url(self) -> str:
        """Where it is: ``https://<id>.execute-api.<region>.<suffix>/v1`` without a slash at the end."""
        stack = Stack.of(self)
        host = f"{self.rest_api.rest_api_id}.execute-api.{stack.region}.{stack.url_suffix}"
        return f"https://{host}/{STAGE}"

    def _rest_api(self, limits: ApiLimits, *, sets_logging_role: bool) -> apigateway.RestApi:
        api = apigateway.RestApi(
            self,
            "RestApi",
            description="Delivery configs",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            cloud_watch_role=sets_logging_role,
            cloud_watch_role_removal_policy=RemovalPolicy.RETAIN if sets_logging_role else None,
            default_method_options=apigateway.MethodOptions(authorization_type=apigateway.AuthorizationType.IAM),
            deploy_options=apigateway.StageOptions(
                stage_name=STAGE,
                throttling_rate_limit=limits.requests_per_second,
                throttling_burst_limit=limits.burst,
                access_log_destination=apigateway.LogGroupLogDestination(self.access_log),
                access_log_format=ACCESS_LOG_FORMAT,
                metrics_enabled=True,
            ),
        )
        for finding, reason in _INTENDED.items():
            acknowledge(api, reason=reason, findings=(finding,))
        return api

    def _add_methods(self, app: apigateway.LambdaIntegration) -> None:
        root = self.rest_api.root
        root.add_method("ANY", app)
        root.add_resource("{proxy+}").add_method("ANY", app)
        health = root.add_resource("health")
        health.add_method("ANY", app)
        unsigned = health.add_method("GET", app, authorization_type=apigateway.AuthorizationType.NONE)
        acknowledge(
            unsigned,
            reason="Load balancers and monitors ask for health, unsigned: it calls nothing and discloses nothing.",
            findings=("AwsSolutions-APIG4",),
        )


def _permissions(table: dynamodb.ITable, bucket: s3.IBucket, tester: lambda_.IFunction) -> list[iam.PolicyStatement]:
    """Return statements for listing tenants' objects and keeping secrets: not for reading one."""
    return [
        allow_listing_objects(bucket, sid="CountObjects"),
        # It keeps customers' secrets and deletes them; to read one is the deliveries' alone.
        iam.PolicyStatement(sid="KeepSecrets", actions=[*SECRET_ACTIONS], resources=[_secrets_arn(table)]),
        iam.PolicyStatement(sid="StartTests", actions=["lambda:InvokeFunction"], resources=[tester.function_arn]),
    ]


def _secrets_arn(table: dynamodb.ITable) -> str:
    """Return the ARN of every tenant's secrets in the table's account and Region."""
    arn = {"service": "secretsmanager", "resource": "secret", "resource_name": f"{SECRETS_PREFIX}/*"}
    return Stack.of(table).format_arn(**arn, arn_format=ArnFormat.COLON_RESOURCE_NAME)
