"""Finds a selection's objects by prefix: a key names tenant, cluster and application in this order (contract §2)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtime.aws.clients import AwsClients
from runtime.delivery_state.replay_selection import Selection, object_time
from runtime.objects.key import MalformedKeyError, ObjectKey
from runtime.objects.stored_object import StoredObject
from runtime.objects.versions import ListedObject, list_page, list_pages

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class FoundObject:
    """A version of an object that exists. ``at`` is its time, epoch seconds; ``size`` in bytes."""

    object: StoredObject
    at: float
    size: int


@dataclass(frozen=True, slots=True)
class ListingPage:
    """What one request found of a selection: perhaps nothing. ``through`` is the last key that was listed."""

    found: Sequence[FoundObject]
    through: str


@dataclass(frozen=True, slots=True)
class Listing:
    """Lists with the clients' credentials; what S3's client raises is raised."""

    clients: AwsClients
    bucket: str

    def pages(self, selection: Selection, *, after: str = "") -> Iterator[ListingPage]:
        """Yield one page for each request, in the order of keys, from behind a key on: also those without a match.

        So a budget and a note of the progress count what was done, not what was found: a tenant may have millions of
        objects of which a selection wants none.
        """
        return self._named(selection, after) if selection.keys else self._listed(selection, after)

    def _listed(self, selection: Selection, after: str) -> Iterator[ListingPage]:
        for prefix in self._prefixes(selection):
            if after and prefix < after and not after.startswith(prefix):
                continue  # it was worked off before
            for page in list_pages(self._s3, self.bucket, prefix, after):
                found = [self._found(listed) for listed in page.objects]
                wanted = [one for one in found if one is not None and selection.wants(one.object.key, one.at)]
                if page.through:
                    yield ListingPage(wanted, page.through)

    def _prefixes(self, selection: Selection) -> list[str]:
        """Narrow the listing down as far as the key's order allows: an application is below every cluster."""
        tenant = f"tenant_id={selection.tenant_id}/"
        if selection.application is None:
            return [f"{tenant}cluster_id={selection.cluster_id}/" if selection.cluster_id else tenant]
        below = f"application={selection.application}/"
        if selection.cluster_id:
            return [f"{tenant}cluster_id={selection.cluster_id}/{below}"]
        return [f"{cluster}{below}" for cluster in sorted(self._folders(f"{tenant}cluster_id="))]

    def _folders(self, prefix: str) -> Iterator[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix, Delimiter="/")
        for page in pages:
            yield from (each["Prefix"] for each in page.get("CommonPrefixes", ()))

    def _named(self, selection: Selection, after: str) -> Iterator[ListingPage]:
        """Look each named object up by listing it: permission to list doesn't imply permission to read."""
        for key in sorted(set(selection.keys)):
            if key <= after:
                continue
            page = list_page(self._s3, self.bucket, key, "")
            found = [self._found(listed) for listed in page.objects if listed.key == key]
            yield ListingPage([one for one in found if one is not None], key)

    def _found(self, listed: ListedObject) -> FoundObject | None:
        try:
            key = ObjectKey.parse(listed.key)
        except MalformedKeyError:
            return None  # the processor refuses it, too
        object_ = StoredObject(self.bucket, key, listed.etag, listed.version_id, listed.size)
        return FoundObject(object_, object_time(key, listed.written_at), listed.size)

    @property
    def _s3(self) -> "S3Client":
        return self.clients.client("s3")
