"""SQS refuses a delay over 15 minutes and a visibility timeout over 12 hours (SQS API reference)."""

from typing import Any

from ministack_fidelity.patching import Function, Target, emulator, wrap

SEND = Target("ministack.services.sqs", "_act_send_message", ("data", "qurl"))
RECEIVE = Target("ministack.services.sqs", "_act_receive_message", ("data", "qurl"))
HIDE = Target("ministack.services.sqs", "_act_change_visibility", ("data", "qurl"))
HIDE_BATCH = Target("ministack.services.sqs", "_act_change_visibility_batch", ("data", "qurl"))

LIMITS = {"DelaySeconds": 900, "VisibilityTimeout": 43_200}


def apply() -> None:
    """Check the values before the message is touched."""
    for target in (SEND, RECEIVE, HIDE):
        wrap(target, _checked)
    wrap(HIDE_BATCH, _checked_each)


def problem(data: dict[str, Any]) -> str | None:
    """Return which value of a request or of a batch's entry is out of range, or None."""
    for name, most in LIMITS.items():
        value = data.get(name)
        if value is not None and not 0 <= int(value) <= most:
            return f"Value {value} for parameter {name} is invalid. Reason: Must be >= 0 and <= {most}."
    return None


def _checked(original: Function) -> Function:
    def action(data: dict[str, Any], qurl: str) -> Any:
        if found := problem(data):
            raise emulator("services.sqs")._Err("InvalidParameterValue", found)
        return original(data, qurl)

    return action


def _checked_each(original: Function) -> Function:
    def action(data: dict[str, Any], qurl: str) -> Any:
        entries = data.get("Entries", [])
        good = [entry for entry in entries if problem(entry) is None]
        failed = [
            {"Id": entry.get("Id", ""), "Code": "InvalidParameterValue", "Message": found, "SenderFault": True}
            for entry in entries
            if (found := problem(entry))
        ]
        result = original({**data, "Entries": good}, qurl) if good or not entries else {"Successful": [], "Failed": []}
        return {**result, "Failed": [*result["Failed"], *failed]}

    return action
