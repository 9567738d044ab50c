"""The customers' side: each deploys the onboarding stack into its own account and hands over what it prints."""

import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from cli.client import ApiProblemError, Client
from local.deployment.command_line import CommandLine
from local.deployment.environment_file import TenantDestinations

STACK: Final = "LogRouterCustomer"
CUSTOMERS: Final = {"acme-corp": "222222222222", "globex": "333333333333"}


@dataclass(frozen=True, slots=True)
class OnboardedTenant:
    """A tenant with its delivery configs, as the onboarding stack printed them."""

    tenant_id: str
    configs: list[dict[str, Any]]

    @property
    def destinations(self) -> TenantDestinations:
        """What the configs point to."""
        fields = {name: value for config in self.configs for name, value in config.items()}
        names = ("log_group_name", "log_distribution_role_arn", "bucket_name", "bucket_prefix")
        return TenantDestinations(**{name: fields[name] for name in names})


def onboard(command_line: CommandLine, tenant_id: str, account: str, central_role_arn: str) -> OnboardedTenant:
    """Deploy the onboarding stack for a tenant in its customer's account, with a log group and a bucket."""
    parameters = {"TenantId": tenant_id, "CentralRoleArn": central_role_arn}
    outputs = command_line.deploy(account, STACK, parameters=parameters)[STACK]
    configs = [json.loads(outputs[name]) for name in ("CloudWatchDeliveryConfig", "S3DeliveryConfig")]
    return OnboardedTenant(tenant_id, configs)


def put_delivery_configs(client: Client, tenant: OnboardedTenant) -> None:
    """Store a tenant's configs through the API, as the onboarding stack printed them; deployed again, they stay."""
    for config in tenant.configs:
        try:
            client.create(tenant.tenant_id, config)
        except ApiProblemError as error:
            if error.problem.status != HTTPStatus.CONFLICT:
                raise
            client.put(tenant.tenant_id, config["type"], config)
