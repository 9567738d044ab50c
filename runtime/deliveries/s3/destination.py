"""What an object is called in the customer's bucket, and what it says about where it came from."""

import hashlib
from collections.abc import Iterator
from urllib.parse import quote

from runtime.deliveries.s3.config import S3Config
from runtime.objects.key import MAX_KEY_BYTES
from runtime.objects.stored_object import StoredObject

MAX_METADATA_BYTES = 2048  # S3 user guide, object metadata: user-defined metadata, names and values together


ENDING = ".json.gz"


def destination_key(object_: StoredObject, config: S3Config, *, plain: bool = True) -> str:
    """Name the copy ``{prefix}{tenant}/{cluster}/{application}/{pod}/{file name}``.

    Where that is over S3's 1,024 bytes, it is ``{prefix}{tenant}/long-key/{SHA-256 of the source key}.json.gz``;
    the copy's metadata then says where it came from as far as there is room. Both depend on the source key and the
    config alone, so a repeated delivery replaces its own copy and never makes a second one.

    :param plain: false for a version of other content than the one that has this name: ``-`` and the first 8 hex
        digits of its version id's SHA-256 stand before ``.json.gz``.
    """
    key = object_.key
    prefix = config.tenant_prefix
    mark = "" if plain else f"-{hashlib.sha256((object_.version_id or '').encode()).hexdigest()[:8]}{ENDING}"
    name = f"{key.filename.removesuffix(ENDING)}{mark}" if mark else key.filename
    long = f"{prefix}{key.cluster_id}/{key.application}/{key.pod_name}/{name}"
    if len(long.encode()) <= MAX_KEY_BYTES:
        return long
    return f"{prefix}long-key/{hashlib.sha256(key.key.encode()).hexdigest()}{mark or ENDING}"


def traceability_metadata(object_: StoredObject, config: S3Config) -> dict[str, str]:
    """Return whose and which object the copy is of; values percent-encoded, since S3 takes US-ASCII only.

    What would not fit into S3's 2 KB is left out, the least telling last in the list first.
    """
    metadata: dict[str, str] = {}
    room = MAX_METADATA_BYTES
    for name, value in _facts(object_, config):
        encoded = quote(value, safe="/=:.-_~+@,")
        room -= len(name) + len(encoded)
        if room < 0:
            break
        metadata[name] = encoded
    return metadata


def _facts(object_: StoredObject, config: S3Config) -> Iterator[tuple[str, str]]:
    key = object_.key
    yield "tenant-id", key.tenant_id
    yield "delivery-type", config.type
    yield "source-bucket", object_.bucket
    yield "source-key-sha256", hashlib.sha256(key.key.encode()).hexdigest()
    if object_.version_id:
        yield "source-version-id", object_.version_id
    yield "cluster-id", key.cluster_id
    yield "application", key.application
    yield "pod-name", key.pod_name
    yield "source-key", key.key
