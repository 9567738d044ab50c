"""A tenant's own stored lines, read with the tenant's session: what programs and alert rules are tried on.

The API asks for it, and has no right to read an object itself. Nothing is kept: the answer goes back in the call.
"""

from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Final

import msgspec

from runtime.aws.clients import AwsClients
from runtime.aws.credentials import Credentials, use_credentials
from runtime.deliveries.role_chain import RoleChain
from runtime.deliveries.session_policy import reader
from runtime.errors import Hop, PermanentError, classify
from runtime.objects.batches import Batch
from runtime.objects.events import ReadStats
from runtime.objects.hours import objects_between
from runtime.objects.key import MalformedKeyError, ObjectKey
from runtime.objects.reading import S3Opener, read_batches
from runtime.objects.stored_object import StoredObject
from runtime.objects.versions import ListedObject
from runtime.time_budget import TimeBudget

MAX_UNCOMPRESSED: Final = 64 * 1024 * 1024
"""Ours, bytes of one object."""
STEPS_SECONDS: Final = (3600.0, 6 * 3600.0, 24 * 3600.0, 7 * 24 * 3600.0)
"""Ours: how far back the newest objects are listed; further only where the nearer hours have too few lines."""
_decode = msgspec.json.Decoder(list[str]).decode


@dataclass(frozen=True, slots=True)
class Selected:
    """Which of the tenant's objects; ``None``: all."""

    applications: frozenset[str] | None = None
    cluster_ids: frozenset[str] | None = None

    @classmethod
    def of(cls, asked: Mapping[str, object]) -> "Selected":
        """Read what was asked for: lists of names, or none of them."""
        names = [asked.get(name) for name in ("applications", "cluster_ids")]
        return cls(*(frozenset(map(str, each)) if isinstance(each, list) else None for each in names))

    def has(self, key: ObjectKey) -> bool:
        """Whether an object is one of them."""
        return (self.applications is None or key.application in self.applications) and (
            self.cluster_ids is None or key.cluster_id in self.cluster_ids
        )


@dataclass(frozen=True, slots=True)
class StoredLines:
    """One tenant's. What fails is a ``DeliveryError``; an object that is gone or corrupt has no more lines."""

    clients: AwsClients
    role_chain: RoleChain
    bucket: str
    tenant_id: str
    budget: TimeBudget

    def objects(self, begin: float, end: float, selected: Selected) -> list[StoredObject]:
        """Return the objects whose names' time is in [begin, end), epoch seconds, the oldest first.

        :raises runtime.errors.OutOfTimeError: there are more than there is time for.
        """
        bucket, prefix = self.bucket, f"tenant_id={self.tenant_id}/"
        found: list[StoredObject] = []
        try:
            with use_credentials(self._session()):
                for listed in objects_between(self.clients.client("s3"), bucket, prefix, begin, end):
                    self.budget.check()
                    found += self._object(listed, selected)
        except Exception as error:
            raise classify(error, hop=Hop.SOURCE, action="s3:ListBucketVersions", resource=bucket) from error
        return sorted(found, key=lambda each: each.key.filename)

    def newest(self, now: float, selected: Selected) -> Iterator[StoredObject]:
        """Yield the objects of the last week, the newest first."""
        end = now
        for step in STEPS_SECONDS:
            yield from reversed(self.objects(now - step, end, selected))
            end = now - step

    def batches(self, object_: StoredObject) -> Iterator[Batch]:
        """Yield an object's planned batches.

        :raises runtime.errors.OutOfTimeError: the time is over.
        """
        opener, budget = S3Opener(self.clients, object_, self._session), self.budget
        read = read_batches(opener, max_uncompressed_bytes=MAX_UNCOMPRESSED, stats=ReadStats(), budget=budget)
        with closing(read):
            try:
                yield from read
            except PermanentError:  # gone meanwhile, or corrupt: what could be read counts
                return

    def _session(self) -> Credentials:
        policy = reader(self.role_chain.partition, self.bucket, self.tenant_id)
        return self.role_chain.central(self.tenant_id, policy)

    def _object(self, listed: ListedObject, selected: Selected) -> list[StoredObject]:
        try:
            key = ObjectKey.parse(listed.key)
        except MalformedKeyError:
            return []  # the processor refuses it, too
        if key.tenant_id != self.tenant_id or not selected.has(key):
            return []
        return [StoredObject(self.bucket, key, listed.etag, listed.version_id, listed.size)]


def texts(batch: Batch) -> list[str]:
    """Return the messages of a batch."""
    return _decode(b"[%b]" % b",".join(batch.literals))
