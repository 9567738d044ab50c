"""What methods share that post to addresses of customers' choosing: the egress policy, one client, the secrets."""

from collections.abc import Callable
from typing import ClassVar

from runtime import scheduling
from runtime.backoff import Retry
from runtime.deliveries.event_method import EventMethod, KeepEvents
from runtime.deliveries.method import DeliveryServices
from runtime.endpoints.address_book import AddressBook
from runtime.endpoints.client import EndpointClient
from runtime.endpoints.egress import EgressPolicy
from runtime.endpoints.secrets import SecretReader


class EndpointMethod(EventMethod):
    """A method whose destination is a URL in the config. A subclass states the ``ports`` that such a URL may name.

    :param client: replaced by tests. The others: see ``EventMethod``.
    """

    ports: ClassVar[frozenset[int]]

    def __init__(
        self,
        services: DeliveryServices,
        *,
        client: EndpointClient | None = None,
        set_aside: KeepEvents | None = None,
        retry: Retry | None = None,
        now: Callable[[], float] = scheduling.now,
    ) -> None:
        super().__init__(services, set_aside=set_aside, retry=retry, now=now)
        self._policy = EgressPolicy(self.ports, allow_loopback=services.settings.allow_loopback)
        self._client = client or EndpointClient(AddressBook(self._policy))
        self._secrets = SecretReader(services.clients)

    def close(self) -> None:
        """Close idle connections."""
        self._client.close()
