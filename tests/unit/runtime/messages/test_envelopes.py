"""Envelopes around a notification."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.messages.envelopes import UnreadableMessageError, message_bodies, read_document
from tests.unit.runtime.known_cases import cases

KNOWN = cases("error_classification")
NOTIFICATION = {"Records": [{"eventName": "ObjectCreated:Put"}]}
BARE = json.dumps(NOTIFICATION)
IN_SNS = json.dumps({"Type": "Notification", "TopicArn": "t", "Message": BARE})


@pytest.mark.parametrize("body", [BARE, IN_SNS, json.dumps({"Message": IN_SNS})])
def test_a_notification_is_taken_out_of_its_envelopes(body):
    """One of the ways in which S3 reaches the queue would be unreadable."""
    assert read_document(body) == NOTIFICATION


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
)


@given(JSON, st.integers(0, 2))
def test_every_wrapping_gives_the_same_document(value, depth):
    """What lies inside an envelope would depend on the envelope."""
    document = {"Records": value}
    body = json.dumps(document)
    for _ in range(depth):
        body = json.dumps({"Message": body})
    assert read_document(body) == document


@given(st.one_of(st.text(), JSON.map(json.dumps)))
def test_any_text_is_read_or_refused_with_a_reason(body):
    """A message that nobody foresaw would crash the processor, and come back again and again."""
    try:
        document = read_document(body)
    except UnreadableMessageError as error:
        document = {"refused": error.reason}
    assert isinstance(document, dict)
    assert document.get("refused") in {None, "not-json", "not-an-object", "nested-too-deep"}


def test_known_rubbish_is_refused_in_known_words():
    """Somebody who searches for the message would not find it."""
    with pytest.raises(UnreadableMessageError, match=KNOWN["001"]["expect"]["message_contains"]) as refused:
        read_document(KNOWN["001"]["given"]["sqs_body"])
    assert refused.value.reason == "not-json"


@pytest.mark.parametrize("body", ["[" * 100_000, "1" * 5000, "", "null", "[]", '"x"', "\ud800"])
def test_hostile_bodies_are_refused(body):
    """Deep nesting or a huge number would crash the processor."""
    with pytest.raises(UnreadableMessageError):
        read_document(body)


def test_envelopes_in_envelopes_end():
    """A message could keep the processor busy."""
    body = BARE
    for _ in range(20):
        body = json.dumps({"Message": body})
    with pytest.raises(UnreadableMessageError) as refused:
        read_document(body)
    assert refused.value.reason == "nested-too-deep"


@pytest.mark.parametrize(
    "pasted",
    [
        {"Records": [{"messageId": "1", "body": BARE}, {"messageId": "2", "body": IN_SNS}]},
        {"Messages": [{"MessageId": "1", "Body": BARE}, {"MessageId": "2", "Body": IN_SNS}]},
        {"Records": [{"Sns": {"Message": BARE}}, {"Sns": {"Message": IN_SNS}}]},
    ],
)
def test_several_messages_can_be_pasted(pasted):
    """What ``aws sqs receive-message`` or a Lambda test event shows could not be tried by hand."""
    assert message_bodies(json.dumps(pasted)) == [BARE, IN_SNS]


@pytest.mark.parametrize("pasted", [BARE, IN_SNS, '{"Event": "s3:TestEvent"}', '{"Records": 3}'])
def test_what_is_no_sqs_envelope_is_one_body(pasted):
    """A notification pasted alone would not be processed."""
    assert message_bodies(pasted) == [pasted]


def test_one_message_can_be_pasted():
    """A single SQS message could not be tried by hand."""
    assert message_bodies(json.dumps({"MessageId": "1", "Body": BARE})) == [BARE]
