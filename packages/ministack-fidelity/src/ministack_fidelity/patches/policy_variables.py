"""Policy variables such as ``${aws:PrincipalTag/tenant_id}`` in resources and condition values.

AWS replaces them by the request's context before it matches; a statement whose variable has no value in the request
doesn't match (IAM user guide, "Policy variables and tags").
"""

import re
from dataclasses import replace
from typing import Any

from ministack_fidelity.patching import Function, Target, emulator, wrap

FIRST_MATCH = Target("ministack.core.iam_evaluator", "_first_match", ("ctx", "stmts", "effect"))
CONDITIONS_MET = Target("ministack.core.iam_evaluator", "_conditions_met", ("conditions", "ctx"))
CONTEXT_KEY = Target("ministack.core.iam_evaluator", "_resolve_condition_key", ("key", "ctx"))

WILDCARD_MATCH = Target("ministack.core.iam_evaluator", "fnmatch_iam_cs", ("value", "pattern"))

VARIABLE = re.compile(r"\$\{\s*([^},\s]+)\s*(?:,\s*'([^']*)')?\s*\}")
ESCAPES = {"*": "*", "?": "?", "$": "$"}
LITERALS = {"*": "\ue000", "?": "\ue001", "$": "$"}
"""What stands for ``${*}`` and ``${?}`` while wildcards are matched: private characters, in no ARN and no name."""

WITH_WILDCARDS = re.compile("like|arn", re.IGNORECASE)
"""The condition operators that take wildcards."""

AS_LITERALS = str.maketrans(LITERALS)


def apply() -> None:
    """Substitute variables in resources and in conditions."""
    CONTEXT_KEY.resolve()
    wrap(WILDCARD_MATCH, _with_literals)
    wrap(FIRST_MATCH, _with_resources_substituted)
    wrap(CONDITIONS_MET, _with_conditions_substituted)


def substitute(pattern: str, ctx: Any, escapes: dict[str, str] = LITERALS) -> str | None:
    """Return the pattern with its variables' values, or None where one has no single value in this request.

    ``escapes`` says what becomes of ``${*}``, ``${?}`` and ``${$}``, which stand for the characters themselves.
    """
    resolve = emulator("core.iam_evaluator")._resolve_condition_key
    values: list[str] = []
    for name, default in VARIABLE.findall(pattern):
        value = escapes[name] if name in escapes else resolve(name, ctx)
        if value is None and default:
            value = default
        if value is None or isinstance(value, list):
            return None
        values.append(str(value))
    remaining = iter(values)
    return VARIABLE.sub(lambda _: next(remaining), pattern)


def _with_literals(original: Function) -> Function:
    def fnmatch_iam_cs(value: str, pattern: str) -> Any:
        escaped = any(mark in pattern for mark in (LITERALS["*"], LITERALS["?"]))
        return original(value.translate(AS_LITERALS) if escaped else value, pattern)

    return fnmatch_iam_cs


def _with_resources_substituted(original: Function) -> Function:
    def _first_match(ctx: Any, stmts: list[Any], effect: str) -> Any:
        return original(ctx, [found for stmt in stmts if (found := _for_request(stmt, ctx)) is not None], effect)

    return _first_match


def _for_request(stmt: Any, ctx: Any) -> Any:
    """Return the statement with its resources as they are for this request, or None if none can match."""
    if not any("${" in pattern for pattern in (*stmt.resources, *stmt.not_resources)):
        return stmt
    resources = [found for pattern in stmt.resources if (found := substitute(pattern, ctx)) is not None]
    if stmt.resources and not resources:
        return None
    excluded = [found for pattern in stmt.not_resources if (found := substitute(pattern, ctx)) is not None]
    if len(excluded) < len(stmt.not_resources):
        return None
    return replace(stmt, resources=resources, not_resources=excluded)


def _with_conditions_substituted(original: Function) -> Function:
    def _conditions_met(conditions: dict[str, Any], ctx: Any) -> Any:
        found: dict[str, Any] = {}
        for operator, keys in (conditions or {}).items():
            if not isinstance(keys, dict):
                continue
            escapes = LITERALS if WITH_WILDCARDS.search(operator) else ESCAPES
            found[operator] = {key: _values(expected, ctx, escapes) for key, expected in keys.items()}
            if None in found[operator].values():
                return False
        return original(found, ctx)

    return _conditions_met


def _values(expected: Any, ctx: Any, escapes: dict[str, str]) -> Any:
    """Return the condition's values substituted, or None where a variable has no value."""
    if isinstance(expected, str):
        return substitute(expected, ctx, escapes) if "${" in expected else expected
    if isinstance(expected, list):
        values = [_values(value, ctx, escapes) for value in expected]
        return None if None in values else values
    return expected
