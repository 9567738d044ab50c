"""Facts about lines, times and batches seen in another implementation of the same design (``tests/cases``).

Where a case contradicts the project's contract, the contract wins; each such case is named with its reason.
"""

import json
from pathlib import Path

import pytest

from runtime.objects.batches import BatchLimits, plan
from runtime.objects.events import EventBlock, ReadStats, read_events
from runtime.objects.timestamps import parse

CASES = Path(__file__).parents[3] / "cases"
LAST_MODIFIED = 1_704_110_400_000

WHOLE_LINE = "without a message the whole line is the message, no field is removed (contract §2)"
AS_TEXT = "a line that is no JSON object is delivered as text, not dropped and not an error (contract §5)"
OWN_SOURCE = "a structured message keeps its own source text (contract §4)"
LAST_MODIFIED_WINS = "an unusable time is the object's LastModified, the same on each retry, not the time of processing"
OVERRULED = {
    "log_parsing-005": OWN_SOURCE,
    "log_parsing-008": AS_TEXT,
    "log_parsing-012": WHOLE_LINE,
    "log_parsing-017": AS_TEXT,
    "processor_timestamp-017": LAST_MODIFIED_WINS,
    "processor_timestamp-019": LAST_MODIFIED_WINS,
}


def cases(file, *members):
    """Return a file's cases whose ``given`` has one of these members."""
    rows = map(json.loads, (CASES / file).read_text().splitlines())
    return [pytest.param(row, id=row["id"]) for row in rows if set(members) & set(row["given"])]


def read(*lines):
    """Read lines; return (timestamp, message) pairs."""
    body = "".join(f"{line}\n" for line in lines).encode()
    found = read_events([body], last_modified_ms=LAST_MODIFIED, stats=ReadStats())
    return [
        (at, json.loads(text)) for block in found for at, text in zip(block.timestamps, block.literals, strict=True)
    ]


@pytest.mark.parametrize("case", cases("processor_timestamp.jsonl", "timestamp"))
def test_times_are_read_as_seen_elsewhere(case):
    """An event would have another time than the same line had before a migration."""
    at = parse(json.dumps(case["given"]["timestamp"]).encode())
    if case["id"] in OVERRULED:
        assert case["expect"]["fallback"] == "processing time"
        assert at is None
    else:
        assert at == case["expect"]["epoch_ms"]


@pytest.mark.parametrize("case", cases("processor_timestamp.jsonl", "record"))
def test_records_have_the_time_of_the_event(case):
    """The time of ingestion, or the time of processing, would be taken for the event's own."""
    ((at, message),) = read(json.dumps(case["given"]["record"]))
    assert at == case["expect"]["timestamp_ms"]
    assert message == case["expect"].get("message", message)


@pytest.mark.parametrize("case", cases("log_parsing.jsonl", "ndjson", "single_line"))
def test_ndjson_gives_its_messages_in_order(case):
    """Messages would be lost or change their order."""
    lines = case["given"].get("ndjson") or [case["given"]["single_line"]]
    assert [message for _, message in read(*lines)] == case["expect"]["messages"]


def test_a_thousand_lines_are_a_thousand_events():
    """Lines would be lost in an object of many (log_parsing-010)."""
    (case,) = (row.values[0] for row in cases("log_parsing.jsonl", "ndjson_lines"))
    assert len(read(*['{"message":"x"}'] * case["given"]["ndjson_lines"])) == case["expect"]["events"]


@pytest.mark.parametrize("case", cases("log_parsing.jsonl", "record", "content"))
def test_a_record_becomes_the_contracts_message(case):
    """A structured message would be rewritten, or a line without a message lose fields or vanish."""
    given = case["given"]
    line = given["content"] if "content" in given else json.dumps(given["record"])
    ((_, message),) = read(line)
    match OVERRULED.get(case["id"]):
        case None:
            assert message == case["expect"]["message"]
        case reason if reason is OWN_SOURCE:
            assert json.loads(message) == case["expect"]["message"]
        case _:
            assert message == line


def test_an_array_of_records_is_one_line_of_text():
    """An array would be taken apart although the contract knows lines only (log_parsing-017 is overruled)."""
    array = '[{"message":"a"},{"message":"b"}]'
    assert read(array) == [(LAST_MODIFIED, array)]


def batches(sizes, given):
    """Plan events of these sizes within the case's limits."""
    limits = BatchLimits(events=given.get("max_events", 10_000), bytes=given.get("max_bytes", 1_048_576))
    block = EventBlock([1] * len(sizes), [b'""'] * len(sizes), sizes)
    return [[size + 26 for size in batch.sizes] for batch in plan([block], limits)]


@pytest.mark.parametrize(
    "case",
    [row for row in cases("cloudwatch_batching.jsonl", "events", "burst") if "rejected" not in row.values[0]["given"]],
)
def test_batches_are_as_seen_elsewhere(case):
    """A batch would be larger than the service takes, or half empty."""
    given, expect = case["given"], case["expect"]
    sizes = {
        "cloudwatch_batching-019": [5 + number % 6 for number in range(2000)],
        "cloudwatch_batching-023": [kib * 1024 for kib in (100, 200, 300, 400, 500)],
        "cloudwatch_batching-032": [10] * 2000 + [100_000] * 10 + [10] * 500,
    }.get(case["id"]) or [given.get("message_bytes", 10)] * given["events"]
    found = batches(sizes, given)
    expected = expect.get("batches", len(found))
    assert expected in ([len(batch) for batch in found], len(found))
    assert len(found) >= expect.get("min_batches", 0)
    assert sum(map(len, found)) == len(sizes) == expect.get("successful", len(sizes))
    assert not found or sum(found[0]) <= expect.get("first_batch_bytes_at_most", 1_048_576)
    fill = expect.get("first_batch_fill_over", 0) or expect.get("each_fill_over", 0)
    assert all(sum(batch) > fill * given.get("max_bytes", 0) for batch in found[:1])


def test_events_are_sent_in_chronological_order():
    """CloudWatch would refuse a batch whose events are out of order (cloudwatch_batching-035)."""
    (case,) = (row.values[0] for row in cases("cloudwatch_batching.jsonl", "input_timestamps_ms"))
    times = case["given"]["input_timestamps_ms"]
    names = ["Third event", "First event", "Second event", "Fourth event"]
    block = EventBlock(times, [json.dumps(name).encode() for name in names], [11] * 4)
    (batch,) = plan([block])
    assert [json.loads(literal) for literal in batch.literals] == case["expect"]["sent_order"]


@pytest.mark.parametrize("case", cases("cloudwatch_batching.jsonl", "messages"))
def test_messages_are_unchanged(case):
    """Unicode, quotes, line breaks or NUL would reach the customer changed."""
    messages = case["given"]["messages"]
    if isinstance(messages, str):
        messages = [part * (400_000 // len(part.encode())) for part in ("日é😀", '{"a": [1]}', "line\nnext\r\n", "\0")]
    found = read(*[json.dumps({"message": message}, ensure_ascii=False) for message in messages])
    assert [message for _, message in found] == messages
