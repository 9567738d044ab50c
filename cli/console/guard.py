"""Who may open the console: the browser that was given the link, on this machine, from the console's own pages.

A page of another site can make a browser send requests to loopback, and by DNS rebinding even read the answers. So the
Host must be the console's own, a change must come from its own pages, and everything takes the session's cookie, which
the token in the link is exchanged for, once. Programs of the same user aren't kept out: they can read the credentials.
"""

import hmac
import secrets
from dataclasses import dataclass, field
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

OPENING_PATH: Final = "/open"
SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""No inline script or style, no ``eval``, nothing from elsewhere."""
HEADERS: Final = {
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "same-origin",  # no-referrer would make a browser hide the Origin of the pages' own forms
    "x-content-type-options": "nosniff",
}


@dataclass(slots=True)
class ConsoleAccess:
    """One run's secrets. ``port``: where it listens; ``first``: the path that the link leads to."""

    port: int
    first: str = "/"
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    session: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    exchanged: bool = False

    @property
    def link(self) -> str:
        """The address that opens the console, once."""
        return f"http://127.0.0.1:{self.port}{OPENING_PATH}?token={self.token}"

    @property
    def hosts(self) -> frozenset[str]:
        """What a request's Host may be."""
        return frozenset({f"127.0.0.1:{self.port}", f"localhost:{self.port}"})

    @property
    def cookie(self) -> str:
        """The cookie's name. Browsers don't keep ports apart: two consoles would overwrite each other's."""
        return f"logrouter-console-{self.port}"

    def exchange(self, token: str) -> str | None:
        """Return the session for the token, the first time; ``None`` for another token, or a later time."""
        if self.exchanged or not _same(token, self.token):
            return None
        self.exchanged = True
        return self.session

    def is_session(self, cookie: str) -> bool:
        """Return whether a cookie is this session's."""
        return _same(cookie, self.session)


class ConsoleGuard:
    """Refuses what isn't the session's own browser and page; sets the headers of every answer."""

    def __init__(self, app: ASGIApp, access: ConsoleAccess) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            request = Request(scope)
            answer = self._refusal(request) or self._opening(request) or self._without_session(request)
            await (answer or self._app)(scope, receive, _with_headers(send))

    def _refusal(self, request: Request) -> Response | None:
        headers = request.headers
        host = headers.get("host", "")
        if host not in self._access.hosts:
            return _page(421, "This isn't the console's address", f"It is http://127.0.0.1:{self._access.port}/.")
        from_elsewhere = headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}
        followed_link = request.method in SAFE_METHODS and headers.get("sec-fetch-dest") == "document"
        own = f"http://{host}"
        foreign = headers.get("origin") not in ({own, None} if request.method in SAFE_METHODS else {own})
        if foreign or (from_elsewhere and not followed_link):
            return _page(403, "Refused", "Another site's page asked for this, not the console's own.")
        return None

    def _opening(self, request: Request) -> Response | None:
        """Answer the link with the cookie and a page that leads on.

        Not with a redirect: where another site's page has the link, its target would be asked without the cookie.
        """
        if request.url.path != OPENING_PATH:
            return None
        session = self._access.exchange(request.query_params.get("token", ""))
        if session is None:
            return None if self._has_session(request) else _page(403, "This link doesn't open the console", REOPEN)
        lead = (
            f'<meta http-equiv="refresh" content="0;url={self._access.first}"><link rel="icon" href="/assets/icon.svg">'
        )
        answer = HTMLResponse(f"<!doctype html>{lead}<title>logrouter</title>")
        answer.set_cookie(self._access.cookie, session, httponly=True, samesite="strict")
        return answer

    def _without_session(self, request: Request) -> Response | None:
        return None if self._has_session(request) else _page(403, "The console is locked", REOPEN)

    def _has_session(self, request: Request) -> bool:
        return self._access.is_session(request.cookies.get(self._access.cookie, ""))


REOPEN: Final = (
    "Open the link that <code>logrouter console</code> printed. It works once, in one browser: "
    "for another browser, stop the command and start it again."
)


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def _page(status: int, title: str, text: str) -> HTMLResponse:
    """Return a page for somebody without a session: it has nothing of the console's."""
    head = f'<!doctype html><html lang="en"><title>{title} - logrouter</title>'
    return HTMLResponse(f"{head}<main><h1>{title}</h1><p>{text}</p></main></html>", status_code=status)


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update(HEADERS)
            headers.setdefault("cache-control", "no-store")
        await send(message)

    return sending
