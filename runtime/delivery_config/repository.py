"""Reads a tenant's record and delivery configs: a Query and a GetItem, remembered together for a short while."""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pydantic import ValidationError

from runtime import scheduling
from runtime.aws.clients import AwsClients
from runtime.aws.expiring_cache import ExpiringCache
from runtime.bounded_map import TENANTS_REMEMBERED
from runtime.delivery_config.attribute_values import plain_item
from runtime.delivery_config.change_reader import ChangeReader
from runtime.delivery_config.model import SCHEMA_VERSION, DeliveryConfig, is_delivery_type, is_tenant_id, whole_number
from runtime.delivery_config.tenant_record import InvalidRecord, TenantRecord, bind, read_record

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import GetItemInputTypeDef, QueryInputTypeDef

CONFIG_INVALID = "config-invalid"
METHOD_NOT_INSTALLED = "method-not-installed"
logger = logging.getLogger("logrouter.delivery_config")

Models = Mapping[str, type[DeliveryConfig]]


@dataclass(frozen=True, slots=True)
class InvalidItem:
    """An item that can't be read as a config. ``fields`` are names, never values.

    :param reason: ``config-invalid``, or ``method-not-installed``: this host lacks the method, another may have it.
    :param common: the fields that every method has, where they alone can be read.
    """

    type: str
    fields: tuple[str, ...]
    problem: str
    ttl: int | None = None
    reason: str = CONFIG_INVALID
    common: DeliveryConfig | None = None

    def may_want(self, application: str, cluster_id: str) -> bool:
        """Whether an object of this application and cluster waits until the item can be read.

        It does unless the item says otherwise. An item whose ``type`` can be none has no deliveries.
        """
        if not is_delivery_type(self.type):
            return False
        common = self.common
        return common is None or (common.enabled and common.selects(application, cluster_id))


@dataclass(frozen=True, slots=True)
class TenantConfigs:
    """What the tables have for one tenant. No config at all (or none that isn't expired): the tenant is unknown.

    :param record: ``None``: the tenant has none, and so the defaults. :param read_at: epoch seconds.
    """

    tenant_id: str
    configs: tuple[DeliveryConfig, ...] = ()
    invalid: tuple[InvalidItem, ...] = ()
    record: TenantRecord | InvalidRecord | None = None
    read_at: float = 0.0

    @property
    def known(self) -> bool:
        """Whether the tenant has any item, also a disabled or invalid one."""
        return bool(self.configs or self.invalid)

    def of_type(self, type_: str) -> DeliveryConfig | InvalidItem | None:
        """Return the item of that ``type``."""
        items: tuple[DeliveryConfig | InvalidItem, ...] = (*self.configs, *self.invalid)
        return next((item for item in items if item.type == type_), None)

    def live(self, now: float) -> "TenantConfigs":
        """Leave out what has expired (epoch s)."""
        return replace(
            self,
            configs=tuple(config for config in self.configs if config.is_live(now)),
            invalid=tuple(item for item in self.invalid if item.ttl is None or item.ttl > now),
        )


