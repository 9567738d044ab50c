"""Delivery messages, of today and of other versions."""

import json
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.messages.delivery_message import FORMAT_VERSION, KIND, DeliveryMessage, is_delivery_message
from runtime.messages.envelopes import UnreadableMessageError
from runtime.objects.plan_version import PLAN_VERSION
from tests.unit.runtime.processor.world import CENTRAL, KEY

COUNT = st.integers(0, 2**60)
TIME = st.floats(0, 9e10, allow_nan=False)
TEXT = st.text(min_size=1)
MESSAGES = st.builds(
    DeliveryMessage, TEXT, TEXT, TEXT, TEXT, st.none() | TEXT, st.none() | TEXT, st.none() | COUNT,
    checkpoint=COUNT, plan_version=COUNT, attempt=COUNT, first_attempt_at=TIME, not_before=TIME, reason=st.text(),
    ahead=st.lists(COUNT, max_size=7).map(tuple),
)  # fmt: skip


@given(MESSAGES)
def test_a_message_reads_as_it_was_written(message):
    """A retry would go to another object, or begin at another batch."""
    document = json.loads(message.write())
    assert is_delivery_message(document)
    assert DeliveryMessage.read(document) == message


def test_a_written_message_names_its_kind_and_version():
    """Tomorrow's code couldn't tell yesterday's messages."""
    document = json.loads(DeliveryMessage(CENTRAL, KEY, "acme-corp", "s3").write())
    assert (document["kind"], document["format_version"]) == (KIND, FORMAT_VERSION)
    assert document["plan_version"] == PLAN_VERSION


@given(MESSAGES, st.dictionaries(st.text(min_size=15), st.integers() | st.text()), st.integers(2, 9))
def test_tomorrows_message_is_read_as_far_as_it_is_understood(message, more, version):
    """A rolling deployment would send its deliveries to the dead-letter queue."""
    document = {**more, **json.loads(message.write()), "format_version": version}
    assert DeliveryMessage.read(document) == message


def test_yesterdays_message_has_defaults_and_starts_over():
    """A message without a field of today's would be lost; a checkpoint of an unknown plan would skip batches."""
    document = {"kind": KIND, "bucket": CENTRAL, "key": KEY, "tenant_id": "acme-corp", "type": "s3", "checkpoint": 3}
    read = DeliveryMessage.read(document)
    assert (read.attempt, read.checkpoint, read.plan_version, read.not_before) == (0, 3, 0, 0.0)


SCALAR = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.lists(st.none(), max_size=1)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(asdict(DeliveryMessage("b", "k", "t", "s3")), SCALAR)))
def test_any_document_is_read_or_refused(document):
    """A damaged message would crash the processor, come back, and at last be lost without a reason."""
    needed = [document.get(name) for name in ("bucket", "key", "tenant_id", "type")]
    if not all(isinstance(value, str) and value for value in needed):
        with pytest.raises(UnreadableMessageError, match="delivery-message-incomplete"):
            DeliveryMessage.read(document)
    else:
        read = DeliveryMessage.read(document)
        assert DeliveryMessage.read(json.loads(read.write())) == read


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"key": "nonsense"}, "key-segments"), ({"tenant_id": "globex"}, "foreign-tenant")],
)
def test_an_object_that_is_not_the_tenants_is_refused(changes, reason):
    """A forged delivery message would deliver one tenant's logs to another."""
    message = DeliveryMessage(**{"bucket": CENTRAL, "key": KEY, "tenant_id": "acme-corp", "type": "s3", **changes})
    with pytest.raises(UnreadableMessageError) as refused:
        message.stored_object()
    assert refused.value.reason == reason


def test_the_object_is_the_notified_one():
    """A retry could deliver a later version, or copy a large object whole."""
    source = DeliveryMessage(CENTRAL, KEY, "acme-corp", "s3", "abc", "v1", 7).stored_object()
    assert (source.bucket, source.key.key, source.etag, source.version_id, source.size) == (
        CENTRAL,
        KEY,
        "abc",
        "v1",
        7,
    )
