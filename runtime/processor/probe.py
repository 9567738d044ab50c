"""Tries the roles of one delivery config for real, as the processor: an operator's own rights can't show it.

Both hops are assumed again, under the tenant's tag and session policy, and the central session lists what it may:
nothing is delivered, and nothing remembered.
"""

from typing import Any

from runtime.aws.clients import AwsClients
from runtime.aws.credentials import use_credentials
from runtime.deliveries.role_chain import RoleChain
from runtime.deliveries.session_policy import reader
from runtime.delivery_config.methods import find_config_models
from runtime.delivery_config.model import DeliveryConfig
from runtime.delivery_config.repository import DeliveryConfigRepository
from runtime.delivery_config.tenant_rules import held_back
from runtime.delivery_state.next_steps import next_step
from runtime.errors import DeliveryError, Hop, classify
from runtime.processor.settings import ProcessorSettings


def probe(settings: ProcessorSettings, clients: AwsClients, tenant_id: str, type_: str) -> dict[str, str]:
    """Return what failed, in the words of a destination's status; nothing if all is well.

    Whatever the table's client raises is raised.
    """
    repository = DeliveryConfigRepository(
        clients,
        settings.tenant_config_table,
        find_config_models(),
        cache_seconds=0,
        tenants_table=settings.tenants_table,
    )
    tenant = repository.fetch_tenant(tenant_id)
    config = tenant.of_type(type_)
    if not isinstance(config, DeliveryConfig):
        detail = "there is no such config" if config is None else config.problem
        return {"reason": "config-invalid", "detail": detail, "next_step": next_step("config-invalid")}
    try:
        if why := held_back(tenant, config):
            raise why
        _assume(RoleChain(clients, settings.central_log_distribution_role_arn), settings, clients, config)
    except DeliveryError as error:
        call = error.call
        return {
            "reason": error.reason,
            "detail": error.detail,
            "hop": call.hop,
            "action": call.action,
            "resource": call.resource,
            "next_step": call.next_step or next_step(error.reason),
        }
    return {}


def _assume(chain: RoleChain, settings: ProcessorSettings, clients: AwsClients, config: DeliveryConfig) -> None:
    bucket, prefix = settings.central_bucket, f"tenant_id={config.tenant_id}/"
    central = chain.central(config.tenant_id, reader(chain.partition, bucket, config.tenant_id))
    try:
        with use_credentials(central):
            clients.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)
    except Exception as error:
        raise classify(error, hop=Hop.SOURCE, action="s3:ListBucket", resource=f"s3://{bucket}/{prefix}") from error
    role: Any = getattr(config, "log_distribution_role_arn", None)
    if role:
        chain.customer(config.tenant_id, role, config.external_id, config.allowed_regions)
