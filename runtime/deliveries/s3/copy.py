"""One server-side copy, in one call or, above a threshold, in parts. S3 moves the bytes."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runtime import scheduling
from runtime.delivery_config.grants import CANNED_ACL

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

MIB = 1024**2
MIN_PART_BYTES = 5 * MIB  # S3 user guide, multipart upload limits: parts of 5 MiB to 5 GiB, the last one any size
MAX_PARTS = 10_000  # the same page
USUAL_PART_BYTES = 256 * MIB  # ours: a part of that size is copied in a few seconds
PARTS_AT_A_TIME = 8

CONTENT_TYPE = "application/x-ndjson"
CONTENT_ENCODING = "gzip"

Call = Callable[[str, Callable[[], Any]], Any]


@dataclass(frozen=True, slots=True)
class CopyTask:
    """Source and destination of a copy. ``etag`` without quotes; ``metadata`` is ASCII."""

    source_bucket: str
    source_key: str
    source_version: str | None
    etag: str | None
    bucket: str
    key: str
    bucket_owner: str | None
    metadata: dict[str, str]

    def destination(self) -> dict[str, Any]:
        """Return the parameters that every call to the customer's bucket has."""
        owner = {"ExpectedBucketOwner": self.bucket_owner} if self.bucket_owner else {}
        return {"Bucket": self.bucket, "Key": self.key, **owner}

    def source(self) -> dict[str, Any]:
        """Return the parameters that name the source, and make sure that it still is the notified one."""
        source = {"Bucket": self.source_bucket, "Key": self.source_key}
        if self.source_version:
            source["VersionId"] = self.source_version
        return {"CopySource": source, **({"CopySourceIfMatch": f'"{self.etag}"'} if self.etag else {})}

    def description(self) -> dict[str, Any]:
        """Return the parameters that describe the new object."""
        return {
            "ACL": CANNED_ACL,
            "Metadata": self.metadata,
            "ContentType": CONTENT_TYPE,
            "ContentEncoding": CONTENT_ENCODING,
        }


def copy_whole(client: "S3Client", task: CopyTask) -> None:
    """Copy in one call (up to 5 GB)."""
    client.copy_object(**task.destination(), **task.source(), **task.description(), MetadataDirective="REPLACE")


def part_ranges(size: int, part_bytes: int) -> list[str]:
    """Cut ``size`` bytes into ranges as UploadPartCopy wants them; both ends are inclusive."""
    return [f"bytes={start}-{min(start + part_bytes, size) - 1}" for start in range(0, size, part_bytes)]


def part_size(size: int, threshold: int) -> int:
    """Choose the bytes of a part: usual, no larger than the threshold, and so that there are at most 10,000."""
    return max(MIN_PART_BYTES, min(USUAL_PART_BYTES, threshold), -(-size // MAX_PARTS))


@dataclass(frozen=True, slots=True)
class MultipartCopy:
    """A copy in concurrent parts.

    :param call: ``call(action, f)`` makes one AWS call, whichever thread it is called in.
    :param call_late: the same, once, also when the time budget is spent.
    """

    client: "S3Client"
    task: CopyTask
    call: Call
    call_late: Call

    def run(self, size: int, part_bytes: int) -> None:
        """Copy ``size`` bytes; where anything fails, nothing stays behind in the customer's bucket."""
        destination = self.task.destination()
        begun = self.call(
            "s3:CreateMultipartUpload",
            lambda: self.client.create_multipart_upload(**destination, **self.task.description()),
        )
        upload = {**destination, "UploadId": begun["UploadId"]}
        try:
            parts = self._copy_parts(upload, part_ranges(size, part_bytes))
            self.call(
                "s3:CompleteMultipartUpload",
                lambda: self.client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts}),
            )
        except BaseException:
            self._abort(upload)
            raise

    def _copy_parts(self, upload: dict[str, Any], ranges: list[str]) -> "list[CompletedPartTypeDef]":
        with scheduling.thread_pool(min(PARTS_AT_A_TIME, len(ranges)), "copy-part") as parts:
            futures = [parts.submit(self._copy_part, upload, number, range_) for number, range_ in enumerate(ranges, 1)]
            try:
                return [future.result() for future in futures]
            except BaseException:
                parts.shutdown(wait=False, cancel_futures=True)
                raise

    def _copy_part(self, upload: dict[str, Any], number: int, range_: str) -> "CompletedPartTypeDef":
        answer = self.call(
            "s3:UploadPartCopy",
            lambda: self.client.upload_part_copy(
                **upload, **self.task.source(), PartNumber=number, CopySourceRange=range_
            ),
        )
        return {"PartNumber": number, "ETag": answer["CopyPartResult"]["ETag"]}

    def _abort(self, upload: dict[str, Any]) -> None:
        # Where this fails the bucket's lifecycle rule removes the parts; the first error is reported.
        with suppress(Exception):
            self.call_late("s3:AbortMultipartUpload", lambda: self.client.abort_multipart_upload(**upload))
