"""Opens an object for the deliveries that want its events, as the central role acting for the object's tenant."""

from collections.abc import Generator
from dataclasses import asdict

from runtime.aws.clients import AwsClients
from runtime.aws.credentials import Credentials
from runtime.backoff import Retry
from runtime.deliveries.session_policy import reader
from runtime.deliveries.sessions import Sessions
from runtime.errors import EXPIRED, DeliveryError
from runtime.objects.batches import Batch
from runtime.objects.events import ReadStats
from runtime.objects.reading import ObjectBody, S3Opener, read_batches
from runtime.objects.shared_read import SharedRead
from runtime.objects.stored_object import StoredObject
from runtime.time_budget import TimeBudget


class ObjectRead:
    """One object, read once for all of its deliveries (and again only for those that fall behind)."""

    def __init__(self, opener: "ObjectReader", object_: StoredObject, budget: TimeBudget) -> None:
        self._opener = opener
        self._object = object_
        self._budget = budget
        self._stats: ReadStats | None = None
        self.shared = SharedRead(self._batches)

    def stats(self) -> dict[str, int]:
        """What the first read met, by ``ReadStats``'s names."""
        return asdict(self._stats) if self._stats else {}

    def _batches(self) -> Generator[Batch]:
        stats = ReadStats()
        self._stats = self._stats or stats  # a second read meets the same again; it isn't counted twice
        return self._opener.batches(self._object, self._budget, stats)


class ObjectReader:
    """Makes reads of objects. Shared by all threads."""

    def __init__(
        self, clients: AwsClients, role_chain: Sessions, max_uncompressed_bytes: int, retry: Retry | None = None
    ) -> None:
        self._clients = clients
        self._role_chain = role_chain
        self._max_uncompressed_bytes = max_uncompressed_bytes
        self._retry = retry or Retry()

    def open(self, object_: StoredObject, budget: TimeBudget) -> ObjectRead:
        """Prepare to read an object; S3 is called when the first batch is requested."""
        return ObjectRead(self, object_, budget)

    def batches(self, object_: StoredObject, budget: TimeBudget, stats: ReadStats) -> Generator[Batch]:
        """Read an object from its beginning."""

        def credentials() -> Credentials:
            policy = reader(self._role_chain.partition, object_.bucket, object_.key.tenant_id)
            return self._role_chain.central(object_.key.tenant_id, policy)

        def open_once() -> ObjectBody:
            try:
                return S3Opener(self._clients, object_, credentials)()
            except DeliveryError as error:
                if error.reason == EXPIRED:
                    self._role_chain.invalidate(credentials())
                raise

        return read_batches(
            lambda: self._retry.run(open_once, budget),
            max_uncompressed_bytes=self._max_uncompressed_bytes,
            stats=stats,
            budget=budget,
        )
