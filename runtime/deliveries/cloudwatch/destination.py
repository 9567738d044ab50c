"""Where a delivery's events go: the log group of its config, the log stream of its object (contract §4)."""

import hashlib
import re
from dataclasses import dataclass

from runtime.objects.key import ObjectKey

MAX_LOG_STREAM_NAME = 512  # CreateLogStream, API reference: 1 to 512 characters
_REFUSED = re.compile(r"[:*]")  # the same page: any character but these two
_DIGEST_CHARACTERS = 16


@dataclass(frozen=True, slots=True)
class LogDestination:
    """Where the events of one delivery go. ``log_stream_name`` is already in its short form where it needs one."""

    region: str
    log_group_name: str
    log_stream_name: str
    tenant_id: str


def log_stream_name(key: ObjectKey) -> str:
    """Name the stream ``{cluster_id}/{application}/{pod_name}``, or its short form where CloudWatch refuses that.

    The short form: every ``:`` and ``*`` becomes ``_``, the name is cut to 495 characters, then come ``-`` and the
    first 16 hex digits of the full name's SHA-256 (UTF-8): always the same for a pod, never the same for two.
    """
    name = f"{key.cluster_id}/{key.application}/{key.pod_name}"
    if len(name) <= MAX_LOG_STREAM_NAME and not _REFUSED.search(name):
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_CHARACTERS]
    return f"{_REFUSED.sub('_', name)[: MAX_LOG_STREAM_NAME - _DIGEST_CHARACTERS - 1]}-{digest}"
