"""``ExpectedBucketOwner`` and ``ExpectedSourceBucketOwner``: a bucket of another account is refused.

S3 user guide, "Verifying bucket ownership with bucket owner condition": 403 AccessDenied when the bucket named is
owned by another account than the one expected.
"""

from typing import Any
from urllib.parse import unquote

from ministack_fidelity.patching import Function, Target, emulator, wrap

SCOPE = Target(
    "ministack.services.s3",
    "_apply_bucket_scope",
    ("method", "bucket", "key", "headers", "query_params", "body", "internal"),
)


def apply() -> None:
    """Check the expectation before the bucket's own gate."""
    wrap(SCOPE, _with_expected_owner)


def _with_expected_owner(original: Function) -> Function:
    def _apply_bucket_scope(  # noqa: PLR0917 - its signature
        method: str,
        bucket: str,
        key: str,
        headers: dict[str, str],
        query_params: dict[str, Any],
        body: bytes = b"",
        internal: bool = False,  # noqa: FBT001, FBT002 - its signature
    ) -> Any:
        source = unquote(headers.get("x-amz-copy-source", "").partition("?")[0]).lstrip("/").partition("/")[0]
        expectations = (
            (bucket, headers.get("x-amz-expected-bucket-owner")),
            (source, headers.get("x-amz-source-expected-bucket-owner")),
        )
        s3 = emulator("services.s3")
        for name, expected in expectations:
            owner = s3._bucket_owner_account(name) if name and expected else None
            if owner is not None and owner != expected:
                return s3._error("AccessDenied", "Access Denied", 403, f"/{name}")
        return original(method, bucket, key, headers, query_params, body, internal)

    return _apply_bucket_scope
