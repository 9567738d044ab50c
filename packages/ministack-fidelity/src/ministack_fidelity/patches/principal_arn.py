"""Who a role session is: ``aws:PrincipalArn`` is the role's own ARN with its path, and a principal names it exactly.

The emulator gives the session's ARN (``arn:aws:sts::…:assumed-role/Name/session``) for the condition key, and lets a
``Principal`` with another path match by the role's bare name. In AWS the key of a role session is the ARN of the
role (IAM user guide, "AWS global condition context keys"), and the path is part of it.
"""

from typing import Any

from ministack_fidelity.patching import Function, Target, emulator, wrap

CONTEXT_KEY = Target("ministack.core.iam_evaluator", "_resolve_condition_key", ("key", "ctx"))
PRINCIPAL_MATCHES = Target("ministack.core.iam_evaluator", "_principal_matches", ("principal", "caller_arn"))
SESSION_MARK = ":assumed-role/"


def apply() -> None:
    """Resolve role sessions to their role."""
    wrap(CONTEXT_KEY, _with_role_arn)
    wrap(PRINCIPAL_MATCHES, _exactly)


def role_arn_of(session_arn: str) -> str:
    """Return the ARN, path included, of the role whose session this is; the session's own where no role is known."""
    account = session_arn.split(":")[4]
    name = session_arn.split(SESSION_MARK, 1)[1].split("/", 1)[0]
    role = emulator("services.iam")._roles.get_scoped(account, None, name)
    return str(role["Arn"]) if role else session_arn


def _with_role_arn(original: Function) -> Function:
    def _resolve_condition_key(key: str, ctx: Any) -> Any:
        if key.lower() == "aws:principalarn" and SESSION_MARK in ctx.principal_arn:
            return role_arn_of(ctx.principal_arn)
        return original(key, ctx)

    return _resolve_condition_key


def _exactly(original: Function) -> Function:
    def _principal_matches(principal: Any, caller_arn: str) -> Any:
        if not isinstance(principal, dict) or SESSION_MARK not in caller_arn:
            return original(principal, caller_arn)
        named = principal.get("AWS", [])
        named = [named] if isinstance(named, str) else named
        roles = [arn for arn in named if ":role/" in arn]
        others = [arn for arn in named if ":role/" not in arn]
        return role_arn_of(caller_arn) in roles or original({**principal, "AWS": others}, caller_arn)

    return _principal_matches
