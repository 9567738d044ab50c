"""The bulk request's lines, and what each status of an answer means for its event."""

import json
from base64 import urlsafe_b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.deliveries.documents import EventDocuments
from runtime.deliveries.elasticsearch.bulk import ANSWER_BYTES_PER_EVENT, body_of, read_answer
from runtime.deliveries.elasticsearch.config import MAX_REQUEST_EVENTS
from runtime.deliveries.event_request import Rejection
from runtime.endpoints.client import MAX_ANSWER_BYTES
from runtime.errors import BlockedByCustomerError, RetryableError
from runtime.objects.batches import Batch
from runtime.objects.key import ObjectKey

KEY = ObjectKey.parse("tenant_id=t/cluster_id=c/application=a/pod_name=p/20261123-132140-u.json.gz")
CONFLICT = (409, "version_conflict_engine_exception")


def body(*messages, times=None):
    literals = [json.dumps(message, ensure_ascii=False).encode() for message in messages]
    times = times or range(len(messages))
    ids = [bytes([number]) * 16 for number in range(len(messages))]
    return body_of(EventDocuments(KEY), Batch(0, list(times), literals, [0] * len(literals)), ids), ids


def answer(*outcomes, errors=None):
    items = [{"create": {"status": code} | ({"error": {"type": kind}} if kind else {})} for code, kind in outcomes]
    failed = any(code >= 300 for code, _ in outcomes)
    return json.dumps({"errors": failed if errors is None else errors, "items": items}).encode()


def read(*outcomes, events=None, before=False, errors=None):
    events = len(outcomes) if events is None else events
    return read_answer(answer(*outcomes, errors=errors), events, accepted_before=before)


@given(st.lists(st.text(st.characters(codec="utf-8")), min_size=1, max_size=5))
def test_no_message_becomes_a_line_of_its_own(messages):
    """A line of a tenant's could name an index, an id or an action."""
    content, ids = body(*messages)
    lines = content.split(b"\n")
    assert lines.pop() == b""
    assert len(lines) == 2 * len(messages)
    for action, document, message, id_ in zip(lines[::2], lines[1::2], messages, ids, strict=True):
        [(verb, of)] = json.loads(action).items()
        assert (verb, of.keys()) == ("create", {"_id"})
        assert urlsafe_b64decode(of["_id"] + "==") == id_
        assert json.loads(document)["message"] == message


def test_a_document_has_its_time_and_its_origin():
    """A search by time or by pod would find nothing."""
    content, _ = body("a", "b", "c", times=[-1, 1_795_000_000_007, 1_795_000_001_000])
    documents = [json.loads(line) for line in content.splitlines()[1::2]]
    assert [document["@timestamp"] for document in documents] == [
        "1969-12-31T23:59:59.999Z",
        "2026-11-18T11:06:40.007Z",
        "2026-11-18T11:06:41.000Z",
    ]
    origin = {"tenant_id": "t", "cluster_id": "c", "application": "a", "pod_name": "p"}
    assert documents[0] == {"@timestamp": "1969-12-31T23:59:59.999Z", "message": "a", **origin}


@pytest.mark.parametrize("outcomes", [[(201, "")] * 3, [(200, ""), CONFLICT, (201, "")], [CONFLICT, CONFLICT]])
def test_created_or_there_already_is_delivered(outcomes):
    """A replay, or a request whose answer was lost, would be refused or doubled."""
    found = read(*outcomes)
    assert (list(found.retry), list(found.refused), found.error) == ([], [], None)


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (429, "es_rejected_execution_exception", "es-rejected-execution"),
        (429, "circuit_breaking_exception", "circuit-breaking"),
        (403, "cluster_block_exception", "cluster-block"),
        (503, "unavailable_shards_exception", "unavailable-shards"),
        (500, "", "events-not-accepted"),
        (409, "another_conflict_exception", "another-conflict"),
        (302, "", "events-not-accepted"),
    ],
)
def test_what_may_pass_is_sent_again_alone(status, kind, reason):
    """A busy node would lose the events that it put off, or get the whole request again."""
    found = read((201, ""), (status, kind), (201, ""), (status, kind))
    assert (found.retry, found.refused, found.error.reason) == ([1, 3], [], reason)


def test_what_is_refused_is_named_by_its_type_alone():
    """One bad event would refuse its neighbours; or its content would be in a record, quoted by the server."""
    kinds = [
        "mapper_parsing_exception",
        "illegal_argument_exception",
        "Password: hunter2",
        "",
        "x" * 80,
        "a_" * 30 + "b",
    ]
    found = read((201, ""), *((400, kind) for kind in kinds))
    assert found.refused == [
        Rejection("mapper-parsing", [1]),
        Rejection("illegal-argument", [2]),
        Rejection("document-refused", [3, 4, 5, 6]),
    ]
    assert (found.retry, found.error) == ([], None)


def test_nothing_is_set_aside_while_nothing_was_accepted():
    """An index that takes no event of ours at all would have a tenant's whole logs set aside."""
    with pytest.raises(BlockedByCustomerError, match=r"refuses-everything.*mapper-parsing"):
        read((400, "mapper_parsing_exception"), (400, "mapper_parsing_exception"))
    assert read((400, "mapper_parsing_exception"), before=True).refused == [Rejection("mapper-parsing", [0])]
    assert read((400, "mapper_parsing_exception"), CONFLICT).refused == [Rejection("mapper-parsing", [0])]
    undecided = read((400, "mapper_parsing_exception"), (429, "es_rejected_execution_exception"))
    assert (undecided.retry, undecided.refused) == ([0, 1], [])


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (404, "index_not_found_exception", "index-not-found"),
        (403, "security_exception", "index-forbidden"),
        (401, "security_exception", "index-forbidden"),
    ],
)
def test_what_only_the_customer_can_correct_blocks(status, kind, reason):
    """A missing index would cost the customer's events, or be tried every second."""
    with pytest.raises(BlockedByCustomerError) as caught:
        read((201, ""), (status, kind))
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{}", b"[]", b"<html>it works</html>", b'{"errors":false}', b'{"items":[]}',
        b'{"errors":false,"items":[]}',
        answer((201, "")), answer((201, ""), (201, ""), (201, "")), answer((201, ""), (201, ""), errors=True),
        answer((201, ""), (400, "x"), errors=False), b'{"errors":false,"items":[{"index":{"status":201}}]}',
        answer((201, ""), (201, ""))[:-1],
    ],
)  # fmt: skip
def test_an_answer_that_proves_nothing_acknowledges_nothing(content):
    """Something that answers 200 to everything would swallow a tenant's logs."""
    with pytest.raises(RetryableError, match="answer-incomplete"):
        read_answer(content, 2, accepted_before=False)


def test_the_answer_to_the_largest_request_is_read_whole():
    """A replay of a full request would have an answer longer than is read, and never be acknowledged."""
    longest = "indices_" + "a" * 26 + "_exception"
    content = answer(*[(409, longest)] * MAX_REQUEST_EVENTS).replace(b" ", b"")
    assert len(content) <= MAX_ANSWER_BYTES
    assert len(longest) >= 44
    assert MAX_ANSWER_BYTES // ANSWER_BYTES_PER_EVENT == MAX_REQUEST_EVENTS
