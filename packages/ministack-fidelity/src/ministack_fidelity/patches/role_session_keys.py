"""``sts:ExternalId`` and ``sts:RoleSessionName`` in the caller's own policies, not only in the role's trust.

Source: service authorization reference, AWS Security Token Service, AssumeRole, condition keys.
"""

from typing import Any

from ministack_fidelity.patching import Function, Target, emulator, wrap

REQUEST_CONTEXT = Target(
    "ministack.core.iam_actions", "request_tag_context", ("service", "iam_action", "body", "params")
)
KEYS = ("ExternalId", "RoleSessionName")


def apply() -> None:
    """Add them to the request's condition keys."""
    wrap(REQUEST_CONTEXT, _with_session_keys)


def _with_session_keys(original: Function) -> Function:
    def request_tag_context(service: str, iam_action: str, body: bytes, params: dict[str, Any]) -> Any:
        context = original(service, iam_action, body, params)
        if service != "sts":
            return context
        read = emulator("core.iam_actions")._query_param
        given = {f"sts:{name}": value for name in KEYS if (value := read(params, name))}
        return {**context, **given}

    return request_tag_context
