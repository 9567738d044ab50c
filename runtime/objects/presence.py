"""Checks whether an object of the central bucket is gone, where S3 answers 403: it also does for a missing key.

A tenant's session may list its own prefix alone, and reading names no prefix: so S3 doesn't say 404 to it (S3 API
reference, GetObject, permissions). Listing the key itself distinguishes an expired object from a refused one.
"""

from typing import TYPE_CHECKING

from runtime.aws.clients import AwsClients
from runtime.aws.credentials import Credentials, use_credentials
from runtime.objects.stored_object import StoredObject

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def is_gone(clients: AwsClients, object_: StoredObject, credentials: Credentials) -> bool:
    """Return whether the bucket lacks the object, or that version; false where that can't be read.

    :param credentials: of a session that may list the tenant's prefix.
    """
    try:
        with use_credentials(credentials):
            client = clients.client("s3")
            return _version_is_gone(client, object_) if object_.version_id else _key_is_gone(client, object_)
    except Exception:  # noqa: BLE001 - then the refusal itself is what is known
        return False


def _key_is_gone(client: "S3Client", object_: StoredObject) -> bool:
    answer = client.list_objects_v2(Bucket=object_.bucket, Prefix=object_.key.key, MaxKeys=1)
    return all(entry["Key"] != object_.key.key for entry in answer.get("Contents", ()))


def _version_is_gone(client: "S3Client", object_: StoredObject) -> bool:
    """Read the key's newest 1,000 versions; if there are more, none counts as lost."""
    answer = client.list_object_versions(Bucket=object_.bucket, Prefix=object_.key.key)
    entries = answer.get("Versions", ())
    if any((each["Key"], each["VersionId"]) == (object_.key.key, object_.version_id) for each in entries):
        return False
    return not answer.get("IsTruncated") or any(each["Key"] > object_.key.key for each in entries)
