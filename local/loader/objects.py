"""Records into objects, with the key and the body that the agent writes."""

import gzip
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import batched

from local.cluster import CLUSTER_ID
from local.loader.day_shift import days_until, shifted
from local.loader.recorded_logs import LogFile, Record, read_archive

SEPARATE_CONTAINERS = frozenset({"audit-logs"})
RECORDS_PER_OBJECT = 1_000


@dataclass(frozen=True, slots=True)
class LogObject:
    """One object for the central bucket: its key and its body, gzip NDJSON."""

    key: str
    body: bytes


def log_objects(now: datetime) -> Iterator[LogObject]:
    """Give all recorded logs as objects, moved by whole days to be as recent as ``now`` allows."""
    files = list(read_archive())
    days = days_until(now, (record.stamp for _, records in files for record in records))
    for file, records in files:
        for piece in batched(records, RECORDS_PER_OBJECT, strict=False):
            yield log_object(file, [shifted(record, days) for record in piece])


def log_object(file: LogFile, records: list[Record]) -> LogObject:
    """Put records of one file into one object."""
    lines = [json.dumps(line_of(file, record), ensure_ascii=False, separators=(",", ":")) for record in records]
    written = datetime.fromisoformat(records[0].stamp[:19])
    name = f"{written:%Y%m%d-%H%M%S}-{uuid.uuid4()}.json.gz"
    key = (
        f"tenant_id={file.namespace}/cluster_id={CLUSTER_ID}/application={application_of(file)}"
        f"/pod_name={file.pod_name}/{name}"
    )
    return LogObject(key, gzip.compress("".join(line + "\n" for line in lines).encode(), compresslevel=6, mtime=0))


def application_of(file: LogFile) -> str:
    """Give the application: the pod's, or the container's own name where it is one that stands for itself."""
    return file.container if file.container in SEPARATE_CONTAINERS else file.pod_application


def line_of(file: LogFile, record: Record) -> dict[str, str]:
    """Give the event as the agent writes it. Bytes that aren't UTF-8 become U+FFFD, as Vector makes them."""
    return {
        "timestamp": record.stamp,
        "message": record.message.decode("utf-8", "replace"),
        "cluster_id": CLUSTER_ID,
        "namespace": file.namespace,
        "application": application_of(file),
        "pod_name": file.pod_name,
        "container_name": file.container,
        "stream": record.stream,
    }
