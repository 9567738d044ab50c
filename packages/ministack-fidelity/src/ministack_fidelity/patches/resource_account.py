"""``s3:ResourceAccount`` and ``aws:ResourceAccount`` of an object: the account that owns its bucket.

An S3 ARN names no account, and the emulator takes the caller's own instead: a policy that keeps a role out of its own
account's buckets would refuse everyone else's too.
"""

from typing import Any

from ministack_fidelity.patching import Function, Target, emulator, wrap

CONTEXT_KEY = Target("ministack.core.iam_evaluator", "_resolve_condition_key", ("key", "ctx"))
OWNER = Target("ministack.services.s3", "_bucket_owner_account", ("name",))
KEYS = frozenset({"aws:resourceaccount", "s3:resourceaccount"})
S3_ARN = "arn:aws:s3:::"


def apply() -> None:
    """Look the bucket's owner up."""
    OWNER.resolve()
    wrap(CONTEXT_KEY, _with_bucket_owner)


def _with_bucket_owner(original: Function) -> Function:
    def _resolve_condition_key(key: str, ctx: Any) -> Any:
        if key.lower() in KEYS and ctx.resource_arn.startswith(S3_ARN):
            bucket = ctx.resource_arn.removeprefix(S3_ARN).partition("/")[0]
            owner = emulator("services.s3")._bucket_owner_account(bucket)
            if owner is not None:
                return owner
        return original(key, ctx)

    return _resolve_condition_key
