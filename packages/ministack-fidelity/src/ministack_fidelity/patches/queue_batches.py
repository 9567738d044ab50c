"""SQS batch requests need the permission of the single one: there is no ``sqs:DeleteMessageBatch`` to allow.

SQS developer guide, "Amazon SQS API permissions": ``SendMessage`` covers ``SendMessageBatch``, and so do
``DeleteMessage`` and ``ChangeMessageVisibility``. The emulator asks for an action of the batch's own name.
"""

from typing import Any

from ministack_fidelity.patching import Function, Target, wrap

ACTION = Target(
    "ministack.core.iam_actions",
    "extract_iam_action",
    ("service", "method", "path", "headers", "body", "query_params"),
)
BATCHES = {f"sqs:{name}Batch": f"sqs:{name}" for name in ("SendMessage", "DeleteMessage", "ChangeMessageVisibility")}


def apply() -> None:
    """Ask for the single request's action."""
    wrap(ACTION, _single)


def _single(original: Function) -> Function:
    def extract_iam_action(*arguments: Any) -> Any:
        action = original(*arguments)
        return BATCHES.get(action, action)

    return extract_iam_action
