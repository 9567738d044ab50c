"""Who has the plain name of a key's copies: the first version of it that a delivery config delivers (contract §15).

One conditional write for each copy of a versioned object. A claim outlives the object, so that a replay gives each
version the name that it had.
"""

from collections.abc import Callable
from typing import Final

from runtime import scheduling
from runtime.aws.clients import AwsClients
from runtime.deliveries.method import NameHolder
from runtime.delivery_config.attribute_values import plain_item, typed
from runtime.delivery_state.table import StateTable, version_key
from runtime.errors import Hop, classify
from runtime.objects.stored_object import StoredObject

KEPT_SECONDS: Final = 500 * 86_400  # ours: longer than an object is kept, whose longest retention is 365 days


class CopyNames:
    """Writes the claims. Shared by all threads. ``clock``: epoch seconds."""

    def __init__(self, clients: AwsClients, table: str, clock: Callable[[], float] = scheduling.now) -> None:
        self._table = StateTable(clients, table)
        self._clock = clock

    def claim(self, object_: StoredObject, type_: str) -> NameHolder:
        """Return the version that has the plain name: this one, unless another came first.

        :raises runtime.errors.DeliveryError: the table can't be asked.
        """
        key = version_key(object_.key.tenant_id, type_, object_.key.key)
        facts = {"version_id": object_.version_id, "etag": object_.etag, "size": object_.size}
        own = {name: typed(value) for name, value in facts.items() if value is not None}
        item = {**key, **own, "ttl": typed(int(self._clock()) + KEPT_SECONDS)}
        try:
            held = None if self._table.create(item) else self._table.get(key)
        except Exception as error:
            raise classify(error, hop=Hop.EXECUTION, action="dynamodb:PutItem", resource=self._table.name) from error
        values = plain_item(held or item)
        return NameHolder(str(values["version_id"]), values.get("etag"), values.get("size"))
