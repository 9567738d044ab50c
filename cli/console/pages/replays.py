"""Replays: what one would deliver and cost, first; then its start, its progress, its end."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from starlette.requests import Request

from cli.console.pages.tenant import tenant_of
from cli.console.rendering import Context, action, form_of, moment, page, part, questions_of
from cli.operation.tenant_state import tenant_destinations
from cli.text_table import plain
from runtime.api.schemas.deliveries import ReplayView

RUNNING: Final = "running"
PERIODS: Final = {
    "yesterday": "Yesterday (UTC)",
    "hour": "The last hour",
    "day": "The last 24 hours",
    "week": "The last 7 days",
    "given": "From and until, below",
}
_TIMES: Final = frozenset({"since", "until"})
_TEXTS: Final = ("type", "application", "cluster_id")


def selection(fields: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """Return what the form selects, as the API's ``ReplayRequest`` has it."""
    asked: dict[str, Any] = {name: fields[name] for name in _TEXTS if fields.get(name)}
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    begin, end = {
        "yesterday": (midnight - timedelta(days=1), midnight),
        "hour": (now - timedelta(hours=1), now),
        "day": (now - timedelta(days=1), now),
        "week": (now - timedelta(days=7), now),
    }.get(fields.get("period", ""), (None, None))
    asked["since"] = begin.isoformat() if begin else _utc(fields.get("since", ""))
    asked["until"] = end.isoformat() if end else _utc(fields.get("until", ""))
    return {name: value for name, value in asked.items() if value}


async def form(request: Request) -> Context:
    """Return what the form offers: the tenant's destinations."""
    questions, tenant_id = questions_of(request), tenant_of(request)
    found = await questions.ask(("destinations", tenant_id), partial(tenant_destinations, questions.client, tenant_id))
    chosen = request.query_params.get("type", "")
    types = [each.type for each in found if each.fields.get("enabled")]
    return {"tenant_id": tenant_id, "types": types, "chosen": chosen, "periods": PERIODS}


async def estimate(request: Request) -> Context:
    """Return what the selection amounts to."""
    questions, tenant_id = questions_of(request), tenant_of(request)
    asked = selection(dict(await form_of(request)), datetime.now(UTC))
    found = await questions.change(lambda: questions.client.start_replay(tenant_id, {**asked, "dry_run": True}))
    return {"tenant_id": tenant_id, "estimate": found.estimate, "asked": asked}


async def start(request: Request) -> Context:
    """Start what was estimated: the same times, not those of the button's second press."""
    questions, tenant_id = questions_of(request), tenant_of(request)
    asked = {name: value for name, value in await form_of(request) if value}
    found = await questions.change(lambda: questions.client.start_replay(tenant_id, asked))
    return {"replay": found}


async def listed(request: Request) -> Context:
    """Return the tenant's replays, the latest first."""
    questions, tenant_id = questions_of(request), tenant_of(request)
    found = await questions.ask(("replays", tenant_id), lambda: questions.client.replays(tenant_id).replays)
    return {
        "tenant_id": tenant_id,
        "replays": [(each, _share(each), _selected(each)) for each in found],
        "running": RUNNING,
    }


async def stop(request: Request) -> Context:
    """End a running replay; what it has started goes on."""
    questions, tenant_id = questions_of(request), tenant_of(request)
    replay_id: str = request.path_params["replay_id"]
    await questions.change(lambda: questions.client.cancel_replay(tenant_id, replay_id))
    return {"replay_id": replay_id}


def _share(replay: ReplayView) -> float | None:
    """Return how much of it is started, percent; ``None`` where its total isn't known."""
    return min(100.0, 100 * replay.deliveries / replay.total_deliveries) if replay.total_deliveries else None


def _selected(replay: ReplayView) -> str:
    """Write what a replay selects; the tenant is the page's."""
    shown = {name: moment(str(value)) if name in _TIMES else value for name, value in replay.selection.items()}
    return plain({name: value for name, value in shown.items() if name != "tenant_id"}) or "everything"


def _utc(text: str) -> str:
    return f"{text}Z" if text and not text.endswith("Z") and "+" not in text else text


ROUTES: Final = (
    page(
        "/tenants/{tenant_id}/replays", "replays.html", lambda request: {"chosen": request.query_params.get("type", "")}
    ),
    part("/tenants/{tenant_id}/parts/form", "parts/replay_form.html", form, every=0),
    part("/tenants/{tenant_id}/parts/replays", "parts/replays.html", listed, every=2),
    action("/tenants/{tenant_id}/replays/estimate", "parts/estimate.html", estimate),
    action("/tenants/{tenant_id}/replays", "parts/replay_started.html", start),
    action("/tenants/{tenant_id}/replays/{replay_id}/stop", "parts/replay_stopped.html", stop),
)
