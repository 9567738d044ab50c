"""S3: objects with versions, copies, listings. A customer's bucket has no versions."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from urllib.parse import unquote
from xml.sax.saxutils import escape

from tests.exploration.stand_ins.calls import Answer, ServiceError

PAGE = 1000


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an object. ``at``: epoch seconds."""

    id: str
    body: bytes
    at: float
    etag: str = field(default="")


class Bucket:
    """Objects by key: their versions, the newest last. ``tenant``: whose it is; ``None``: the central one."""

    def __init__(self, name, *, versioned=False, tenant=None):
        self.name = name
        self.versioned = versioned
        self.tenant = tenant
        self.objects = {}


class Buckets:
    """The service."""

    def __init__(self, simulation, roles, buckets):
        self.simulation = simulation
        self.roles = roles
        self.buckets = {bucket.name: bucket for bucket in buckets}
        self._numbers = count(1)

    def write(self, bucket, key, body):
        """Write a version; return it."""
        number = f"v{next(self._numbers):06d}" if bucket.versioned else "null"
        version = Version(number, body, self.simulation.now(), hashlib.md5(body).hexdigest())
        older = bucket.objects.get(key, []) if bucket.versioned else []
        bucket.objects[key] = [*older, version]
        return version

    def answer(self, call):
        """Do what a call asks for."""
        bucket = self.buckets.get(call.request["bucket"])
        if bucket is None:
            raise ServiceError("NoSuchBucket", 404)
        session = self.roles.session(call)
        if bucket.tenant is not None and (session is None or session.tenant != bucket.tenant):
            raise ServiceError("AccessDenied", 403)
        return getattr(self, f"_{call.action}")(bucket, call)

    def _version(self, bucket, key, version_id=None):
        versions = bucket.objects.get(key)
        if not versions:
            raise ServiceError("NoSuchKey", 404)
        found = [one for one in versions if version_id in (None, one.id)]
        if not found:
            raise ServiceError("NoSuchVersion", 404)
        return found[-1]

    def _found(self, bucket, call):
        version = self._version(bucket, call.request["key"], call.request.get("versionId"))
        if call.headers.get("if-match", version.etag).strip('"') != version.etag:
            raise ServiceError("PreconditionFailed", 412)
        return version

    def _GetObject(self, bucket, call):
        version = self._found(bucket, call)
        return Answer(version.body, _head(version))

    def _HeadObject(self, bucket, call):
        version = self._found(bucket, call)
        return Answer(b"", {**_head(version), "content-length": str(len(version.body))})

    def _PutObject(self, bucket, call):
        chunked = "aws-chunked" in call.headers.get("content-encoding", "")
        version = self.write(bucket, call.request["key"], _unframed(call.body) if chunked else call.body)
        named = {"x-amz-version-id": version.id} if bucket.versioned else {}
        return Answer(b"", {"etag": f'"{version.etag}"', **named})

    def _CopyObject(self, bucket, call):
        source, _, query = call.headers["x-amz-copy-source"].partition("?versionId=")
        name, _, key = unquote(source).lstrip("/").partition("/")
        version = self._version(self.buckets[name], key, query or None)
        if call.headers.get("x-amz-copy-source-if-match", version.etag).strip('"') != version.etag:
            raise ServiceError("PreconditionFailed", 412)
        self.write(bucket, call.request["key"], version.body)
        body = f'<CopyObjectResult><ETag>"{version.etag}"</ETag></CopyObjectResult>'
        return Answer(body.encode())

    def _ListObjectsV2(self, bucket, call):
        request = call.request
        prefix, delimiter = request.get("prefix", ""), request.get("delimiter")
        after = request.get("continuation-token", "")
        entries = []
        for key in sorted(key for key in bucket.objects if key.startswith(prefix)):
            end = key.find(delimiter, len(prefix)) if delimiter else -1
            entry = key[: end + 1] if end >= 0 else key
            if entry > after and entry not in entries:
                entries.append(entry)
        page = entries[: int(request.get("max-keys", PAGE))]
        more = len(entries) > len(page)
        parts = [
            f"<CommonPrefixes><Prefix>{escape(entry)}</Prefix></CommonPrefixes>"
            if entry not in bucket.objects
            else f"<Contents><Key>{escape(entry)}</Key></Contents>"
            for entry in page
        ]
        token = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if more else ""
        return _listing("ListBucketResult", [*parts, f"<KeyCount>{len(page)}</KeyCount>", token], is_truncated=more)

    def _ListObjectVersions(self, bucket, call):
        prefix, marker = call.request.get("prefix", ""), call.request.get("key-marker", "")
        keys = sorted(key for key in bucket.objects if key.startswith(prefix) and key > marker)
        page = keys[:PAGE]
        more = len(keys) > len(page)
        parts = [_listed(key, one, bucket.objects[key][-1]) for key in page for one in reversed(bucket.objects[key])]
        token = f"<NextKeyMarker>{escape(page[-1])}</NextKeyMarker>" if more else ""
        return _listing("ListVersionsResult", [*parts, token], is_truncated=more)


def _unframed(body):
    """Take a body out of the SDK's framing (S3 API reference, aws-chunked)."""
    parts = []
    while size := int(body.partition(b"\r\n")[0].partition(b";")[0], 16):
        _, _, rest = body.partition(b"\r\n")
        parts.append(rest[:size])
        body = rest[size + 2 :]
    return b"".join(parts)


def _listed(key, version, newest):
    at = datetime.fromtimestamp(int(version.at), UTC).isoformat().replace("+00:00", "Z")
    return (
        f"<Version><Key>{escape(key)}</Key><VersionId>{version.id}</VersionId><IsLatest>"
        f"{str(version is newest).lower()}</IsLatest><LastModified>{at}</LastModified>"
        f'<ETag>"{version.etag}"</ETag><Size>{len(version.body)}</Size></Version>'
    )


def _listing(name, parts, *, is_truncated):
    inner = "".join(parts) + f"<IsTruncated>{str(is_truncated).lower()}</IsTruncated>"
    return Answer(f"<{name}>{inner}</{name}>".encode())


def _head(version):
    at = datetime.fromtimestamp(int(version.at), UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    return {
        "etag": f'"{version.etag}"',
        "last-modified": at,
        "content-length": str(len(version.body)),
        "x-amz-version-id": version.id,
    }
