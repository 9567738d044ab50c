"""Delivery configs as code: a custom resource that calls the delivery-config API."""

from collections.abc import Mapping
from typing import Any, Final

from aws_cdk import CustomResource, Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib.acknowledgement import acknowledge_wildcards
from constructs_lib.limits import require, require_match
from constructs_lib.pipeline_function import FunctionSettings, PipelineFunction
from runtime.delivery_config.model import is_tenant_id

HANDLER: Final = "runtime.config_resource.lambda_handler.handler"
RESOURCE_TYPE: Final = "Custom::LogRouterDeliveryConfig"
TIMEOUT: Final = Duration.minutes(2)
"""Two calls of the API, which answers within 29 s each, and CloudFormation's own."""
_MEMORY_MIB: Final = 512


class DeliveryConfigProvider(PipelineFunction):
    """The function behind the resources of one app. It may call the API for their tenants alone.

    :param api_url: the output ``ApiUrl`` of the API's stack. :param api_arn: ``<api>/<stage>``, as
        ``arn:…:execute-api:<region>:<account>:<id>/v1``.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: FunctionSettings, api_url: str, api_arn: str
    ) -> None:
        require_match("api_url", api_url, r"https?://.+[^/]", "an address without a slash at its end")
        super().__init__(
            scope,
            construct_id,
            settings=settings,
            handler=HANDLER,
            description="Makes delivery configs that templates declare",
            memory_mib=_MEMORY_MIB,
            timeout=TIMEOUT,
            environment={"API_URL": api_url},
            permissions=[],
        )
        self._api_arn = api_arn
        self._tenants: set[str] = set()

    def allow(self, tenant_id: str) -> None:
        """Let it read and change the delivery configs of a tenant."""
        if tenant_id in self._tenants:
            return
        self._tenants.add(tenant_id)
        path = f"tenants/{tenant_id}/delivery-configs"
        one = f"{self._api_arn}/*/{path}/*"
        self.policy.add_statements(
            iam.PolicyStatement(actions=["execute-api:Invoke"], resources=[f"{self._api_arn}/POST/{path}", one])
        )
        acknowledge_wildcards(
            self.policy, reason="All configs of one tenant, read, replaced and deleted.", resources=(one,)
        )


class DeliveryConfigResource(Construct):
    """One delivery config. Changed by hand, it is put back by the next update; ``drift`` names the fields.

    :param config: the config's fields without ``tenant_id``, as docs/delivery-config.md has them; tokens may be in it.
        No secrets: anyone who may read the template would read them.
    :param removal_policy: ``RETAIN`` leaves the config when the resource goes.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        provider: DeliveryConfigProvider,
        tenant_id: str,
        config: Mapping[str, Any],
        removal_policy: RemovalPolicy = RemovalPolicy.DESTROY,
    ) -> None:
        super().__init__(scope, construct_id)
        require(holds=is_tenant_id(tenant_id), constraint=f"tenant_id can't be {tenant_id!r}")
        require(
            holds=isinstance(config.get("type"), str), constraint="config must have a type: cloudwatch, s3:archive …"
        )
        provider.allow(tenant_id)
        self.resource = CustomResource(
            self,
            "Resource",
            service_token=provider.function.function_arn,
            resource_type=RESOURCE_TYPE,
            removal_policy=removal_policy,
            properties={"TenantId": tenant_id, "Config": Stack.of(self).to_json_string(dict(config))},
        )
        self.resource.node.add_dependency(provider.policy)

    @property
    def drift(self) -> str:
        """The fields that had been changed by hand when it was last updated; empty where none was."""
        return self.resource.get_att_string("Drift")
