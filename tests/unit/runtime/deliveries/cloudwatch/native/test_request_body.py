"""The request body made from bytes is the one that the SDK would make."""

import json

from hypothesis import given
from hypothesis import strategies as st

from runtime.deliveries.cloudwatch.destination import LogDestination
from runtime.deliveries.cloudwatch.native.engine import put_log_events_body
from runtime.objects.batches import Batch
from tests.unit.runtime.deliveries.cloudwatch.doubles import DESTINATION

TEXTS = st.text(st.characters(codec="utf-8"))


@given(st.lists(st.tuples(st.integers(0, 10**15), TEXTS)), st.text(max_size=5), st.booleans())
def test_it_says_what_the_events_are(events, group, ascii_only):
    """A message would reach the customer changed, or with another one's time."""
    literals = [json.dumps(text, ensure_ascii=ascii_only).encode() for _, text in events]
    batch = Batch(0, [at for at, _ in events], literals, [len(text.encode()) for _, text in events])
    body = put_log_events_body(LogDestination("us-east-1", group, "stream/é", "acme"), batch)
    assert json.loads(body) == {
        "logGroupName": group,
        "logStreamName": "stream/é",
        "logEvents": [{"timestamp": at, "message": text} for at, text in events],
    }


def test_siblings_encode_a_batch_once():
    """A second destination would cost the encoding again."""
    batch = Batch(0, [1], [b'"a"'], [1])
    put_log_events_body(DESTINATION, batch)
    encoded = next(iter(batch.derived.values()))
    put_log_events_body(DESTINATION, batch)
    assert next(iter(batch.derived.values())) is encoded
