"""The caller and the request's id, as API Gateway established them before it called the app."""

import uuid
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.types import Scope


@dataclass(frozen=True, slots=True)
class Caller:
    """The signed caller of a request. ``arn`` is ``None`` for an unsigned request."""

    arn: str | None
    source_ip: str | None
    request_id: str


def read_caller(scope: Scope) -> Caller:
    """Read what the gateway's event says; without one (no gateway) the request is unsigned."""
    context: dict[str, Any] = (scope.get("aws.event") or {}).get("requestContext") or {}
    identity = context.get("identity") or {}
    request_id = context.get("requestId") or str(uuid.uuid4())
    return Caller(identity.get("userArn"), identity.get("sourceIp"), request_id)


def caller_of(request: Request) -> Caller:
    """Return a request's caller (a dependency of routes)."""
    caller: Caller = request.scope["logrouter.caller"]
    return caller
