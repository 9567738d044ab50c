"""``SenderId`` is who sent a message: a role's unique id and its session's name, a user's unique id, or an account.

SQS API reference, ReceiveMessage, ``SenderId``; the same attribute is in a function's event (Lambda developer guide,
"Using Lambda with Amazon SQS"). The emulator gives the account for everyone.
"""

from typing import Any

from ministack_fidelity.patches.principal_arn import SESSION_MARK
from ministack_fidelity.patching import Function, Target, emulator, wrap

SENT = Target("ministack.services.sqs", "_build_send_sys_attrs", ("now", "sys_attrs_input"))
CALLER = Target("ministack.core.iam_evaluator", "caller_arn", ())
RECORDS = Target("ministack.services.lambda_svc", "_apply_filter_criteria", ("records", "esm"))
"""What a function's event source does last to a batch's records, before the function gets them."""
QUEUE = Target("ministack.services.sqs", "_queue_by_arn", ("arn",))
USER_MARK = ":user/"


def apply() -> None:
    """Keep the sender with the message, and give it to functions."""
    CALLER.resolve()
    QUEUE.resolve()
    wrap(SENT, _by_caller)
    wrap(RECORDS, _with_senders)


def sender_id(arn: str) -> str:
    """Return the unique id of a principal; the account of one that is neither a role's session nor a user."""
    iam, account = emulator("services.iam"), arn.split(":")[4]
    if SESSION_MARK in arn:
        name, _, session = arn.split(SESSION_MARK, 1)[1].partition("/")
        role = iam._roles.get_scoped(account, None, name)
        return f"{role['RoleId']}:{session}" if role else account
    if USER_MARK in arn:
        user = iam._users.get_scoped(account, None, arn.rpartition("/")[2])
        return str(user["UserId"]) if user else account
    return account


def _by_caller(original: Function) -> Function:
    def _build_send_sys_attrs(now: float, sys_attrs_input: dict[str, Any]) -> dict[str, Any]:
        caller = emulator("core.iam_evaluator").caller_arn()
        return {**original(now, sys_attrs_input), "SenderId": sender_id(caller)}

    return _build_send_sys_attrs


def _with_senders(original: Function) -> Function:
    def _apply_filter_criteria(records: list[dict[str, Any]], esm: dict[str, Any]) -> Any:
        queued = [each for each in records if each.get("eventSource") == "aws:sqs"]
        queue = emulator("services.sqs")._queue_by_arn(queued[0]["eventSourceARN"]) if queued else None
        if queue is not None:
            senders = {message["id"]: message.get("sys", {}).get("SenderId") for message in [*queue["messages"]]}
            for record in queued:
                if sender := senders.get(record["messageId"]):
                    record["attributes"]["SenderId"] = sender
        return original(records, esm)

    return _apply_filter_criteria
