"""Signatures that the emulator doesn't check: those of account roots, and the digest of an S3 request's body.

The emulator checks the signature, its date and its session token for the keys of IAM users and of sessions. A key of
12 digits it takes for the account's root without looking: here its secret is the one that MiniStack is configured
with (``AWS_SECRET_ACCESS_KEY``, by default ``test``), so that no request is taken whose signature is wrong or old.

S3 signs ``x-amz-content-sha256`` instead of the body, and refuses a body with another digest: 400
XAmzContentSHA256Mismatch (S3 API reference, "Error responses").
"""

import hashlib
import hmac
import re
from contextvars import ContextVar
from typing import Any

from ministack_fidelity.patching import Function, Table, Target, emulator, wrap

EVALUATOR = "ministack.core.iam_evaluator"
PIN = Target("ministack.app", "pin_signed_request", ("method", "raw_path", "query_params", "raw_headers", "handshake"))
IS_ROOT = Target(EVALUATOR, "_is_root_key", ("access_key_id",))
AUTHENTICATE = Target(EVALUATOR, "authenticate", ("access_key_id", "account_id"))
FAILURES = Table("ministack.core.iam_actions", "_AUTH_FAILURES")

ACCOUNT_KEY = re.compile(r"\d{12}")
DIGEST = re.compile(r"[0-9a-f]{64}")
MISMATCH = "XAmzContentSHA256Mismatch"
MESSAGE = "The provided 'x-amz-content-sha256' header does not match what was computed."

_is_pinning: ContextVar[bool] = ContextVar("_is_pinning", default=False)


def apply() -> None:
    """Keep the requests of account roots for the check, and check the digest after the signature."""
    wrap(PIN, _with_roots)
    wrap(IS_ROOT, _unless_pinning)
    wrap(AUTHENTICATE, _with_digest)
    FAILURES.resolve()[MISMATCH] = (MISMATCH, 400, MISMATCH, (MISMATCH, 400, MESSAGE))


def _with_roots(original: Function) -> Function:
    def pin_signed_request(*arguments: Any, **named: Any) -> None:
        token = _is_pinning.set(True)
        try:
            original(*arguments, **named)
        finally:
            _is_pinning.reset(token)

    return pin_signed_request


def _unless_pinning(original: Function) -> Function:
    def _is_root_key(access_key_id: str) -> bool:
        is_account = ACCOUNT_KEY.fullmatch(access_key_id) is not None
        return not (_is_pinning.get() and is_account) and bool(original(access_key_id))

    return _is_root_key


def _with_digest(original: Function) -> Function:
    def authenticate(access_key_id: str, account_id: str) -> Any:
        evaluator = emulator("core.iam_evaluator")
        request = evaluator._signed_request.get()
        checked = original(access_key_id, account_id)
        if request is None or not isinstance(checked, evaluator.ResolvedCredential):
            return checked
        given = request.headers.get("x-amz-content-sha256", "")
        if DIGEST.fullmatch(given) and not hmac.compare_digest(given, hashlib.sha256(request.body).hexdigest()):
            return evaluator.AuthError(MISMATCH, MESSAGE)
        return checked

    return authenticate
