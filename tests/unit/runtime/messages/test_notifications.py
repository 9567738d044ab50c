"""S3 event notifications."""

import json
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.messages.envelopes import UnreadableMessageError
from runtime.messages.notifications import CreatedObject, read_notification, write_notification
from runtime.objects.key import MalformedKeyError, ObjectKey
from runtime.objects.stored_object import StoredObject
from tests.unit.runtime.known_cases import cases
from tests.unit.runtime.processor.world import CENTRAL, KEY, s3_event

KNOWN = cases("error_classification")
SEGMENT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="/"), min_size=1)


def test_every_record_is_read():
    """A notification of several objects would deliver the first alone."""
    event = s3_event(eTag='"abc"', versionId="v1", size=7, sequencer="0055")
    read = read_notification({"Records": [event, s3_event(key="other")]})
    assert read.created == (
        CreatedObject(CENTRAL, KEY.replace("=", "%3D"), "abc", "v1", 7, "0055"),
        CreatedObject(CENTRAL, "other"),
    )


@given(st.tuples(SEGMENT, SEGMENT, SEGMENT, SEGMENT, SEGMENT))
def test_a_key_is_decoded_exactly_once(values):
    """Keys with ``+``, ``%`` or other scripts would name another object, or another tenant."""
    names = ("tenant_id", "cluster_id", "application", "pod_name")
    if any(len(value.encode()) > 200 or value in {".", ".."} for value in values):
        return
    key = "/".join([*(f"{name}={value}" for name, value in zip(names, values, strict=False)), values[-1]])
    if len(key.encode()) > 1024:
        return
    parsed = CreatedObject(CENTRAL, quote_plus(key, safe="/")).object_key()
    assert parsed.key == key
    assert (parsed.tenant_id, parsed.pod_name, parsed.filename) == (values[0], values[3], values[4])


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (KNOWN["003"]["given"]["key"], "key-segments"),
        (KEY.replace("etcd/", "etcd/extra=1/"), "key-segments"),
        (KEY.replace("acme-corp", ""), "key-segment-empty"),
        (KEY.replace("acme-corp", "a%2Fb"), "key-segments"),
        (KEY.replace("acme-corp", "a%0ab"), "key-segment-unsafe"),
        (quote_plus(quote_plus(KEY, safe="/"), safe="/"), "key-encoded-twice"),
        (KEY + "x" * 1024, "key-too-long"),
        (KEY.replace("acme", "%FF"), "key-encoding"),
        (KEY.replace("acme", "\ud800"), "key-encoding"),
    ],
)
def test_a_key_of_another_form_has_its_reason(key, reason):
    """A forged or foreign key would be delivered, or crash the batch."""
    with pytest.raises(MalformedKeyError) as refused:
        CreatedObject(CENTRAL, key).object_key()
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    "name",
    [
        "ObjectRemoved:Delete",
        "s3:ObjectRemoved:DeleteMarkerCreated",
        "ObjectRestore:Completed",
        "LifecycleExpiration:Delete",
    ],
)
def test_other_events_are_left_out_and_named(name):
    """A deletion would be taken for a new object, and found gone."""
    read = read_notification({"Records": [s3_event(name=name), s3_event()]})
    assert read.ignored == (name,)
    assert len(read.created) == 1


@pytest.mark.parametrize(
    "name", ["ObjectCreated:Put", "s3:ObjectCreated:CompleteMultipartUpload", "ObjectCreated:Copy"]
)
def test_every_way_to_create_an_object_counts(name):
    """Objects written in parts would never be delivered."""
    assert len(read_notification({"Records": [s3_event(name=name)]}).created) == 1


@pytest.mark.parametrize(
    "document", [{"Event": "s3:TestEvent", "Bucket": "b"}, {"Records": [{"Event": "s3:TestEvent"}]}, {"Records": []}]
)
def test_tests_and_empty_notifications_are_silent(document):
    """S3's own test event would raise an alarm at every deployment."""
    read = read_notification(document)
    assert (read.created, read.ignored, read.unreadable) == ((), (), ())


@pytest.mark.parametrize(
    "record",
    [
        {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "bucket"}}},  # the known case 017
        {"eventName": "ObjectCreated:Put", "s3": {"object": {"key": "k"}}},
        {"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": 1}, "object": {"key": "k"}}},
        {"eventName": "ObjectCreated:Put", "s3": []},
        {"eventName": "ObjectCreated:Put"},
        {"eventName": 5},
        {},
        None,
        "x",
    ],
)
def test_a_record_that_cannot_be_read_does_not_hide_its_siblings(record):
    """One broken record would lose the others' objects."""
    read = read_notification({"Records": [record, s3_event()]})
    assert [(each.record, each.error.reason) for each in read.unreadable] == [(record, "record-incomplete")]
    assert len(read.created) == 1


@pytest.mark.parametrize("document", [{}, {"Records": {}}, {"foo": 1}, {"Type": "SubscriptionConfirmation"}])
def test_what_is_no_notification_is_refused(document):
    """Rubbish in the queue would be settled as an empty notification."""
    with pytest.raises(UnreadableMessageError) as refused:
        read_notification(document)
    assert refused.value.reason == "not-a-notification"


@pytest.mark.parametrize("size", ["7", -1, True, None, 1.5])
def test_a_size_that_is_none_is_not_believed(size):
    """An object would be copied in parts that it doesn't have."""
    assert read_notification({"Records": [s3_event(size=size)]}).created[0].size is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("eTag", 'a"\r\nHost: x'), ("eTag", "a b"), ("eTag", "é"), ("eTag", 7), ("eTag", "a" * 300),
        ("versionId", "v\n"), ("versionId", "v" * 1025), ("versionId", {}), ("sequencer", "0 1"), ("sequencer", 5),
    ],
)  # fmt: skip
def test_a_record_whose_field_is_not_of_its_form_is_refused_alone(name, value):
    """A forged ETag would send a second request on the connection, and the next tenant's reader get its answer."""
    read = read_notification({"Records": [s3_event(**{name: value}), s3_event()]})
    assert [each.error.reason for each in read.unreadable] == ["record-malformed"]
    assert len(read.created) == 1


def test_a_bucket_that_can_be_none_is_refused():
    """It would go into requests, records and the dead-letter queue as it is."""
    (unreadable,) = read_notification({"Records": [s3_event(bucket="b\r\nx")]}).unreadable
    assert unreadable.error.reason == "record-malformed"


def test_a_message_of_very_many_records_is_refused_whole():
    """One message of 240 KB made 120,000 sends to the dead-letter queue."""
    with pytest.raises(UnreadableMessageError, match="too-many-records"):
        read_notification({"Records": [{}] * 501})


def test_a_name_of_an_event_is_never_logged_as_it_came():
    """A forged name would write lines of its own into the log."""
    assert read_notification({"Records": [s3_event(name="x\n" * 99)]}).ignored == ("unreadable-name",)


@given(st.tuples(SEGMENT, SEGMENT))
def test_a_written_notification_reads_as_the_same_object(values):
    """A redriven corrupt object would name another object."""
    if any(len(value.encode()) > 200 or value in {".", ".."} for value in values):
        return
    key = ObjectKey.parse(KEY.replace("acme-corp", values[0]).replace("etcd-0", values[1]))
    source = StoredObject(CENTRAL, key, "abc", "v1", 7)
    (created,) = read_notification(json.loads(json.dumps(write_notification(source)))).created
    assert StoredObject(created.bucket, created.object_key(), created.etag, created.version_id, created.size) == source
