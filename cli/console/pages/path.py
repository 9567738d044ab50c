"""The way of an object, or of a line: from the bucket to each destination, with times and attempts."""

from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from starlette.requests import Request

from cli.console.rendering import Context, page, part, questions_of
from cli.operation.object_path import object_path, objects_about
from cli.problems import NotFoundError
from runtime.delivery_config.model import is_tenant_id
from runtime.objects.key import MalformedKeyError

LOOKED_THROUGH_SECONDS: Final = 900.0
"""An agent closes a batch within minutes; a line lies in an object whose name's time is that much later at most."""
MOST: Final = 100
FIELDS: Final = ("key", "tenant_id", "at")


def asked(request: Request) -> dict[str, str]:
    """Return what was typed in."""
    return {name: request.query_params.get(name, "").strip() for name in FIELDS}


async def way(request: Request) -> Context:
    """Return the object's way; for a line's tenant and time, the objects that may have it; for nothing, what to do."""
    questions, given = questions_of(request), asked(request)
    found: Any = None
    candidates: Any = None
    if given["key"]:
        try:
            found = await questions.ask(("path", given["key"]), partial(object_path, questions.sources, given["key"]))
        except MalformedKeyError as error:
            raise NotFoundError(f"This isn't the key of a collected object: {error}.") from None
        if not found.known:
            raise NotFoundError("It isn't in the bucket, and no record names it. Is the key right?")
    elif given["tenant_id"]:
        at = _epoch(given["at"])
        tenant_id = given["tenant_id"]
        if at is None or not is_tenant_id(tenant_id):
            raise NotFoundError("Give a tenant's id and the line's time in UTC, such as 2026-11-30T15:04.")
        look = partial(objects_about, questions.sources, tenant_id, at, LOOKED_THROUGH_SECONDS)
        candidates = await questions.ask(("about", tenant_id, at), look)
    return {**given, "found": found, "candidates": candidates, "most": MOST}


def _epoch(text: str) -> float | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


ROUTES: Final = (
    page("/path", "path.html", asked),
    part("/parts/way", "parts/way.html", way),
)
