"""Delivery records: one line each, a metric too, bounded dimensions, no content, no forged lines."""

import json
import threading
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from runtime.deliveries.method import DeliveryProgress
from runtime.logs import correlated
from runtime.objects.key import ObjectKey
from runtime.objects.stored_object import StoredObject
from runtime.processor.delivery_record import DeliveryRecord, Outcome, Records, Skipped
from tests.unit.runtime.aws_world import emf
from tests.unit.runtime.processor.world import CENTRAL, KEY

SOURCE = StoredObject(CENTRAL, ObjectKey.parse(KEY))
PROGRESS = DeliveryProgress(3, 250, 9_000, 2, Counter({"too-old": 4, "expired": 1}), 990_000)


def record(**changes):
    fields = {
        "object": SOURCE, "tenant_id": "acme-corp", "type": "s3:eu", "outcome": Outcome.HANDED_OVER,
        "progress": PROGRESS, "attempts": 2, "reason": "throttled", "detail": "s3:CopyObject",
    }  # fmt: skip
    return DeliveryRecord(**{**fields, **changes})


def written(*calls):
    lines = []
    records = Records("LogRouter", clock=lambda: 1_000.0, write=lines.append)
    for call in calls:
        call(records)
    return lines


def test_a_record_is_a_metric_with_bounded_dimensions():
    """CloudWatch would bill a metric for each object, or alarms have nothing to look at."""
    (line,) = map(json.loads, written(lambda records: records.delivery(record())))
    assert line["_aws"]["Timestamp"] == 1_000_000
    outcomes = [["Outcome"], ["Method", "Outcome"]]
    told = [
        (each["Namespace"], each["Dimensions"], [metric["Name"] for metric in each["Metrics"]])
        for each in line["_aws"]["CloudWatchMetrics"]
    ]
    assert told == [
        ("LogRouter", [*outcomes, ["Outcome", "Reason"], ["TenantId", "Outcome"]], ["Deliveries"]),
        ("LogRouter", outcomes, ["Events", "Bytes"]),
        ("LogRouter", [[]], ["SetAsideEvents", "LeftOutEvents"]),
        ("LogRouter", [*outcomes, ["TenantId", "Outcome"]], ["AgeOfOldestEvent"]),
    ]
    assert {name: line[name] for _, _, names in told for name in names} == {
        "Deliveries": 1,
        "Events": 250,
        "Bytes": 9_000,
        "SetAsideEvents": 5,
        "LeftOutEvents": 2,
        "AgeOfOldestEvent": 10.0,
    }
    assert {name: line[name] for name in ("Method", "Outcome", "TenantId", "Reason")} == {
        "Method": "s3",
        "Outcome": "handed-over",
        "TenantId": "acme-corp",
        "Reason": "throttled",
    }


def test_a_record_tells_the_rest_as_properties():
    """Nobody could find out which object, which attempt, and why."""
    (line,) = map(json.loads, written(lambda records: records.delivery(record())))
    assert (line["object"], line["type"], line["attempts"], line["checkpoint"]) == (KEY, "s3:eu", 2, 3)
    assert line["set_aside"] == {"too-old": 4, "expired": 1}
    assert line["detail"] == "s3:CopyObject"


def test_a_delivered_record_has_no_reason_and_an_unknown_age_is_no_metric():
    """Copies, whose events nobody reads, would pull the age of the oldest event to zero."""
    end = record(outcome=Outcome.DELIVERED, reason="", detail="", progress=DeliveryProgress())
    (line,) = map(json.loads, written(lambda records: records.delivery(end)))
    assert "Reason" not in line
    assert "AgeOfOldestEvent" not in line


@given(st.text())
def test_no_text_can_forge_a_line(text):
    """A key with a line break would write a record of its own; other line ends split it in some readers."""
    (line,) = written(lambda records: records.skipped(Skipped.OBJECTS, "key-segments", object=text))
    assert line.count("\n") == 1
    assert line.isascii()
    assert len(line.splitlines()) == 1
    assert json.loads(line)["object"] == text


def test_what_was_passed_over_is_counted_by_reason():
    """Something would be given up without anybody being able to count it."""
    (line,) = map(json.loads, written(lambda records: records.skipped(Skipped.EVENTS, "not-created", count=3)))
    assert (line["IgnoredNotifications"], line["Reason"]) == (3, "not-created")
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [[], ["Reason"]]


def test_what_was_met_while_reading_is_counted_and_nothing_is_silent():
    """Lines that aren't JSON would be delivered as text without anybody knowing how many."""
    stats = {"events": 9, "invalid_json": 2, "no_timestamp": 0, "split": 1}
    (line,) = map(json.loads, written(lambda records: records.read(SOURCE, stats)))
    assert (line["InvalidJson"], line["Split"]) == (2, 1)
    assert "NoTimestamp" not in line
    assert written(lambda records: records.read(SOURCE, {"events": 9, "split": 0})) == []


def test_what_our_own_roles_refuse_is_counted_by_itself():
    """The alarm that only the provider can answer would stay silent, or ring for a customer's policy."""
    ours = written(
        lambda records: records.delivery(record(reason="first-hop-denied")),
        lambda records: records.returned("own-access-denied"),
    )
    theirs = written(lambda records: records.delivery(record(reason="second-hop-denied")))
    assert [json.loads(line).get("CentralAccessDenied") for line in ours + theirs] == [1, 1, None]


def test_a_record_has_the_id_that_the_log_has():
    """A delivery's record and the warnings about it couldn't be found with one query."""
    with correlated(KEY):
        (line,) = map(json.loads, written(lambda records: records.delivery(record())))
    assert line["correlation_id"] == KEY


def test_lines_of_many_threads_do_not_mix(capsys):
    """Two deliveries that end together would make one unreadable line."""
    records = Records("LogRouter")
    threads = [threading.Thread(target=lambda: [records.delivery(record()) for _ in range(50)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(emf(capsys)) == 200
