"""Records read back: page by page, with patience, and only what was asked for."""

import json
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from runtime.record_log.lines import ATTEMPTS, PAUSES, RecordLog, pattern


class Logs:
    """CloudWatch Logs with pages of two lines, which throttles as often as it is told to."""

    exceptions = SimpleNamespace(ClientError=ClientError)

    def __init__(self, *lines, throttled=0):
        self.lines, self.throttled, self.requests = lines, throttled, []

    def filter_log_events(self, **request):
        self.requests.append(request)
        if self.throttled:
            self.throttled -= 1
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "FilterLogEvents")
        begin = int(request.get("nextToken", "0"))
        events = [{"timestamp": number, "message": line} for number, line in enumerate(self.lines)][begin : begin + 2]
        more = {"nextToken": str(begin + 2)} if begin + 2 < len(self.lines) else {}
        return {"events": events, **more}


def read(logs, **wanted):
    waits = []
    clients = SimpleNamespace(client=lambda _: logs)
    lines = list(RecordLog(clients, ("one", "two"), waits.append).lines(10.0, 20.0, **wanted))
    return lines, waits


def test_all_pages_of_all_groups_are_read():
    """Whatever lies behind the first page would count as lost."""
    logs = Logs(*(json.dumps({"n": number}) for number in range(5)))
    lines, _ = read(logs, message="delivery")
    assert [line.fields["n"] for line in lines] == [0, 1, 2, 3, 4] * 2
    assert {request["logGroupName"] for request in logs.requests} == {"one", "two"}
    assert {(request["startTime"], request["endTime"]) for request in logs.requests} == {(10_000, 19_999)}


def test_what_is_no_record_is_passed_over():
    """One line of a library's would end the reading."""
    lines, _ = read(Logs("START RequestId", "[1]", '{"n": 1}'))
    assert [line.fields for line in lines] == [{"n": 1}, {"n": 1}]


def test_a_throttled_request_is_made_again():
    """A busy account would get no answer, or half of one that looks whole."""
    lines, waits = read(Logs('{"n": 1}', throttled=3))
    assert len(lines) == 2
    assert len(waits) == 3
    assert all(0 <= wait <= PAUSES.bound(failures) for failures, wait in enumerate(waits, 1))


def test_waiting_has_an_end():
    """A command would hang for as long as the account is throttled."""
    with pytest.raises(ClientError):
        read(Logs(throttled=ATTEMPTS))


def test_a_pattern_names_every_field():
    """CloudWatch would send lines that nobody asked for, or refuse the pattern."""
    wanted = '{ ($.message = "delivery") && ($.object = "tenant_id=*/a\\"b") && ($.notified = 1) }'
    assert pattern(message="delivery", object='tenant_id=*/a"b', notified=1) == wanted
