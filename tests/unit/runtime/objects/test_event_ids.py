"""Stable ids: the same event has the same id in every plan, on every host, by whatever way the object is found."""

import json
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from runtime.objects.batches import BatchLimits, plan
from runtime.objects.event_ids import EventIds
from runtime.objects.events import ReadStats, read_events
from runtime.objects.key import ObjectKey
from runtime.objects.stored_object import StoredObject
from runtime.objects.text import MAX_EVENT_BYTES

KEY = "tenant_id=acme/cluster_id=c-1/application=etcd/pod_name=etcd-0/20261123-132140-u.json.gz"
NOTIFIED = StoredObject("central", ObjectKey.parse(KEY), "0cc1", "version-1", 100)
LISTED = StoredObject("central", ObjectKey.parse(KEY), '"0cc1"')

LINES = st.lists(
    st.sampled_from(
        [
            b'{"timestamp":"2026-11-23T13:21:40Z","message":"one"}',
            b'{"timestamp":"2026-11-23T13:21:39Z","message":"two"}',
            b"no JSON at all",
            b"",
            b'{"message": 7}',
            b"x" * 90,
        ]
    ),
    min_size=1,
    max_size=30,
)


def numbered(body, cuts=(), limits=None, max_line_bytes=16 * 2**20):
    """Return the ids of an object's events, with their texts."""
    places = sorted({cut % (len(body) + 1) for cut in cuts} | {0, len(body)})
    chunks = [body[begin:end] for begin, end in pairwise(places)]
    blocks = read_events(chunks, last_modified_ms=1_795_000_000_000, stats=ReadStats(), max_line_bytes=max_line_bytes)
    found = []
    for batch in plan(blocks, limits):
        ids = EventIds(NOTIFIED).all_of(batch.records, len(batch))
        found += zip(ids, batch.literals, strict=True)
    return found


@given(LINES, st.lists(st.integers(0, 3000), max_size=5), st.integers(1, 7))
def test_ids_depend_on_no_chunk_and_no_plan(lines, cuts, most):
    """A replay after an upgrade, or over another network, would double every event at its destination."""
    body = b"\n".join(lines)
    small, large = numbered(body, cuts, BatchLimits(events=most)), numbered(body)
    assert sorted(small) == sorted(large)
    records = [line for line in lines if line.strip()]
    ids = {EventIds(NOTIFIED).of(record, 0): line for record, line in enumerate(records)}
    assert {id_ for id_, _ in large} == set(ids)
    for id_, literal in large:
        assert json.loads(literal).encode() in ids[id_]


def test_pieces_of_one_record_have_ids_of_their_own():
    """All pieces of a long line but the first would be taken for duplicates of it."""
    long = b"y" * (2 * MAX_EVENT_BYTES + 10)
    body = b'{"message":"a"}\n{"message":"%b"}\n{"message":"z"}\n' % long
    expected = [EventIds(NOTIFIED).of(*each) for each in [(0, 0), (1, 0), (1, 1), (1, 2), (2, 0)]]
    assert [id_ for id_, _ in numbered(body)] == expected


def test_a_line_too_long_to_be_held_is_one_record_too():
    """The line behind it would have another id than where there is more memory."""
    body = b'{"message":"a"}\n' + b"y" * (MAX_EVENT_BYTES + 10) + b'\n{"message":"z"}\n'
    held, parts = numbered(body), numbered(body, max_line_bytes=1000)
    assert [id_ for id_, _ in held] == [id_ for id_, _ in parts]
    assert [id_ for id_, _ in held] == [EventIds(NOTIFIED).of(*each) for each in [(0, 0), (1, 0), (1, 1), (2, 0)]]


def test_an_object_has_the_same_ids_by_a_notification_and_by_a_listing():
    """A replay would deliver everything anew: a listing quotes the ETag and may name no version."""
    assert EventIds(NOTIFIED).of(3, 1) == EventIds(LISTED).of(3, 1)


def test_ids_are_told_apart_by_object_content_record_piece_and_output():
    """Two events would be one at the destination."""
    other = StoredObject("central", NOTIFIED.key, "0cc2")
    ids = [EventIds(NOTIFIED).of(*each) for each in [(0, 0), (1, 0), (0, 1), (0, 0, 1)]]
    assert len({*ids, EventIds(other).of(0, 0)}) == 5
    assert {len(each) for each in ids} == {16}


def test_an_id_is_what_the_documentation_says():
    """Destinations hold ids of years: another computation would double what is replayed."""
    assert EventIds(NOTIFIED).of(0, 0).hex() == "d1d097cc9235d204c8b37acd850ab794"
