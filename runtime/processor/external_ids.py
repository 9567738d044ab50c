"""Tries a tenant's ExternalIds at each role of its configs, as the processor: AssumeRole alone, nothing is delivered.

A role that takes the pending one is assumed with it from then on; when all do, it is the one in use. A role that still
takes the retired one is named, so that the customer takes it out of the role's trust.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from runtime import scheduling
from runtime.aws.clients import AwsClients
from runtime.deliveries.role_chain import RoleChain
from runtime.delivery_config import rotation
from runtime.delivery_config.methods import find_config_models
from runtime.delivery_config.repository import DeliveryConfigRepository
from runtime.delivery_config.tenant_record import TenantRecord
from runtime.errors import BlockedByCustomerError, DeliveryError
from runtime.processor.settings import ProcessorSettings

NO_RECORD = "no-such-tenant"


@dataclass(frozen=True, slots=True)
class _Tried:
    """What one role answered. ``failure``: the reason with which the pending one was refused; empty: it was taken."""

    role_arn: str
    failure: str = ""
    detail: str = ""


def try_external_ids(settings: ProcessorSettings, clients: AwsClients, tenant_id: str) -> dict[str, object]:
    """Try them, and note the rotation's progress in the record; return what each role answered.

    :raises DeliveryError: the note can't be written. Whatever the tables' client raises is raised.
    """
    table = settings.tenants_table
    repository = DeliveryConfigRepository(
        clients, settings.tenant_config_table, find_config_models(), cache_seconds=0, tenants_table=table
    )
    tenant = repository.fetch_tenant(tenant_id)
    record = tenant.record
    if table is None or not isinstance(record, TenantRecord):
        return {"failure": NO_RECORD}
    roles = sorted(rotation.roles_of(tenant.configs))
    chain = RoleChain(clients, settings.central_log_distribution_role_arn)
    tried = _try(chain, record, roles)
    still = _still_trusted(chain, record, roles)
    after = rotation.passed(record, (one.role_arn for one in tried if not one.failure), roles, _now())
    if record.retired_external_id and not record.pending_external_id and still == []:
        after = rotation.taken_out(record)
    if after != record:
        rotation.RecordMarks(clients, table).rotated(record, after)
    return {
        "pending": after.pending_external_id is not None,
        "in_use": after.external_id,
        "roles": [{"role_arn": one.role_arn, "failure": one.failure, "detail": one.detail} for one in tried],
        "still_trusting_the_retired": still or [],
    }


def _try(chain: RoleChain, record: TenantRecord, roles: list[str]) -> list[_Tried]:
    pending = record.pending_external_id
    if pending is None:
        return []
    return [_ask(role, partial(chain.customer, record.tenant_id, role, pending)) for role in roles]


def _still_trusted(chain: RoleChain, record: TenantRecord, roles: list[str]) -> list[str] | None:
    """Return the roles that take the retired one; ``None``: there is none, or a role gave no clear answer."""
    retired, found = record.retired_external_id, []
    if retired is None:
        return None
    for role in roles:
        try:
            chain.customer(record.tenant_id, role, retired)
        except BlockedByCustomerError:
            continue
        except DeliveryError:
            return None
        found.append(role)
    return found


def _ask(role_arn: str, assume: Callable[[], object]) -> _Tried:
    try:
        assume()
    except DeliveryError as error:
        return _Tried(role_arn, error.reason, error.detail)
    return _Tried(role_arn)


def _now() -> str:
    return datetime.fromtimestamp(scheduling.now(), UTC).isoformat(timespec="microseconds")
