"""One function of ours calls another: as the process itself, without the SDK's description of the service."""

import json
from collections.abc import Mapping
from typing import Final

from runtime.aws.clients import AwsClients
from runtime.aws.response import AnswerIncompleteError

ACTION: Final = "lambda:Invoke"
_FAILED: Final = "x-amz-function-error"


class FunctionFailedError(Exception):
    """The function raised an error, or ran into its time limit."""


def invoke(clients: AwsClients, function: str, event: Mapping[str, object]) -> dict[str, object]:
    """Call a function and return its answer, a JSON object.

    :raises FunctionFailedError: it was called, and failed.
    :raises AnswerIncompleteError: it answered something else. What Lambda answers with an error is raised, too.
    """
    response_headers, content = _call(clients, function, event, {})
    if response_headers.get(_FAILED):
        raise FunctionFailedError
    try:
        answer = json.loads(content)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise AnswerIncompleteError(ACTION, "a JSON object")
    return answer


def start(clients: AwsClients, function: str, event: Mapping[str, object]) -> None:
    """Have Lambda call a function later (API reference, Invoke: ``InvocationType=Event``); nobody waits for it.

    What Lambda answers with an error is raised.
    """
    _call(clients, function, event, {"x-amz-invocation-type": "Event"})


def _call(
    clients: AwsClients, function: str, event: Mapping[str, object], more: Mapping[str, str]
) -> tuple[Mapping[str, str], bytes]:
    headers = {"content-type": "application/json", **more}
    path = f"/2015-03-31/functions/{function}/invocations"
    call = clients.direct_call("lambda", "Invoke")
    response = call(clients.own_credentials(), headers, json.dumps(event).encode(), key=path)
    return response.headers, response.read(-1)
