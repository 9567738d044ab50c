"""A bucket policy in another account sees the caller as it is: its role, its session tags, and every deny.

The emulator evaluates a foreign caller as the root of its account, so that a policy which names a role, or demands
``aws:PrincipalTag/tenant_id``, refuses everyone. And a copy between accounts looks its source up in the
destination's account only, and its versions, too (access to them was decided before).
"""

from dataclasses import dataclass
from typing import Any

from ministack_fidelity.patching import Function, Table, Target, emulator, wrap

GATE = Target(
    "ministack.services.s3",
    "_foreign_bucket_allows",
    ("owner_account", "bucket_name", "key", "method", "query_params", "caller", "headers"),
)
BUCKET = Target("ministack.services.s3", "_ensure_bucket", ("name",))
OWNER = Target("ministack.services.s3", "_bucket_owner_account", ("name",))
VERSIONS = Table("ministack.services.s3", "_object_versions", ("get", "get_scoped"))


def apply() -> None:
    """Evaluate with the caller's own keys, and find copy sources wherever they live."""
    OWNER.resolve()
    wrap(GATE, _with_own_identity)
    wrap(BUCKET, _in_any_account)
    _find_versions_in_any_account()


@dataclass(frozen=True, slots=True)
class _Request:
    """What a caller of another account asks of a bucket."""

    owner: str
    bucket: str
    key: str
    method: str
    query: dict[str, Any]
    headers: dict[str, str]


def _with_own_identity(original: Function) -> Function:
    def _foreign_bucket_allows(  # noqa: PLR0917 - its signature
        owner_account: str,
        bucket_name: str,
        key: str,
        method: str,
        query_params: dict[str, Any],
        caller: str,
        headers: dict[str, str] | None = None,
    ) -> bool:
        request = _Request(owner_account, bucket_name, key, method, query_params, headers or {})
        decision = _policy_decision(request, caller)
        if decision in {"Allow", "Deny"}:
            return decision == "Allow"
        return bool(original(owner_account, bucket_name, key, method, query_params, caller, headers))

    return _foreign_bucket_allows


def _policy_decision(request: _Request, caller: str) -> str:
    """Evaluate the bucket's policy for a signed caller that is not its account's root; '' where it has no say."""
    evaluator, s3 = emulator("core.iam_evaluator"), emulator("services.s3")
    access_key = emulator("core.router").extract_access_key_id(request.headers, request.query) if caller else ""
    principal = evaluator.resolve_principal(access_key, caller) if access_key else None
    if not isinstance(principal, evaluator.PrincipalInfo) or principal.policies is None:
        return ""
    policy = s3._bucket_policies.get_scoped(request.owner, None, request.bucket)
    blocked = s3._public_access_blocked(request.owner, request.bucket, "RestrictPublicBuckets")
    if not policy or (blocked and s3._policy_is_public(policy)):
        return ""
    return str(evaluator.evaluate_resource_policy(policy, _context(principal, request)).decision)


def _context(principal: Any, request: _Request) -> Any:
    s3, actions = emulator("services.s3"), emulator("core.iam_actions")
    resource = f"{request.bucket}/{request.key}" if request.key else request.bucket
    default = "GetObject" if request.method in {"GET", "HEAD"} else "PutObject"
    action = f"s3:{actions._s3_action(request.method, f'/{resource}', request.query) or default}"
    with s3.request_scope(request.owner, s3.get_region()):
        service_context = actions.s3_service_context(action, request.query, f"/{resource}", request.headers)
    return emulator("core.iam_evaluator").EvalContext(
        principal_arn=principal.arn,
        principal_type=principal.type,
        principal_account=principal.account,
        action=action,
        resource_arn=f"arn:aws:s3:::{resource}",
        region=s3.get_region(),
        service_context={name.lower(): value for name, value in service_context.items()},
        principal_keys=principal.keys,
    )


def _in_any_account(original: Function) -> Function:
    def _ensure_bucket(name: str) -> Any:
        found = original(name)
        if found is not None:
            return found
        s3 = emulator("services.s3")
        owner = s3._bucket_owner_account(name)
        return s3._buckets.get_scoped(owner, None, name) if owner else None

    return _ensure_bucket


def _find_versions_in_any_account() -> None:
    """Look an object's versions up at its bucket's owner, where the account at work has none."""
    versions = VERSIONS.resolve()
    kind: Any = type(versions)

    class _OfAnyAccount(kind):  # type: ignore[misc]  # the emulator's own kind of table
        __slots__ = ()  # the layout stays: the table that is there changes its class

        def get(self, key: tuple[str, str], default: Any = None) -> Any:
            found = super().get(key)
            if found is not None:
                return found
            owner = emulator("services.s3")._bucket_owner_account(key[0])
            return self.get_scoped(owner, None, key, default) if owner else default

    versions.__class__ = _OfAnyAccount
