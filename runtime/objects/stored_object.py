"""One object of the central bucket, as a notification or a delivery message names it."""

from dataclasses import dataclass

from runtime.objects.key import ObjectKey


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object of the central bucket, as its notification named it. ``size`` in bytes where known."""

    bucket: str
    key: ObjectKey
    etag: str | None = None
    version_id: str | None = None
    size: int | None = None
