"""Lists the objects of a bucket with their versions: those of one content are one object (contract §15)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import DeleteMarkerEntryTypeDef, ListObjectVersionsRequestTypeDef, ObjectVersionTypeDef

UNVERSIONED: Final = "null"  # S3 user guide, versioning: the version id of what was written without it


@dataclass(frozen=True, slots=True)
class ListedObject:
    """One version, or several of one size and ETag. ``written_at``: epoch seconds; ``size`` in bytes.

    ``versions``: the ids of all of them, the oldest first; empty where the bucket has no versions of the key.
    """

    key: str
    etag: str
    size: int
    written_at: float
    versions: tuple[str, ...] = ()

    @property
    def version_id(self) -> str | None:
        """The version to read; ``None``: the key alone names it."""
        return self.versions[0] if self.versions else None


@dataclass(frozen=True, slots=True)
class VersionsPage:
    """What one request listed. ``through``: the last key of which everything is here; empty: there is none."""

    objects: Sequence[ListedObject]
    through: str
    is_last: bool


def list_page(s3: "S3Client", bucket: str, prefix: str, after: str) -> VersionsPage:
    """List the objects behind a key; more than one request only where a single key has more versions than one shows.

    A key whose newest version is a delete marker has expired, and isn't listed. What S3's client raises is raised.
    """
    entries: list[_Version] = []
    request: ListObjectVersionsRequestTypeDef = {"Bucket": bucket, "Prefix": prefix}
    if after:
        request["KeyMarker"] = after
    while True:
        page = s3.list_object_versions(**request)
        entries += [_version(each, each["ETag"].strip('"'), each["Size"]) for each in page.get("Versions", ())]
        entries += [_version(each) for each in page.get("DeleteMarkers", ())]
        last = max((each.key for each in entries), default="")
        if not page.get("IsTruncated"):
            return VersionsPage(list(_objects(entries)), last, is_last=True)
        whole = [each for each in entries if each.key != last]
        if whole:  # the last key may have more versions: it is listed again, from its first
            return VersionsPage(list(_objects(whole)), max(each.key for each in whole), is_last=False)
        request["KeyMarker"] = page["NextKeyMarker"]
        request.pop("VersionIdMarker", None)
        if version := page.get("NextVersionIdMarker"):
            request["VersionIdMarker"] = version


def list_pages(s3: "S3Client", bucket: str, prefix: str, after: str = "") -> Iterator[VersionsPage]:
    """Yield page after page, from behind a key on."""
    while True:
        page = list_page(s3, bucket, prefix, after)
        yield page
        if page.is_last:
            return
        after = page.through


class _Version(NamedTuple):
    """An entry of a listing; a delete marker has no size."""

    key: str
    written_at: float
    is_latest: bool
    id: str
    etag: str
    size: int | None


def _version(
    entry: "ObjectVersionTypeDef | DeleteMarkerEntryTypeDef", etag: str = "", size: int | None = None
) -> _Version:
    written_at = entry["LastModified"].timestamp()
    return _Version(entry["Key"], written_at, entry["IsLatest"], entry["VersionId"], etag, size)


def _objects(entries: Sequence[_Version]) -> Iterator[ListedObject]:
    for key, group in groupby(sorted(entries, key=attrgetter("key")), key=attrgetter("key")):
        # S3 lists the newest first, and gives times in seconds: among those of one second its order holds.
        versions = list(group)
        versions.reverse()
        versions.sort(key=attrgetter("written_at", "is_latest"))
        if versions[-1].size is None:
            continue
        found: dict[tuple[str, int], ListedObject] = {}
        for each in versions:
            if each.size is None:
                continue
            which = (each.etag, each.size)
            alone = len(versions) == 1 and each.id == UNVERSIONED
            earlier = found.get(which)
            ids = () if alone else (*(earlier.versions if earlier else ()), each.id)
            written_at = earlier.written_at if earlier else each.written_at
            found[which] = ListedObject(key, each.etag, each.size, written_at, ids)
        yield from found.values()
