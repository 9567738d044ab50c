"""S3 event notifications: which objects were created (S3 user guide, event message structure)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote_plus, unquote_plus

from runtime.messages import fields
from runtime.messages.envelopes import UnreadableMessageError
from runtime.objects.key import MalformedKeyError, ObjectKey
from runtime.objects.stored_object import StoredObject

CREATED = "ObjectCreated:"
TEST_EVENT = "s3:TestEvent"
PUT_OFFS: Final = "put_offs"
"""Our own field of a notification that was put off: how often in a row."""
MAX_RECORDS: Final = 500
"""Ours: S3 sends one record a notification; each that can't be read becomes a message in the dead-letter queue."""
_EVENT_NAME: Final = re.compile(r"[A-Za-z0-9:*]{1,100}")
_READERS: Final[Mapping[str, fields.Reader]] = {
    "etag": fields.etag,
    "version_id": fields.visible,
    "sequencer": fields.visible,
}


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
    """What a notification says. ``ignored`` has the names of events of other kinds.

    ``put_offs``: how often in a row it was sent once more, to come later, for an outage of ours.
    """

    created: tuple[CreatedObject, ...] = ()
    ignored: tuple[str, ...] = ()
    unreadable: tuple[UnreadableRecord, ...] = ()
    put_offs: int = 0


def read_notification(document: Mapping[str, Any]) -> Notification:
    """Read a notification; a record that can't be read doesn't hide its siblings.

    :raises UnreadableMessageError: it is no notification at all.
    """
    if document.get("Event") == TEST_EVENT:
        return Notification()
    records = document.get("Records")
    if not isinstance(records, list):
        raise UnreadableMessageError("not-a-notification", "neither an S3 notification nor a delivery message")
    if len(records) > MAX_RECORDS:
        raise UnreadableMessageError("too-many-records", f"more than {MAX_RECORDS} records")
    created: list[CreatedObject] = []
    ignored: list[str] = []
    unreadable: list[UnreadableRecord] = []
    for record in records:
        name = record.get("eventName") if isinstance(record, dict) else None
        if record_is_test(record):
            continue
        if isinstance(name, str) and not name.removeprefix("s3:").startswith(CREATED):
            ignored.append(name if _EVENT_NAME.fullmatch(name) else "unreadable-name")
            continue
        try:
            created.append(_created(record))
        except UnreadableMessageError as error:
            unreadable.append(UnreadableRecord(record, error))
    found: dict[str, Any] = {}
    fields.wrong_fields(document, {PUT_OFFS: fields.count}, found)
    return Notification(tuple(created), tuple(ignored), tuple(unreadable), **found)


def record_is_test(record: object) -> bool:
    """Whether a record is S3's own test of the connection."""
    return isinstance(record, dict) and TEST_EVENT in (record.get("Event"), record.get("eventName"))


def write_notification(object_: StoredObject, sequencer: str | None = None) -> dict[str, Any]:
    """Return a notification of one object, as S3 would send it, so that a redrive does that object alone again."""
    details = {
        "key": quote_plus(object_.key.key, safe="/"),
        "eTag": object_.etag,
        "versionId": object_.version_id,
        "size": object_.size,
        "sequencer": sequencer,
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
    named = {"etag": object_.get("eTag"), "version_id": object_.get("versionId"), "sequencer": object_.get("sequencer")}
    named = {name: _unquoted(value) for name, value in named.items()}
    found: dict[str, Any] = {}
    wrong = fields.wrong_fields(named, _READERS, found)
    wrong += fields.wrong_fields({"bucket": bucket}, {"bucket": fields.bucket}, {})
    if wrong:
        raise UnreadableMessageError("record-malformed", f"not of their form: {', '.join(wrong)}")
    # The size decides alone how an object is copied: one that isn't believed is asked for.
    fields.wrong_fields({"size": object_.get("size")}, {"size": fields.size}, found)
    return CreatedObject(bucket, key, **found)


def _member(parent: object, name: str) -> Mapping[str, Any]:
    value = parent.get(name) if isinstance(parent, dict) else None
    return value if isinstance(value, dict) else {}


def _unquoted(value: object) -> object:
    return value.strip('"') or None if isinstance(value, str) else value
