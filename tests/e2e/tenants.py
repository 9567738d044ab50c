"""Tenants made for one test: the onboarding template, deployed by plain CloudFormation into a customer's account."""

import json
from dataclasses import dataclass, field
from typing import Any

from boto3.dynamodb.types import TypeSerializer

from local.deployment.onboarding import STACK
from local.waiting import wait_until
from ministack_fidelity.identities import unique
from tests.e2e.cloud import ACME, Cloud

type Config = dict[str, Any]

DONE = (
    "CREATE_COMPLETE",
    "CREATE_FAILED",
    "ROLLBACK_COMPLETE",
    "ROLLBACK_FAILED",
    "UPDATE_COMPLETE",
    "UPDATE_FAILED",
    "UPDATE_ROLLBACK_COMPLETE",
    "UPDATE_ROLLBACK_FAILED",
)


@dataclass(frozen=True)
class Tenant:
    """One tenant with the configs its customer's stack printed, by their type."""

    tenant_id: str
    account: str
    region: str
    configs: dict[str, Config] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    stack: str = ""

    @property
    def cloudwatch(self) -> Config:
        """The config of its log group."""
        return self.configs["cloudwatch"]

    @property
    def s3(self) -> Config:
        """The config of its bucket."""
        return self.configs["s3"]


def onboard(
    cloud: Cloud, *, account: str = ACME, region: str | None = None, configured: bool = True, **parameters: str
) -> Tenant:
    """Deploy the onboarding template for a new tenant; make its configs through the API unless told not to."""
    tenant_id = parameters.pop("TenantId", None) or unique("tenant")
    region = region or cloud.environment.region
    given = {"TenantId": tenant_id, "CentralRoleArn": cloud.environment.central_log_distribution_role_arn, **parameters}
    stack = unique("customer")
    outputs = deploy_template(cloud, account, region, stack, given)
    configs = [json.loads(value) for name, value in outputs.items() if name.endswith("DeliveryConfig")]
    tenant = Tenant(tenant_id, account, region, {config["type"]: config for config in configs}, outputs, stack)
    if configured:
        for config in configs:
            cloud.api().create(tenant_id, config)
    return tenant


def deploy_template(cloud: Cloud, account: str, region: str, name: str, parameters: dict[str, str]) -> dict[str, str]:
    """Deploy the onboarding template with plain CloudFormation and return its outputs."""
    cloudformation = cloud.client("cloudformation", account, region=region)
    template = cloud.home / "cdk.out" / f"{STACK}.template.json"
    cloudformation.create_stack(
        StackName=name,
        TemplateBody=template.read_text(),
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
    )

    stack = _wait_for(cloudformation, name, "CREATE_COMPLETE")
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def update_template(cloud: Cloud, tenant: Tenant, **parameters: str) -> None:
    """Deploy a tenant's stack again with some parameters changed."""
    cloudformation = cloud.client("cloudformation", tenant.account, region=tenant.region)
    (stack,) = cloudformation.describe_stacks(StackName=tenant.stack)["Stacks"]
    given = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]} | parameters
    cloudformation.update_stack(
        StackName=tenant.stack,
        TemplateBody=(cloud.home / "cdk.out" / f"{STACK}.template.json").read_text(),
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
    )
    _wait_for(cloudformation, tenant.stack, "UPDATE_COMPLETE")


def _wait_for(cloudformation: Any, name: str, status: str) -> Any:
    def finished() -> Any:
        (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
        return stack if stack["StackStatus"] in DONE else None

    stack = wait_until(finished, what=f"stack {name}", timeout_seconds=30)
    assert stack["StackStatus"] == status, stack
    return stack


def put_configs(cloud: Cloud, *configs: Config) -> None:
    """Put configs into the table as they are, past the API: what it would refuse, or what is already there."""
    serializer = TypeSerializer()
    for config in configs:
        item = {name: serializer.serialize(value) for name, value in config.items()}
        cloud.client("dynamodb").put_item(TableName=cloud.environment.tenant_config_table, Item=item)


def remove_configs(cloud: Cloud, tenant_id: str) -> None:
    """Take all of a tenant's configs out of the table."""
    dynamodb, table = cloud.client("dynamodb"), cloud.environment.tenant_config_table
    mine = {"KeyConditionExpression": "tenant_id = :id", "ExpressionAttributeValues": {":id": {"S": tenant_id}}}
    for item in dynamodb.query(TableName=table, **mine)["Items"]:
        dynamodb.delete_item(TableName=table, Key={name: item[name] for name in ("tenant_id", "type")})
