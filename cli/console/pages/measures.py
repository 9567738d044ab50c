"""Freshness and cost: charts and the same numbers as tables; of one tenant, and the freshness of all."""

import math
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Final

from starlette.requests import Request

from cli.console.charts import LineChart, Series, bar_chart, line_chart
from cli.console.pages.replays import selection
from cli.console.pages.tenant import MINUTE, STEPS_SECONDS, tenant_of
from cli.console.rendering import Context, page, part, questions_of
from cli.operation.cost import cost
from cli.operation.freshness import EVENT, FreshnessAt, freshness, freshness_series
from cli.operation.recent import Recent, recent
from cli.times import short
from runtime.costs.assumptions import DAYS_A_MONTH
from runtime.costs.tenant import total
from runtime.delivery_config.facts import Payer

STEPS: Final = 30
MOST_ROWS: Final = 100
SLOW_SECONDS: Final = 30
COST_EVERY: Final = 120
PAYERS: Final = tuple(Payer)


async def _recent(request: Request, tenant_id: str | None) -> Recent:
    questions = questions_of(request)
    read: Recent = await questions.ask(
        ("records", tenant_id),
        lambda: recent(questions.sources.records, questions.sources.clock(), tenant_id=tenant_id, steps=STEPS_SECONDS),
    )
    return read


async def tenant_freshness(request: Request) -> Context:
    """Return the lateness of the tenant's destinations over the last hour."""
    read = await _recent(request, tenant_of(request))
    step = max(MINUTE, math.ceil(read.seconds / STEPS / MINUTE) * MINUTE)
    begin = math.floor((read.until - read.seconds) / step) * step
    steps = freshness_series(read.lines, begin, read.until, step)
    found = freshness(read.lines)
    return {"found": found, "read": read, "chart": _chart(steps, step) if found else None, "event": EVENT}


async def tenant_deliveries(request: Request) -> Context:
    """Return how many attempts there were in each step of the last hour, by outcome."""
    read = await _recent(request, tenant_of(request))
    step = max(MINUTE, math.ceil(read.seconds / STEPS / MINUTE) * MINUTE)
    begin = math.floor((read.until - read.seconds) / step) * step
    outcomes = sorted({(line.text("type"), line.text("Outcome")) for line in read.lines})
    counts = {which: [0.0] * max(1, math.ceil((read.until - begin) / step)) for which in outcomes}
    for line in read.lines:
        if begin <= line.at < read.until:
            counts[line.text("type"), line.text("Outcome")][int((line.at - begin) / step)] += 1
    series = [Series(f"{type_}: {outcome}", values) for (type_, outcome), values in counts.items()]
    labels = [_clock(begin + index * step) for index in range(len(next(iter(counts.values()), [])))]
    title = f"Attempts in each {short(step)} of the last {short(read.seconds)}, by destination and outcome"
    totals = [(*which, int(sum(values))) for which, values in counts.items()]
    chart = line_chart(title, series, labels, lambda value: f"{value:,.0f}") if series else None
    return {"chart": chart, "totals": totals, "read": read}


async def tenant_cost(request: Request) -> Context:
    """Return what the tenant costs, by payer."""
    questions, tenant_id = questions_of(request), tenant_of(request)
    found = await questions.ask(("cost", tenant_id), partial(cost, questions.sources, tenant_id))
    items = sorted(found.items, key=lambda item: (item.payer.value, -item.dollars))
    bars = [(f"{item.part}: {item.what}", item.dollars, PAYERS.index(item.payer)) for item in items]
    title = f"Dollars a month, by the last {short(found.seconds)}"
    totals = [(payer, total(found.items, payer=payer), PAYERS.index(payer) + 1) for payer in PAYERS]
    chart = bar_chart(title, bars, lambda value: f"${value:,.4f}" if value < 1 else f"${value:,.2f}")
    return {"found": found, "items": items, "totals": totals, "chart": chart}


async def priced(request: Request) -> Context:
    """Return what the API estimates for yesterday's logs: for a caller who may not read the records."""
    questions, tenant_id = questions_of(request), tenant_of(request)
    asked = {**selection({"period": "yesterday"}, datetime.now(UTC)), "dry_run": True}
    found = await questions.ask(("priced", tenant_id), lambda: questions.client.start_replay(tenant_id, asked))
    return {"estimate": found.estimate, "days": DAYS_A_MONTH}


async def all_freshness(request: Request) -> Context:
    """Return every destination's lateness, the latest first."""
    read = await _recent(request, None)
    found = sorted(freshness(read.lines), key=lambda one: -one.p99)
    return {"found": found[:MOST_ROWS], "all": len(found), "read": read, "event": EVENT}


def _chart(steps: Sequence[FreshnessAt], step: float) -> LineChart:
    types = sorted({one.type for each in steps for one in each.destinations})
    series = [
        Series(
            type_, [max((one.p99 for one in each.destinations if one.type == type_), default=None) for each in steps]
        )
        for type_ in types
    ]
    title = f"Lateness that one delivery in a hundred exceeds (p99), in steps of {short(step)}"
    return line_chart(title, series, [_clock(each.at) for each in steps], short)


def _clock(at: float) -> str:
    return time.strftime("%H:%MZ", time.gmtime(at))


ROUTES: Final = (
    page("/freshness", "freshness.html"),
    part("/parts/freshness", "parts/all_freshness.html", all_freshness, every=SLOW_SECONDS),
    page("/tenants/{tenant_id}/charts", "charts.html"),
    part("/tenants/{tenant_id}/parts/freshness", "parts/freshness.html", tenant_freshness, every=SLOW_SECONDS),
    part("/tenants/{tenant_id}/parts/deliveries", "parts/deliveries.html", tenant_deliveries, every=SLOW_SECONDS),
    part(
        "/tenants/{tenant_id}/parts/cost",
        "parts/cost.html",
        tenant_cost,
        every=COST_EVERY,
        refused="parts/cost_refused.html",
    ),
    part("/tenants/{tenant_id}/parts/priced", "parts/priced.html", priced, every=0),
)
