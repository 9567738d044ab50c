"""Delivery messages, of today and of other versions."""

import json
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.deliveries.method import Rest, Unkept
from runtime.messages.delivery_message import FORMAT_VERSION, KIND, DeliveryMessage, is_delivery_message
from runtime.messages.envelopes import UnreadableMessageError
from runtime.objects.plan_version import PLAN_VERSION
from tests.unit.runtime.processor.world import CENTRAL, KEY

COUNT = st.integers(0, 10**6)
TIME = st.floats(0, 9e10, allow_nan=False)
WORD = st.from_regex(r"[a-z]{1,8}(-[a-z]{1,8})?", fullmatch=True)
VISIBLE = st.text(st.characters(min_codepoint=0x23, max_codepoint=0x7E), min_size=1, max_size=64)
POSITION = st.integers(0, 99)
UNKEPT = st.builds(lambda batch, reason, start: Unkept(batch, reason, start, start + 1), COUNT, WORD, POSITION)
RANGES = st.lists(POSITION, min_size=2, max_size=9, unique=True).map(
    lambda found: tuple(zip(sorted(found)[::2], sorted(found)[1::2], strict=False))
)
RESTS = st.builds(Rest, COUNT, st.booleans(), RANGES)
MESSAGES = st.builds(
    DeliveryMessage,
    st.just(CENTRAL), st.text(st.characters(codec="utf-8"), min_size=1, max_size=250), st.just("acme-corp"),
    st.sampled_from(["s3", "cloudwatch", "s3:archive-eu"]), st.none() | VISIBLE, st.none() | VISIBLE, st.none() | COUNT,
    checkpoint=COUNT, plan_version=COUNT, attempt=COUNT, first_attempt_at=TIME, not_before=TIME,
    reason=st.just("") | WORD, ahead=st.lists(COUNT, max_size=7).map(tuple),
    unkept=st.lists(UNKEPT, max_size=7).map(tuple), rests=st.lists(RESTS, max_size=7).map(tuple),
    destination=st.sampled_from(["", "0123456789abcdef"]),
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


WHOLE = {"kind": KIND, "bucket": CENTRAL, "key": KEY, "tenant_id": "acme-corp", "type": "s3"}
SCALAR = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.lists(st.none(), max_size=1)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(asdict(DeliveryMessage("b", "k", "t", "s3")), SCALAR)))
def test_any_document_is_read_or_refused(document):
    """A damaged message would crash the processor, come back, and at last be lost without a reason."""
    for given_ in (document, {**WHOLE, **document}):
        try:
            read = DeliveryMessage.read(given_)
        except UnreadableMessageError as error:
            assert error.reason in {"delivery-message-incomplete", "delivery-message-malformed"}  # noqa: PT017 - either may be
        else:
            assert DeliveryMessage.read(json.loads(read.write())) == read


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("type", "!replay#1"), ("type", "s3#x"), ("type", "s3\n"), ("type", "S3"), ("type", "s3:" + "x" * 65),
        ("tenant_id", "acme\r\nx: y"), ("tenant_id", "!reconciliation"), ("bucket", "a/b"), ("bucket", "b\r\n"),
        ("key", "k" * 1025), ("key", "a\ud800"),
        ("etag", 'a"\r\nHost: other'), ("etag", "a b"), ("etag", "é"), ("etag", "a" * 256), ("etag", 7),
        ("version_id", "v\r\n"), ("version_id", "v" * 1025), ("version_id", ["v"]),
        ("size", -1), ("size", 2**50), ("size", "7"), ("size", True),
        ("checkpoint", -1), ("checkpoint", 2**31 + 1), ("checkpoint", 1.5), ("checkpoint", "1"),
        ("attempt", -1), ("attempt", 10**9), ("resumptions", 10**9), ("plan_version", -1),
        ("ahead", [0] * 1001), ("ahead", [-1]), ("ahead", ["x"]), ("ahead", 5), ("ahead", {"1": 2}),
        ("unkept", [[0, "too-old", 3, 3]]), ("unkept", [[0, "too-old", 3]]), ("unkept", [[0, "x\n", 0, 1]] ),
        ("unkept", [[0, "too-old", 0, 10_001]]), ("unkept", [[0, "too-old", 0, 1]] * 65),
        ("rests", [[0, True, []]]), ("rests", [[0, True, [[3, 3]]]]), ("rests", [[0, True, [[5, 6], [1, 2]]]]),
        ("rests", [[0, 1, [[0, 1]]]]), ("rests", [[0, True, [[0, 10_001]]]]), ("rests", [[0, True, [[0, 1]]]] * 17),
        ("rests", [[0, True, [[0, 1, 2]]]]), ("rests", [[0, True]]), ("rests", [[0, True, [[0, 1]] * 65]]),
        ("destination", "x"), ("destination", "0123456789ABCDEF"), ("probe", 1), ("probe", "true"),
        ("not_before", -1), ("not_before", 1e12), ("first_attempt_at", "now"), ("schedule_from", float("nan")),
    ],
)  # fmt: skip
def test_a_field_that_is_not_of_its_form_is_refused(name, value):
    """A forged message would send a header of its own, write into another part of the table, or skip batches."""
    with pytest.raises(UnreadableMessageError) as refused:
        DeliveryMessage.read({**WHOLE, name: value})
    assert refused.value.reason == "delivery-message-malformed"
    assert name in refused.value.detail


@pytest.mark.parametrize("reason", ["Access Denied", "x" * 65, "a\nb", 7, ["x"]])
def test_a_reason_never_makes_a_message_unreadable(reason):
    """It informs: a plug-in that words one freely would send its deliveries to the dead-letter queue."""
    assert DeliveryMessage.read({**WHOLE, "reason": reason}).reason == "unreadable-reason"


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
