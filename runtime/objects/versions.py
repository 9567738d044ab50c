"""Lists the objects of a bucket with their versions: those of one content are one object (contract §15)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ListObjectVersionsRequestTypeDef

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
    entries: list[Mapping[str, Any]] = []
    request: ListObjectVersionsRequestTypeDef = {"Bucket": bucket, "Prefix": prefix}
    if after:
        request["KeyMarker"] = after
    while True:
        page = s3.list_object_versions(**request)
        gone = [{**each, "Size": None} for each in page.get("DeleteMarkers", ())]
        entries += [*page.get("Versions", ()), *gone]
        last = max((each["Key"] for each in entries), default="")
        if not page.get("IsTruncated"):
            return VersionsPage(list(_objects(entries)), last, is_last=True)
        whole = [each for each in entries if each["Key"] != last]
        if whole:  # the last key may have more versions: it is listed again, from its first
            return VersionsPage(list(_objects(whole)), max(each["Key"] for each in whole), is_last=False)
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


def _objects(entries: Sequence[Mapping[str, Any]]) -> Iterator[ListedObject]:
    for key, group in groupby(sorted(entries, key=lambda each: each["Key"]), key=lambda each: each["Key"]):
        # S3 lists the newest first, and gives times in seconds: among those of one second its order holds.
        versions = list(group)
        versions.reverse()
        versions.sort(key=lambda each: (each["LastModified"], each["IsLatest"]))
        if versions[-1]["Size"] is None:
            continue
        found: dict[tuple[str, int], ListedObject] = {}
        for each in versions:
            if each["Size"] is None:
                continue
            etag, size = str(each["ETag"]).strip('"'), int(each["Size"])
            alone = len(versions) == 1 and each["VersionId"] == UNVERSIONED
            earlier = found.get((etag, size))
            ids = () if alone else (*(earlier.versions if earlier else ()), str(each["VersionId"]))
            written_at = earlier.written_at if earlier else each["LastModified"].timestamp()
            found[etag, size] = ListedObject(key, etag, size, written_at, ids)
        yield from found.values()
