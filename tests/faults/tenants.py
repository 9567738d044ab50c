"""A run's tenants: the onboarding template deployed into a customer's account, the configs put into the table."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from boto3.dynamodb.types import TypeSerializer

from local.accounts import EmbeddedAccounts
from local.deployment.environment_file import LocalEnvironment
from local.deployment.onboarding import STACK
from local.waiting import wait_until

type Config = dict[str, Any]

DONE = ("CREATE_COMPLETE", "CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED")
STACK_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Place:
    """The deployment that a run is about."""

    accounts: EmbeddedAccounts
    environment: LocalEnvironment
    home: Path

    def central(self, service: str) -> Any:
        """Return a client of the central account's root: the run's own hands, past the proxy."""
        return self.accounts.client(service, self.environment.central_account)

    @property
    def outputs(self) -> dict[str, str]:
        """Return all outputs of the central account's stacks."""
        stacks = json.loads((self.home / f"outputs-{self.environment.central_account}.json").read_text())
        return {name: value for stack in stacks.values() for name, value in stack.items()}


@dataclass(frozen=True, slots=True)
class Tenant:
    """One tenant with the configs that its customer's stack printed, by type."""

    tenant_id: str
    account: str
    configs: dict[str, Config] = field(default_factory=dict)

    @property
    def log_group(self) -> str:
        """Its log group."""
        return str(self.configs["cloudwatch"]["log_group_name"])

    @property
    def bucket(self) -> str:
        """Its bucket."""
        return str(self.configs["s3"]["bucket_name"])

    def client(self, place: Place, service: str) -> Any:
        """Return a client of the customer's root."""
        return place.accounts.client(service, self.account)


def onboard(place: Place, tenant_id: str) -> Tenant:
    """Deploy the onboarding template for a tenant, and put its configs into the table."""
    account = place.environment.customer_accounts[0]
    cloudformation = place.accounts.client("cloudformation", account)
    given = {"TenantId": tenant_id, "CentralRoleArn": place.environment.central_log_distribution_role_arn}
    cloudformation.create_stack(
        StackName=tenant_id,
        TemplateBody=(place.home / "cdk.out" / f"{STACK}.template.json").read_text(),
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
    )

    def finished() -> Any:
        (stack,) = cloudformation.describe_stacks(StackName=tenant_id)["Stacks"]
        return stack if stack["StackStatus"] in DONE else None

    stack = wait_until(finished, what=f"stack {tenant_id}", timeout_seconds=STACK_SECONDS)
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    configs = [json.loads(outputs[name]) for name in ("CloudWatchDeliveryConfig", "S3DeliveryConfig")]
    tenant = Tenant(tenant_id, account, {config["type"]: config for config in configs})
    for config in configs:
        put_config(place, config)
    return tenant


def put_config(place: Place, config: Config) -> None:
    """Put a config into the table."""
    serialize = TypeSerializer().serialize
    item = {name: serialize(value) for name, value in config.items()}
    place.central("dynamodb").put_item(TableName=place.environment.tenant_config_table, Item=item)


def remove_config(place: Place, tenant: Tenant, type_: str) -> None:
    """Take a config out of the table."""
    key = {"tenant_id": {"S": tenant.tenant_id}, "type": {"S": type_}}
    place.central("dynamodb").delete_item(TableName=place.environment.tenant_config_table, Key=key)
