"""One function calls another: who signs, what is sent, and what is no answer."""

import json

import pytest

from runtime.aws.function_call import FunctionFailedError, invoke, start
from runtime.aws.response import AnswerIncompleteError
from tests.unit.runtime.aws_world import in_memory, recording_clients  # noqa: F401 - the fixture "clients"


class Lambda:
    """The service as a hot call reaches it."""

    def __init__(self, body=b"{}", **headers):
        self.body, self.headers, self.sent = body, headers, []

    def __call__(self, credentials, headers, body, *, key):
        self.sent.append((credentials, headers, json.loads(body), key))
        return in_memory(200, self.body, self.headers)


@pytest.fixture
def reach(clients, monkeypatch):
    def make(*given, **more):
        made = Lambda(*given, **more)
        monkeypatch.setattr(clients, "direct_call", lambda *_: made)
        return made

    return make


def test_a_function_is_called_as_the_process_itself(clients, reach):
    """A tenant's session, which may call nothing, would sign; or the answer would be lost."""
    made = reach(b'{"a": 1}')
    assert invoke(clients, "one", {"x": 2}) == {"a": 1}
    ((credentials, headers, sent, path),) = made.sent
    assert credentials == clients.own_credentials()
    assert (sent, path) == ({"x": 2}, "/2015-03-31/functions/one/invocations")
    assert "x-amz-invocation-type" not in headers


def test_a_function_is_started_and_not_waited_for(clients, reach):
    """The API would wait for a test until its gateway gives up."""
    made = reach(b"")
    start(clients, "one", {"x": 2})
    assert made.sent[0][1]["x-amz-invocation-type"] == "Event"


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null"])
def test_what_is_no_object_is_no_answer(clients, reach, body):
    """Nothing would be read as a result."""
    reach(body)
    with pytest.raises(AnswerIncompleteError):
        invoke(clients, "one", {})


def test_a_function_that_failed_has_no_result(clients, reach):
    """Its traceback would be read as what it returns."""
    reach(b'{"errorMessage": "x"}', **{"x-amz-function-error": "Unhandled"})
    with pytest.raises(FunctionFailedError):
        invoke(clients, "one", {})
