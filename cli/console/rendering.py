"""Makes pages, and the parts of pages that are asked for again and again.

A page comes at once, without its data; each of its parts is then asked for, and again every few seconds. A part that
hasn't changed isn't replaced: what a person has selected or opened stays.
"""

import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from cli.console.asking import Questions, refusal_of
from cli.text_table import plain
from cli.times import UNKNOWN, short
from runtime.iso_times import iso

SEEN: Final = "seen"
"""The query parameter with the digest of what the page has."""
EVERY_SECONDS: Final = 5
MOST_FORM_BYTES: Final = 1_048_576
type Context = Mapping[str, Any]
type Builder = Callable[[Request], Awaitable[Context]]


def age(seconds: float | None) -> str:
    """Write an age coarsely: what changes with each second would replace its part each time."""
    return UNKNOWN if seconds is None else "<1m" if seconds < 60 else short(seconds)  # noqa: PLR2004 - a minute


def moment(at: float | str | None) -> str:
    """Write a time, epoch seconds or ISO 8601, in UTC to the second."""
    if not at:
        return UNKNOWN
    text = at if isinstance(at, str) else iso(at)
    return f"{text[:10]} {text[11:19]}Z"


def segment(text: str) -> str:
    """Write a text as one segment of a path."""
    return quote(text, safe=":")


def _environment() -> Environment:
    environment = Environment(loader=PackageLoader("cli.console"), autoescape=True, undefined=StrictUndefined)
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.filters |= {
        "age": age, "moment": moment, "short": short, "segment": segment, "plain": plain,
        "count": lambda number: f"{number:,}", "rate": lambda number: f"{number:,.1f}",
        "dollars": lambda number: f"${number:,.2f}", "query": urlencode,
    }  # fmt: skip
    return environment


@dataclass(frozen=True, slots=True)
class PagePart:
    """A part of a page. ``every``: seconds until it is asked for again; 0: never. ``refused``: a refusal's template."""

    template: str
    build: Builder
    every: int
    refused: str


@dataclass(frozen=True, slots=True)
class Screen:
    """Renders for one installation."""

    questions: Questions
    region: str
    tenant: str | None = None
    environment: Environment = _environment()  # noqa: RUF009 - templates are read once a process

    def page(self, request: Request, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
        """Return a whole page."""
        shared = {"path": request.url.path, "region": self.region, "own_tenant": self.tenant}
        return HTMLResponse(self._render(template, **shared, **context), status_code=status)

    async def part(self, request: Request, shown: PagePart) -> Response:
        """Return a part of a page, or what was refused in its place; nothing new where the page has it already."""
        inner = await self._built(request, shown.template, shown.build, shown.refused)
        name = request.url.path.rsplit("/", 1)[-1]
        digest = hashlib.sha256(inner.encode()).hexdigest()[:16]
        asked = {name: value for name, value in request.query_params.items() if name != SEEN}
        address = f"{request.url.path}?{urlencode(asked | {SEEN: digest})}"
        as_of = time.strftime("%H:%M:%SZ", time.gmtime())
        frame = {"name": name, "address": address, "as_of": as_of, "every": shown.every}
        if request.query_params.get(SEEN) == digest:
            return HTMLResponse(self._render("unchanged.html", **frame), headers={"hx-reswap": "none"})
        return HTMLResponse(self._render("part.html", **frame, inner=Markup(inner)))  # noqa: S704 - rendered above, escaped there

    async def answer(self, request: Request, template: str, build: Builder) -> Response:
        """Return what a form's button has led to, or why it was refused: both are shown in the page."""
        return HTMLResponse(await self._built(request, template, build, "refusal.html"))

    async def _built(self, request: Request, template: str, build: Builder, refused: str) -> str:
        try:
            return self._render(template, **await build(request))
        except Exception as error:  # noqa: BLE001 - the rest of the page is shown, this says what is wrong
            return self._render(refused, **request.path_params, refusal=refusal_of(error, self.questions.options))

    def _render(self, template: str, **context: Any) -> str:
        return self.environment.get_template(template).render(context)


def screen_of(request: Request) -> Screen:
    """Return what the application renders with."""
    screen: Screen = request.app.state.screen
    return screen


def questions_of(request: Request) -> Questions:
    """Return what the application asks with."""
    return screen_of(request).questions


def page(path: str, template: str, context: Callable[[Request], Context] = lambda _: {}) -> Route:
    """Return the route of a page without data of its own."""

    async def shown(request: Request) -> Response:
        return screen_of(request).page(request, template, **request.path_params, **context(request))

    return Route(path, shown)


def part(
    path: str, template: str, build: Builder, *, every: int = EVERY_SECONDS, refused: str = "refusal.html"
) -> Route:
    """Return the route of a part. The last segment of its path is its id in the page."""
    described = PagePart(template, build, every, refused)

    async def shown(request: Request) -> Response:
        return await screen_of(request).part(request, described)

    return Route(path, shown)


def action(path: str, template: str, build: Builder) -> Route:
    """Return the route that a form is posted to; what is rendered is put into the page."""

    async def done(request: Request) -> Response:
        return await screen_of(request).answer(request, template, build)

    return Route(path, done, methods=["POST"])


async def form_of(request: Request) -> list[tuple[str, str]]:
    """Return a posted form's fields, in order; texts without blanks around them.

    :raises ValueError: it is too large, or no form.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_FORM_BYTES:
            raise ValueError("the form is too large")
    return [(name, value.strip()) for name, value in parse_qsl(body.decode(), keep_blank_values=True)]
