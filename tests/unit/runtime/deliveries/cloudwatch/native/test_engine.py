"""The native engine through botocore's own client: what leaves the process, and what each answer means."""

import json
from collections import deque
from types import SimpleNamespace

import boto3
import pytest
from moto import mock_aws

from runtime.aws.clients import AwsClients
from runtime.deliveries.cloudwatch.native.engine import NativeEngine
from runtime.deliveries.event_request import Rejection
from runtime.errors import BlockedByCustomerError, RefusedError, RetryableError
from runtime.time_budget import TimeBudget
from tests.unit.runtime.aws_world import MotoClients, in_memory
from tests.unit.runtime.deliveries.cloudwatch.doubles import CREDENTIALS, DESTINATION, batch

PUT, GROUP, STREAM = "PutLogEvents", "CreateLogGroup", "CreateLogStream"


class Service:
    """Stands in for the network: remembers each request and gives the planned answers."""

    def __init__(self):
        self.answers, self.requests = deque(), []

    @property
    def actions(self):
        return [request.headers["x-amz-target"].partition(".")[2] for request in self.requests]

    def send(self, _method, _url, _target, headers, body, **_):
        self.requests.append(SimpleNamespace(headers=headers, body=body))
        status, answer = self.answers.popleft() if self.answers else (200, {})
        return in_memory(status, json.dumps(answer).encode())

    def forget(self):
        """Nothing is kept."""


def error(code, status=400, message="told"):
    return status, {"__type": code, "message": message}


@pytest.fixture
def service(monkeypatch):
    """CloudWatch Logs, for clients whose own credentials are nobody's."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    return Service()


def sender(transport):
    clients = AwsClients("us-east-1", transport=transport)
    return NativeEngine(clients).open(DESTINATION, lambda: CREDENTIALS, TimeBudget.of_seconds(60))


def test_a_batch_is_one_call_signed_as_the_customers_role(service):
    """Events would be sent with the processor's own credentials, or cost more than one call."""
    assert list(sender(service).send(batch(0, (0, "a"), (1, "b")))) == []
    (request,) = service.requests
    assert "Credential=AKIDEXAMPLE/" in request.headers["authorization"]
    assert request.headers["x-amz-security-token"] == "token"
    body = json.loads(request.body)
    assert [event["message"] for event in body["logEvents"]] == ["a", "b"]
    assert (body["logGroupName"], body["logStreamName"]) == ("/acme/logs", "c-1/etcd/etcd-0")


def test_two_engines_of_one_client_send_each_its_own_body(service):
    """A second engine or thread would send the first one's events."""
    first, second = sender(service), sender(service)
    first.send(batch(0, (0, "first")))
    second.send(batch(0, (0, "second")))
    assert [json.loads(one.body)["logEvents"][0]["message"] for one in service.requests] == ["first", "second"]


@mock_aws
def test_group_and_stream_are_created_when_the_answer_says_so(service):
    """Logs of a new pod, or to a new group, would never arrive."""
    logs = boto3.client("logs", "us-east-1")
    one = NativeEngine(MotoClients()).open(DESTINATION, lambda: CREDENTIALS, TimeBudget.of_seconds(60))
    one.send(batch(0, (0, "zero é \\n \\ud83d\\ude00")))
    one.send(batch(1, (1, "one")))
    events = logs.get_log_events(logGroupName="/acme/logs", logStreamName="c-1/etcd/etcd-0", startFromHead=True)
    assert [event["message"] for event in events["events"]] == ["zero é \n 😀", "one"]


def test_a_missing_stream_costs_two_calls_and_no_describe(service):
    """Each new pod would cost Describe calls, which CloudWatch throttles first."""
    service.answers.extend([error("ResourceNotFoundException")])
    sender(service).send(batch())
    assert service.actions == [PUT, STREAM, PUT]


def test_a_missing_group_is_created_before_its_stream(service):
    """A group that was deleted would block the delivery."""
    missing = error("ResourceNotFoundException")
    service.answers.extend([missing, missing])
    one = sender(service)
    one.send(batch())
    assert service.actions == [PUT, STREAM, GROUP, STREAM, PUT]
    assert one.created_log_group


def test_a_race_with_another_creator_is_no_error(service):
    """Two objects of a new pod side by side would make one of them fail."""
    missing, exists = error("ResourceNotFoundException"), error("ResourceAlreadyExistsException")
    service.answers.extend([missing, missing, exists, exists])
    one = sender(service)
    one.send(batch())
    assert service.actions == [PUT, STREAM, GROUP, STREAM, PUT]
    assert not one.created_log_group


def test_a_stream_that_is_not_seen_yet_is_retryable(service):
    """Eventual consistency would be taken for something that the customer has to mend."""
    missing = error("ResourceNotFoundException")
    service.answers.extend([missing, (200, {}), missing])
    with pytest.raises(RetryableError, match="log-stream-not-yet-there"):
        sender(service).send(batch())


def test_a_role_that_may_not_create_the_group_is_the_customers_matter(service):
    """The customer would not learn which permission is missing."""
    missing = error("ResourceNotFoundException")
    service.answers.extend([missing, missing, error("AccessDeniedException")])
    with pytest.raises(BlockedByCustomerError, match="logs:CreateLogGroup on log group /acme/logs") as refused:
        sender(service).send(batch())
    assert refused.value.reason == "log-group-missing"
    assert "create the log group again" in refused.value.call.next_step


def test_rejections_are_passed_on(service):
    """Events that CloudWatch dropped would count as delivered."""
    service.answers.extend([(200, {"rejectedLogEventsInfo": {"tooNewLogEventStartIndex": 1}})])
    assert list(sender(service).send(batch(0, (0, "a"), (1, "b")))) == [Rejection("too-new", range(1, 2))]


def test_data_that_was_accepted_before_is_delivered(service):
    """A repeated call whose first answer was lost would fail for ever."""
    service.answers.extend([error("DataAlreadyAcceptedException")])
    assert list(sender(service).send(batch())) == []


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        (error("ThrottlingException"), RetryableError, "throttled"),
        (error("ServiceUnavailableException", 503), RetryableError, "unavailable"),
        ((500, {}), RetryableError, "unavailable"),
        (error("ExpiredTokenException"), RetryableError, "expired-token"),
        (error("InvalidSequenceTokenException"), RetryableError, "sequence-token"),
        (error("OperationAbortedException"), RetryableError, "conflict"),
        (error("InvalidParameterException"), RefusedError, "request-refused"),
        (error("AccessDeniedException"), BlockedByCustomerError, "destination-denied"),
        (error("SomethingNewException"), RetryableError, "unexpected"),
    ],
)
def test_every_refusal_has_its_class(service, answer, kind, reason):
    """A passing failure would be parked, or the customer's mistake repeated without end."""
    service.answers.extend([answer])
    with pytest.raises(kind) as raised:
        sender(service).send(batch())
    assert (type(raised.value), raised.value.reason) == (kind, reason)
    assert len(service.requests) == 1
    assert "hello" not in str(raised.value)
