r"""STS refuses session names that aren't 2 to 64 characters of ``[\w+=,.@-]`` (STS API reference, AssumeRole)."""

import re
from typing import Any

from ministack_fidelity.patching import Function, Target, emulator, wrap

ASSUMED_ARN = Target("ministack.services.sts", "_assumed_role_arn", ("role_arn", "session_name"))
SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)


def apply() -> None:
    """Check the name where the session's ARN is made of it."""
    wrap(ASSUMED_ARN, _with_valid_name)


def _with_valid_name(original: Function) -> Function:
    def _assumed_role_arn(role_arn: str, session_name: str) -> Any:
        if SESSION_NAME.fullmatch(session_name):
            return original(role_arn, session_name)
        message = (
            "1 validation error detected: Value at 'roleSessionName' failed to satisfy constraint: Member must have "
            r"length between 2 and 64 and satisfy regular expression pattern: [\w+=,.@-]*"
        )
        return None, emulator("services.sts")._error(400, "ValidationError", message, ns="sts")  # noqa: SLF001

    return _assumed_role_arn
