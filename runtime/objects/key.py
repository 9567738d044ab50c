"""The object's key in the central bucket names tenant, cluster, application and pod (contract §2)."""

import re
from dataclasses import dataclass
from typing import Self

SEGMENT_NAMES = ("tenant_id", "cluster_id", "application", "pod_name")
UNLABELLED = "_unlabelled"
"""The tenant of lines whose namespace has no usable label (contract §2). No tenant's id begins with an underscore."""
MAX_SEGMENT_BYTES = 255  # contract §2; a Kubernetes name has at most 253
MAX_KEY_BYTES = 1024  # S3: "object key names … maximum length of 1,024 bytes" (UTF-8)

_CONTROL_CHARACTER = re.compile("[\x00-\x1f\x7f]")


class MalformedKeyError(ValueError):
    """The key isn't of the contract's form. ``reason`` is a stable word for the metric."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ObjectKey:
    """``tenant_id=…/cluster_id=…/application=…/pod_name=…/<file name>``, decoded once and taken apart."""

    key: str
    tenant_id: str
    cluster_id: str
    application: str
    pod_name: str
    filename: str

    @classmethod
    def parse(cls, key: str) -> Self:
        """Take a decoded key apart.

        :raises MalformedKeyError: a segment is missing, extra, empty, out of order, too long or still encoded.
        """
        if len(key.encode("utf-8", "surrogatepass")) > MAX_KEY_BYTES:
            raise MalformedKeyError("key-too-long", f"over {MAX_KEY_BYTES} bytes")
        *segments, filename = key.split("/")
        if len(segments) != len(SEGMENT_NAMES):
            raise MalformedKeyError("key-segments", f"{len(segments)} folders where {len(SEGMENT_NAMES)} are expected")
        tenant_id, cluster_id, application, pod_name = map(_value, SEGMENT_NAMES, segments)
        _check("file name", filename)
        return cls(key, tenant_id, cluster_id, application, pod_name, filename)


def _value(name: str, segment: str) -> str:
    label, separator, value = segment.partition("=")
    if label != name or not separator:
        encoded = "%3D" in segment.upper()
        raise MalformedKeyError(
            "key-encoded-twice" if encoded else "key-segment-name", f"expected a segment '{name}=…'"
        )
    _check(name, value)
    return value


def _check(name: str, value: str) -> None:
    if not value:
        raise MalformedKeyError("key-segment-empty", f"{name} is empty")
    if len(value.encode("utf-8", "surrogatepass")) > MAX_SEGMENT_BYTES:
        raise MalformedKeyError("key-segment-too-long", f"{name} has over {MAX_SEGMENT_BYTES} bytes")
    if value in {".", ".."} or _CONTROL_CHARACTER.search(value):
        raise MalformedKeyError("key-segment-unsafe", f"{name} has control characters or is a dot segment")
