"""The first page: what is wrong, since when, what to do; all tenants, the queues, the alarms that are firing."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from cli.console.rendering import Context, page, part, questions_of, screen_of, segment
from cli.operation.alarms import installed_alarms
from cli.operation.overview import COUNTED_PARKED, Destination, Overview, State, overview
from cli.operation.queues import SHOULD_BE_EMPTY
from runtime.delivery_config.model import is_tenant_id

IN_ORDER: Final = frozenset({State.WORKS, State.UNTRIED, State.DISABLED})
URGENT: Final = (State.FAILING, State.PARKED, State.INVALID, State.DELETED)
MOST_PROBLEMS: Final = 20
MOST_ROWS: Final = 500
"""Ours: a page of so many rows is read, and laid out in some 100 ms. The search finds the others."""


def needs_somebody(each: Destination) -> bool:
    """Return whether something is wrong: a config that was deleted, with nothing that waits for it, isn't."""
    return each.state not in IN_ORDER and not (each.state is State.DELETED and not each.parked)


@dataclass(frozen=True, slots=True)
class TenantRow:
    """One tenant's destinations, summed up: the worst state, the worst lateness (s), what was last delivered."""

    tenant_id: str
    destinations: Sequence[Destination]

    @property
    def wrong(self) -> Sequence[Destination]:
        """The destinations that need somebody."""
        return [each for each in self.destinations if needs_somebody(each)]

    @property
    def p50(self) -> float | None:
        """The median lateness of the destination where it is worst."""
        return max((each.p50 for each in self.destinations if each.p50 is not None), default=None)

    @property
    def p99(self) -> float | None:
        """The lateness that one delivery in a hundred exceeds, where it is worst."""
        return max((each.p99 for each in self.destinations if each.p99 is not None), default=None)

    @property
    def events(self) -> int:
        """Events of the time that was read."""
        return sum(each.events for each in self.destinations)

    @property
    def parked(self) -> int:
        """Parked deliveries."""
        return sum(each.parked for each in self.destinations)

    @property
    def last_success_at(self) -> float:
        """When anything was last delivered."""
        return max((each.last_success_at for each in self.destinations), default=0.0)


async def destinations(request: Request) -> Context:
    """Return the tenants, those with something wrong first, and what is wrong."""
    questions = questions_of(request)
    found = await questions.ask("overview", partial(overview, questions.sources))
    sought = request.query_params.get("q", "").strip()
    rows = [row for row in _rows(found.destinations) if sought.lower() in row.tenant_id.lower()]
    wrong = sorted((each for row in rows for each in row.wrong), key=lambda each: each.status.failing_since or found.at)
    return {
        "found": found,
        "sought": sought,
        "rows": rows[:MOST_ROWS],
        "unshown": len(rows) - MOST_ROWS,
        "wrong": wrong[:MOST_PROBLEMS],
        "all_wrong": len(wrong),
        "counted_parked": COUNTED_PARKED,
    }


async def queues(request: Request) -> Context:
    """Return the queues' depths: of the same answer as the destinations."""
    questions = questions_of(request)
    found: Overview = await questions.ask("overview", partial(overview, questions.sources))
    return {"queues": found.queues, "should_be_empty": SHOULD_BE_EMPTY}


async def firing(request: Request) -> Context:
    """Return the alarms, those that are firing first."""
    questions = questions_of(request)
    alarms = await questions.ask("alarms", partial(installed_alarms, questions.sources.clients))
    return {"firing": [each for each in alarms if each.firing], "alarms": alarms, "now": questions.sources.clock()}


async def tenants(request: Request) -> Context:
    """Return the tenants that the API lists."""
    questions = questions_of(request)
    found = await questions.ask("tenants", lambda: sorted(questions.client.tenants(), key=lambda one: one.tenant_id))
    return {"tenants": found}


async def go_to_tenant(request: Request) -> Response:
    """Lead to the page of the tenant that was typed in."""
    tenant_id = request.query_params.get("tenant_id", "").strip()
    if not is_tenant_id(tenant_id):
        return screen_of(request).page(request, "overview.html", sought="", mistyped=tenant_id)
    return RedirectResponse(f"/tenants/{segment(tenant_id)}", status_code=303)


def _rows(found: Iterable[Destination]) -> list[TenantRow]:
    by_tenant: dict[str, list[Destination]] = defaultdict(list)
    for each in found:
        by_tenant[each.status.tenant_id].append(each)
    rows = [TenantRow(tenant_id, each) for tenant_id, each in by_tenant.items()]
    in_order: Callable[[TenantRow], tuple[int, str]] = lambda row: (-len(row.wrong), row.tenant_id)  # noqa: E731 - typed
    return sorted(rows, key=in_order)


ROUTES: Final = (
    page("/", "overview.html", lambda request: {"sought": request.query_params.get("q", ""), "mistyped": None}),
    Route("/tenants", go_to_tenant),
    part(
        "/parts/destinations", "parts/overview_destinations.html", destinations, refused="parts/overview_refused.html"
    ),
    part("/parts/queues", "parts/queues.html", queues),
    part("/parts/firing", "parts/firing.html", firing, every=15),
    part("/parts/tenants", "parts/tenants.html", tenants, every=30),
)
