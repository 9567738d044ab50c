"""The recorded logs: an archive of CRI files, read into whole records."""

import re
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from local.paths import ROOT

ARCHIVE = ROOT / "local" / "data" / "control-plane-logs.tar.xz"

GENERATED_BY_REPLICA_SET = re.compile(r"-[a-z0-9]{5}$")
GENERATED_BY_STATEFUL_SET = re.compile(r"-\d+$")
"""What a pod's owner adds to its own name to make the pod's."""


@dataclass(frozen=True, slots=True)
class LogFile:
    """One container's file: ``cri/<namespace>_<pod>_<uid>/<container>/<restart>.log``."""

    path: str
    namespace: str
    pod_name: str
    container: str
    restart: int

    @classmethod
    def of(cls, path: str) -> Self:
        """Take a path apart."""
        pod, container, name = path.split("/")[-3:]
        namespace, pod_name, _uid = pod.split("_")
        return cls(f"{pod}/{container}/{name}", namespace, pod_name, container, int(name.removesuffix(".log")))

    @property
    def owner(self) -> str:
        """The pod's owner as Vector names it, kind and name, from the pod's own name."""
        if GENERATED_BY_STATEFUL_SET.search(self.pod_name):
            return f"StatefulSet/{GENERATED_BY_STATEFUL_SET.sub('', self.pod_name)}"
        return f"ReplicaSet/{GENERATED_BY_REPLICA_SET.sub('', self.pod_name)}"


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a container, its parts joined. ``stamp`` is the runtime's, RFC 3339 with up to nanoseconds."""

    stamp: str
    stream: str
    message: bytes


def read_archive(archive: Path = ARCHIVE) -> Iterator[tuple[LogFile, list[Record]]]:
    """Yield each file of the archive with its records, in the order in which they were printed."""
    with tarfile.open(archive) as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isfile() else None
            if content is not None:
                yield LogFile.of(member.name), list(records(content))


def records(lines: Iterable[bytes]) -> Iterator[Record]:
    """Join CRI lines to records: parts of a stream up to and with its next ``F`` line. The first part's time counts."""
    open_records: dict[bytes, tuple[bytes, list[bytes]]] = {}
    for line in lines:
        stamp, stream, flag, part = line.removesuffix(b"\n").split(b" ", 3)
        first_stamp, parts = open_records.setdefault(stream, (stamp, []))
        parts.append(part)
        if flag == b"F":
            del open_records[stream]
            yield Record(first_stamp.decode(), stream.decode(), b"".join(parts))
