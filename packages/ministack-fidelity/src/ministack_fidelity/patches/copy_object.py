"""CopyObject with the metadata directive REPLACE takes nothing of the source's metadata.

The emulator keeps the source's Content-Encoding and Content-Type where the request names none, which would hide a
copy that forgets them: in AWS such an object arrives without an encoding, as ``binary/octet-stream``.
"""

from typing import Any

from ministack_fidelity.patching import Function, Target, wrap

COPY = Target("ministack.services.s3", "_copy_object", ("bucket_name", "dest_key", "headers"))


def apply() -> None:
    """Name the defaults in the request itself, where it names nothing."""
    wrap(COPY, _replacing_all)


def _replacing_all(original: Function) -> Function:
    def _copy_object(bucket_name: str, dest_key: str, headers: dict[str, str]) -> Any:
        if headers.get("x-amz-metadata-directive", "").upper() == "REPLACE":
            headers = {"content-encoding": "", "content-type": "binary/octet-stream", **headers}
        return original(bucket_name, dest_key, headers)

    return _copy_object
