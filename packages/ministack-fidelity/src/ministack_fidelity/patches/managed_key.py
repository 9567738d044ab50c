"""An object written with ``aws:kms`` and no key is encrypted with the account's managed key ``aws/s3``.

S3 user guide, "Using server-side encryption with AWS KMS keys". The emulator refuses such a request; the CDK sends
it to its bootstrap bucket, whose encryption names no key either.
"""

from typing import Any

from ministack_fidelity.patching import Function, Target, emulator, wrap

RESOLVE = Target("ministack.services.s3", "_resolve_sse_write_headers", ("headers", "bucket_name"))
ALGORITHM = "x-amz-server-side-encryption"
KEY = "x-amz-server-side-encryption-aws-kms-key-id"


def apply() -> None:
    """Name the managed key where the request names none."""
    wrap(RESOLVE, _with_managed_key)


def _with_managed_key(original: Function) -> Function:
    def _resolve_sse_write_headers(headers: dict[str, str], bucket_name: str) -> Any:
        if headers.get(ALGORITHM) == "aws:kms" and not headers.get(KEY):
            responses = emulator("core.responses")
            key = f"arn:aws:kms:{responses.get_region()}:{responses.get_account_id()}:alias/aws/s3"
            headers = {**headers, KEY: key}
        return original(headers, bucket_name)

    return _resolve_sse_write_headers
