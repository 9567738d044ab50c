"""What every request passes before a route is chosen: its path, its body's size, its signature.

Raw ASGI, so that it also stands before the routes' own 404 and 405.
"""

import logging
import re
import time
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runtime.api.errors.mapping import problem_of
from runtime.api.errors.problems import ProblemError
from runtime.api.middleware.caller import Caller, read_caller

MAX_BODY_BYTES = 64 * 1024
UNSIGNED = "/health"
"""The one path that may be asked unsigned."""

_SEGMENT = re.compile(r"(?!\.{1,2}$)(?:[!$&'()*+,;=:@A-Za-z0-9\-._~]|%3[Aa])+")
"""RFC 3986's segment without percent-encoding but of the colon, which clients differ about (``s3%3Aarchive``)."""

logger = logging.getLogger("logrouter.api")


class Gate:
    """Wraps the app. Each request, however it ends, has an id, an answer of one shape, and one line in the log."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        caller = scope["logrouter.caller"] = read_caller(scope)
        answer = _Answer(send, caller)
        try:
            _require_canonical(_asked_path(scope))
            _require_signature(scope, caller)
            await self._app(scope, _Replay(await _read(scope, receive)), answer)
        except Exception as error:  # noqa: BLE001 - the last resort: no error may leave without an answer
            if answer.status is None:
                await problem_of(error).response(caller.request_id)(scope, receive, answer)
        answer.log(scope)


class _Answer:
    """Sends an answer on, with the headers that each one has, and remembers its status."""

    def __init__(self, send: Send, caller: Caller) -> None:
        self._send, self._caller = send, caller
        self._begun = time.perf_counter()
        self.status: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            more = {
                "x-request-id": self._caller.request_id,
                "cache-control": "no-store" if self.status >= HTTPStatus.BAD_REQUEST else "private, no-cache",
                "x-content-type-options": "nosniff",
            }
            message["headers"] = [*message["headers"], *((name.encode(), more[name].encode()) for name in more)]
        await self._send(message)

    def log(self, scope: Scope) -> None:
        """Write the request's line; the path is refused if it could break a line, and JSON escapes the rest."""
        logger.info(
            "request",
            extra={
                "request_id": self._caller.request_id,
                "method": scope["method"],
                "path": scope["path"][:512],
                "status": self.status,
                "milliseconds": round((time.perf_counter() - self._begun) * 1000, 1),
                "caller": self._caller.arn,
            },
        )


class _Replay:
    """Replays a body that was read already."""

    def __init__(self, body: bytes) -> None:
        self._messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def __call__(self) -> Message:
        return self._messages.pop() if self._messages else {"type": "http.disconnect"}


def _asked_path(scope: Scope) -> str:
    """Return the path as the gateway got it; what the app's host made of it is decoded once more."""
    event = scope.get("aws.event")
    if event:
        return str(event.get("path") or "/")
    raw = scope.get("raw_path")
    return raw.decode("latin-1").partition("?")[0] if raw else str(scope["path"])


def _require_canonical(path: str) -> None:
    """Refuse a path that another party could read as a different one: policies decide by it (docs/api.md)."""
    if path == "/" or all(_SEGMENT.fullmatch(segment) for segment in path.removeprefix("/").split("/")):
        return
    raise ProblemError(
        HTTPStatus.BAD_REQUEST,
        "path-not-canonical",
        "write the path in canonical form: no empty or dot segments, no slash at the end, nothing encoded but ':'",
    )


def _require_signature(scope: Scope, caller: Caller) -> None:
    """Hold the gateway to its authorization: a method that was opened there by mistake stays shut here."""
    if caller.arn is None and scope["path"] != UNSIGNED:
        raise ProblemError(HTTPStatus.FORBIDDEN, "unsigned", "sign the request with Signature Version 4 (execute-api)")


async def _read(scope: Scope, receive: Receive) -> bytes:
    """Read the body up to the limit. Raises 413 over it."""
    body = b""
    length = dict(scope["headers"]).get(b"content-length", b"0")
    if length.isdigit() and len(length) < len(str(MAX_BODY_BYTES)) + 1 and int(length) <= MAX_BODY_BYTES:
        more = True
        while more and len(body) <= MAX_BODY_BYTES:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        if len(body) <= MAX_BODY_BYTES:
            return body
    raise ProblemError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body-too-large", f"a body may have at most {MAX_BODY_BYTES:,} bytes"
    )