class DeliveryConfigRepository:
    """Shared by all threads. Threads that want the same tenant share one answer; "no such tenant" is remembered too.

    :param tenants_table: ``None``: no record is read, and what demands one waits.
    :param models: the delivery methods' config models by method name.
    :param cache_seconds: how long an answer is believed; a changed config is seen after that at the latest.
    :param tenants: of how many the configs are kept. :param changes: whose have changed meanwhile.
    """

    def __init__(
        self,
        clients: AwsClients,
        table: str,
        models: Models,
        *,
        cache_seconds: float,
        tenants: int = TENANTS_REMEMBERED,
        tenants_table: str | None = None,
        changes: ChangeReader | None = None,
        clock: Callable[[], float] = scheduling.now,
    ) -> None:
        self._clients = clients
        self._table = table
        self._tenants_table = tenants_table
        self._models = models
        self._cache_seconds = cache_seconds
        self._changes = changes
        self._clock = clock
        self._cache: ExpiringCache[str, TenantConfigs] = ExpiringCache(tenants, clock)

    def fetch_tenant(self, tenant_id: str, *, refresh: bool = False) -> TenantConfigs:
        """Return what the tenant has. An id that no item can have costs no call.

        Whatever the table's client raises is raised: a table that is down doesn't make a tenant unknown.

        :param refresh: ask the table: for what is decided for good, and mustn't be by an answer of a minute ago.
        """
        if not is_tenant_id(tenant_id):
            return TenantConfigs(tenant_id)
        if refresh:
            self._cache.forget(lambda configs: configs.tenant_id == tenant_id)
        elif outdated := self._changes and self._changes.outdated():
            self._cache.forget(lambda configs: outdated(configs.tenant_id, configs.read_at))
        return self._cache.get(tenant_id, lambda: self._load(tenant_id)).live(self._clock())

    def _load(self, tenant_id: str) -> tuple[TenantConfigs, float]:
        read_at = self._clock()
        configs: list[DeliveryConfig] = []
        invalid: list[InvalidItem] = []
        for item in self._items(tenant_id):
            read = read_item(item, self._models)
            if isinstance(read, InvalidItem):
                _log_invalid(tenant_id, read)
                invalid.append(read)
            else:
                _log_warnings(read)
                configs.append(read.in_region(self._clients.region))
        # After the configs: so the record is hardly ever older than the version that they carry.
        record = self._record(tenant_id, demanded=any(config.tenant_version for config in configs))
        if isinstance(record, TenantRecord):
            configs = [bind(config, record) for config in configs]
        found = TenantConfigs(tenant_id, tuple(configs), tuple(invalid), record, read_at)
        return found, read_at + self._cache_seconds

    def _record(self, tenant_id: str, *, demanded: bool) -> TenantRecord | InvalidRecord | None:
        """Read the tenant's record, consistently where a config demands one: an older answer would let it wait."""
        if self._tenants_table is None:
            return None
        key = {"tenant_id": {"S": tenant_id}}
        request: GetItemInputTypeDef = {"TableName": self._tenants_table, "Key": key, "ConsistentRead": demanded}
        item = self._clients.call("dynamodb", "GetItem", request).get("Item")
        record = read_record(plain_item(item)) if item else None
        if isinstance(record, InvalidRecord):
            extra = {"tenant_id": tenant_id, "fields": record.fields}
            logger.error("invalid tenant: its deliveries wait until it is corrected", extra=extra)
        return record

    def _items(self, tenant_id: str) -> Iterator[dict[str, object]]:
        request: QueryInputTypeDef = {
            "TableName": self._table,
            "KeyConditionExpression": "tenant_id = :tenant",
            "ExpressionAttributeValues": {":tenant": {"S": tenant_id}},
        }
        while True:
            page = self._clients.call("dynamodb", "Query", request)
            for item in page.get("Items", ()):
                yield plain_item(item)
            if not page.get("LastEvaluatedKey"):
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def read_item(item: Mapping[str, object], models: Models) -> DeliveryConfig | InvalidItem:
    """Read one item as its method's config model; never raises for what an item may contain."""
    type_ = str(item.get("type", ""))
    ttl = whole_number(item.get("ttl"))
    model = models.get(type_.partition(":")[0])
    if model is None:
        known = ", ".join(sorted(models))
        problem = f"no such delivery method; there are: {known}"
        return InvalidItem(type_, ("type",), problem, ttl, METHOD_NOT_INSTALLED, _common(item))
    try:
        return model.model_validate(dict(item))
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        fields = tuple(dict.fromkeys(".".join(str(part) for part in each["loc"]) for each in problems))
        text = "; ".join(
            f"{'.'.join(map(str, each['loc']))}: {_message(each['type'], each['msg'])}" for each in problems
        )
        return InvalidItem(type_, fields, text, ttl, common=_common(item))


def _common(item: Mapping[str, object]) -> DeliveryConfig | None:
    try:
        return DeliveryConfig.model_validate(dict(item))
    except ValidationError:
        return None


def _message(kind: str, message: str) -> str:
    return "missing or has empty value for required field" if kind == "missing" else message


def _log_invalid(tenant_id: str, item: InvalidItem) -> None:
    logger.error(
        "invalid delivery config: its deliveries wait until it is corrected",
        extra={"tenant_id": tenant_id, "type": item.type, "fields": item.fields, "problem": item.problem},
    )


def _log_warnings(config: DeliveryConfig) -> None:
    if config.expansion.unknown:
        logger.warning(
            "delivery config names unknown groups: they add no application",
            extra={"tenant_id": config.tenant_id, "type": config.type, "groups": config.expansion.unknown},
        )
    if config.schema_version > SCHEMA_VERSION:
        logger.warning(
            "delivery config is of a newer schema version: read as far as it is understood",
            extra={"tenant_id": config.tenant_id, "type": config.type, "schema_version": config.schema_version},
        )
