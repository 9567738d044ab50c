"""S3 event notifications: which objects were created (S3 user guide, event message structure)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from runtime.messages.envelopes import UnreadableMessageError
from runtime.objects.key import MalformedKeyError, ObjectKey
from runtime.objects.stored_object import StoredObject

CREATED = "ObjectCreated:"
TEST_EVENT = "s3:TestEvent"


@dataclass(frozen=True, slots=True)
class CreatedObject:
    """One record. ``key`` is still URL-encoded, as S3 sent it; ``size`` in bytes."""

    bucket: str
    key: str
    etag: str | None = None
    version_id: str | None = None
    size: int | None = None
    sequencer: str | None = None

    def object_key(self) -> ObjectKey:
        """Decode the key, once, and take it apart.

        :raises MalformedKeyError: it isn't of the contract's form.
        """
        try:
            key = unquote_plus(self.key, errors="strict")
            key.encode()
        except UnicodeError:
            raise MalformedKeyError("key-encoding", "the key isn't UTF-8") from None
        return ObjectKey.parse(key)


@dataclass(frozen=True, slots=True)
class UnreadableRecord:
    """One record that can't be read, as it came, and why."""

    record: object
    error: UnreadableMessageError


@dataclass(frozen=True, slots=True)
class Notification:
    """What a notification says. ``ignored`` has the names of events of other kinds."""

    created: tuple[CreatedObject, ...] = ()
    ignored: tuple[str, ...] = ()
    unreadable: tuple[UnreadableRecord, ...] = ()


def read_notification(document: Mapping[str, Any]) -> Notification:
    """Read a notification; a record that can't be read doesn't hide its siblings.

    :raises UnreadableMessageError: it is no notification at all.
    """
    if document.get("Event") == TEST_EVENT:
        return Notification()
    records = document.get("Records")
    if not isinstance(records, list):
        raise UnreadableMessageError("not-a-notification", "neither an S3 notification nor a delivery message")
    created: list[CreatedObject] = []
    ignored: list[str] = []
    unreadable: list[UnreadableRecord] = []
    for record in records:
        name = record.get("eventName") if isinstance(record, dict) else None
        if record_is_test(record):
            continue
        if isinstance(name, str) and not name.removeprefix("s3:").startswith(CREATED):
            ignored.append(name)
            continue
        try:
            created.append(_created(record))
        except UnreadableMessageError as error:
            unreadable.append(UnreadableRecord(record, error))
    return Notification(tuple(created), tuple(ignored), tuple(unreadable))


def record_is_test(record: object) -> bool:
    """Whether a record is S3's own test of the connection."""
    return isinstance(record, dict) and TEST_EVENT in (record.get("Event"), record.get("eventName"))


def write_notification(object_: StoredObject) -> dict[str, Any]:
    """Make a notification of one object, as S3 would send it, so that a redrive does that object alone again."""
    details = {
        "key": quote_plus(object_.key.key, safe="/"),
        "eTag": object_.etag,
        "versionId": object_.version_id,
        "size": object_.size,
    }
    named = {name: value for name, value in details.items() if value is not None}
    return {
        "Records": [
            {
                "eventSource": "aws:s3",
                "eventName": "ObjectCreated:Put",
                "s3": {"bucket": {"name": object_.bucket}, "object": named},
            }
        ]
    }


def _created(record: object) -> CreatedObject:
    s3 = record.get("s3") if isinstance(record, dict) else None
    bucket = _member(s3, "bucket").get("name")
    object_ = _member(s3, "object")
    key = object_.get("key")
    if not isinstance(bucket, str) or not bucket or not isinstance(key, str) or not key:
        raise UnreadableMessageError("record-incomplete", "a record without s3.bucket.name or s3.object.key")
    size = object_.get("size")
    return CreatedObject(
        bucket,
        key,
        _text(object_.get("eTag")),
        _text(object_.get("versionId")),
        size if isinstance(size, int) and not isinstance(size, bool) and size >= 0 else None,
        _text(object_.get("sequencer")),
    )


def _member(parent: object, name: str) -> Mapping[str, Any]:
    value = parent.get(name) if isinstance(parent, dict) else None
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return value.strip('"') or None if isinstance(value, str) else None
