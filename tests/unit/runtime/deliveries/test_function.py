"""The method ``function``: what is invoked with what, and what its answers mean."""

import io
import json

import pytest
from pydantic import ValidationError

from runtime import scheduling
from runtime.aws.response import AnswerIncompleteError, Response
from runtime.conformance.scene import Scene, texts_of
from runtime.conformance.stand_in import ROLE_ARN, FastTime
from runtime.conformance.stand_ins.function import FunctionStandIn
from runtime.deliveries.event_request import EventRequest
from runtime.deliveries.function.config import EVENT_OVERHEAD_BYTES, MAX_EVENTS, FunctionConfig
from runtime.deliveries.function.delivery import payload
from runtime.deliveries.method import Delivery
from runtime.delivery_config.write_rules import WriteRules
from runtime.objects.batches import Batch
from runtime.objects.key import ObjectKey
from runtime.objects.stored_object import StoredObject
from runtime.time_budget import FOREVER
from tests.unit.runtime.deliveries.cloudwatch.doubles import KEY, NOW_MS

ARN = "arn:aws:lambda:us-east-1:222222222222:function:receive-logs:live"
RULES = WriteRules(1e9, "central", "111111111111", {"us-east-1": "aws", "eu-west-1": "aws"})


class Answering(FunctionStandIn):
    """A function that answers what the test says, at the end the right thing; notes each payload."""

    def __init__(self, *answers):
        super().__init__()
        self.answers, self.asked = list(answers), []

    def clients(self):
        made = super().clients()
        whole = made.__class__.__call__

        class Clients(made.__class__):
            def __call__(self, credentials, headers, body, *, key):
                stand_in = self.stand_in
                stand_in.asked.append((key, headers, json.loads(body)))
                answer = stand_in.answers.pop(0) if stand_in.answers else None
                if answer is None:
                    return whole(self, credentials, headers, body, key=key)
                if isinstance(answer, Exception):
                    raise answer
                content, more = answer if isinstance(answer, tuple) else (answer, {})
                return Response(200, more, io.BytesIO(content).read, lambda: None)

        return Clients(self)


def delivered(*answers):
    """Deliver one object of three events; return the function, the result, and what was set aside."""
    function = Answering(*answers)
    with scheduling.use(FastTime()):
        return function, Scene(function, NOW_MS, events=3).deliver(seconds=30.0)


def failure(code, status=400):
    from botocore.exceptions import ClientError

    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Invoke")


def test_the_function_gets_events_with_their_ids_and_origin():
    """It could neither recognise a repeated event nor tell whose log it is."""
    function, result = delivered()
    assert result.error is None
    ((path, headers, asked),) = function.asked
    assert path == "/2015-03-31/functions/arn:aws:lambda:us-east-1:222222222222:function:receive-0/invocations"
    assert headers["x-amz-invocation-type"] == "RequestResponse"
    assert asked["version"] == 1
    assert (asked["tenant_id"], asked["cluster_id"], asked["application"]) == ("acme-corp", "c-1", "etcd")
    assert [event["message"] for event in asked["events"]] == texts_of(0, 3)
    assert len({event["id"] for event in asked["events"]} | {asked["id"]}) == 4


def test_only_what_failed_is_sent_again():
    """The function would get each event again for one that it couldn't take."""
    function, result = delivered(b'{"failed":[1]}')
    assert result.error is None
    assert [[event["message"] for event in asked["events"]] for _, _, asked in function.asked] == [
        texts_of(0, 3),
        texts_of(0, 3)[1:2],
    ]
    assert function.asked[0][2]["id"] != function.asked[1][2]["id"]


def test_what_the_function_refuses_is_set_aside():
    """It would come back for a day, and hold up everything behind it."""
    function, result = delivered(b'{"failed":[],"refused":[2]}')
    assert (function.set_aside, dict(result.progress.set_aside)) == (texts_of(0, 3)[2:], {"refused-by-function": 1})


@pytest.mark.parametrize(
    "answer",
    [
        b"null",
        b"{}",
        b"",
        b'{"failed":null}',
        b'{"failed":[3]}',
        b'{"failed":["0"]}',
        b'{"failed":[-1]}',
        b"x" * 70_000,
    ],
)
def test_an_answer_that_says_nothing_is_no_success(answer):
    """A function without a return statement would be taken for one that has taken everything."""
    function, result = delivered(*[answer] * 99)
    assert (result.error.reason, result.error.call.hop) == ("answer-incomplete", "DESTINATION")
    assert (result.progress.checkpoint, function.events) == (0, [])


@pytest.mark.parametrize(
    ("error", "reason", "kind"),
    [
        (
            (b'{"errorMessage":"the tenant\'s words"}', {"x-amz-function-error": "Unhandled"}),
            "function-failed",
            "Retryable",
        ),
        (failure("TooManyRequestsException", 429), "throttled", "Retryable"),
        (failure("ResourceNotFoundException", 404), "function-missing", "BlockedByCustomer"),
        (failure("AccessDeniedException", 403), "destination-denied", "BlockedByCustomer"),
        (failure("KMSAccessDeniedException", 502), "kms-refused", "BlockedByCustomer"),
        (failure("ServiceException", 500), "unavailable", "Retryable"),
        (failure("InvalidRequestContentException"), "request-refused", "Refused"),
        (AnswerIncompleteError("lambda:Invoke", "a request id"), "answer-incomplete", "Retryable"),
    ],
)
def test_failures_are_classified(error, reason, kind):
    """What passes would be parked, or what only the customer can fix be tried for ever."""
    _, result = delivered(*[error] * 99)
    assert (result.error.reason, type(result.error).__name__) == (reason, f"{kind}Error")
    assert "words" not in result.error.detail


def test_a_request_that_is_too_large_for_lambda_is_halved():
    """The delivery would be refused for ever."""
    function, result = delivered(failure("RequestTooLargeException", 413))
    assert result.error is None
    assert [len(asked["events"]) for _, _, asked in function.asked] == [3, 1, 2]


def test_a_payload_is_within_lambdas_limit():
    """A full batch would be over 6 MB, refused and halved each time."""
    literals = [b'"x"'] * MAX_EVENTS
    batch = Batch(0, [NOW_MS] * MAX_EVENTS, literals, [1] * MAX_EVENTS)
    config = FunctionConfig(
        tenant_id="acme-corp", type="function", log_distribution_role_arn=ROLE_ARN, function_arn=ARN
    )
    delivery = Delivery(StoredObject("central", ObjectKey.parse(KEY), "0cc1"), config, FOREVER)
    made = payload(EventRequest(delivery, batch))
    counted = sum(len(literal) + EVENT_OVERHEAD_BYTES for literal in literals)
    assert len(made) <= counted + 2_000
    assert len(json.loads(made)["events"]) == MAX_EVENTS


def written(**fields):
    values = {"tenant_id": "acme-corp", "type": "function", "log_distribution_role_arn": ROLE_ARN, "function_arn": ARN}
    return FunctionConfig.model_validate(values | fields, context=RULES)


def test_a_config_names_a_function_that_its_role_can_invoke():
    """Every delivery would be blocked, and the customer find out from its status."""
    assert written(target_region="us-east-1").region == "us-east-1"
    for wrong in (
        {"function_arn": ARN.replace("222222222222", "333333333333")},
        {"target_region": "eu-west-1"},
        {"function_arn": "receive-logs"},
        {"function_arn": ARN + ":more"},
        {"log_distribution_role_arn": "arn:aws:iam::111111111111:role/Ours"},
    ):
        with pytest.raises(ValidationError):
            written(**wrong)
