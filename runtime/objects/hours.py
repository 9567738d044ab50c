"""Lists the objects of some hours without listing all: a name begins with its time, under its pod's folder.

S3 lists by key, so a pod's hours lie apart. After the keys before the wanted time, and after those behind it, the
listing goes on by a jump: one or two requests for each pod's folder, and one for each thousand wanted objects.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from runtime.objects.versions import ListedObject, list_page

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

NAME_TIME: Final = "%Y%m%d-%H%M%S"
AFTER_FOLDER: Final = "0"
"""The character after the slash: whatever is greater than a folder's name with it lies behind the folder."""


def objects_between(s3: "S3Client", bucket: str, prefix: str, begin: float, end: float) -> Iterator[ListedObject]:
    """Yield the objects below a prefix whose name's time is in [begin, end), epoch seconds, with their versions.

    What has no time in its name is passed over. What S3's client raises is raised.
    """
    first, behind = (datetime.fromtimestamp(at, UTC).strftime(NAME_TIME) for at in (begin, end))
    after = prefix
    while True:
        page = list_page(s3, bucket, prefix, after)
        after = max(after, page.through)
        for listed in page.objects:
            folder, _, name = listed.key.rpartition("/")
            if name < first:
                after = max(after, f"{folder}/{first}")
            elif name >= behind:
                after = max(after, f"{folder}{AFTER_FOLDER}")
            else:
                yield listed
        if page.is_last:
            return


def folders(s3: "S3Client", bucket: str, prefix: str) -> Iterator[str]:
    """Yield the folders right below a prefix."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, Delimiter="/"):
        yield from (each["Prefix"] for each in page.get("CommonPrefixes", ()))
