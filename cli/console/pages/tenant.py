"""One tenant: its configs and how each destination is, what is parked and why, whether its logs arrive, its records."""

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError
from starlette.requests import Request

from cli.client import ApiProblemError
from cli.console.asking import Questions
from cli.console.rendering import Context, page, part, questions_of, screen_of
from cli.installation import CENTRAL_ROLE
from cli.operation.arrival import Arrivals, arrivals
from cli.operation.recent import recent
from cli.operation.statements import fixes_of
from cli.operation.tenant_state import TenantDestination, tenant_destinations
from runtime.delivery_test.fixes import Fix
from runtime.record_log.lines import RecordLine

MINUTE: Final = 60.0
WRONG: Final = frozenset({"failing", "parked"})
SEARCHED: Final = ("type", "object", "Outcome", "Reason")
NOT_FOUND: Final = 404
UNSHOWN: Final = frozenset({"tenant_id", "schema_version", "version"})
MOST_PARKED: Final = 50
MOST_RECORDS: Final = 200
STEPS_SECONDS: Final = (60, 240, 600, 2_700)
"""The records of the last hour, if there is time for all of it."""


def tenant_of(request: Request) -> str:
    """Return the tenant that the path names."""
    tenant_id: str = request.path_params["tenant_id"]
    return tenant_id


async def destinations(request: Request) -> Context:
    """Return the configs, and how each destination is, by the API."""
    questions, tenant_id = questions_of(request), tenant_of(request)
    found = await questions.ask(("destinations", tenant_id), partial(tenant_destinations, questions.client, tenant_id))
    role = await _central_role(questions) if any(each.state in WRONG for each in found) else ""
    region = screen_of(request).region
    return {"tenant_id": tenant_id, "destinations": [(each, _fixes(each, region, role)) for each in found]}


async def _central_role(questions: Questions) -> str:
    """Return the role that customers trust: with a gap where the caller's account can't be found out."""
    try:
        return await questions.ask("role", lambda: questions.sources.installation.central_role_arn)
    except (BotoCoreError, ClientError, TimeoutError):
        return f"arn:aws:iam::(the provider's account):role{CENTRAL_ROLE}"


async def record(request: Request) -> Context:
    """Return the tenant's record: its state, accounts, clusters and Regions; ``None``: it has none."""
    questions, tenant_id = questions_of(request), tenant_of(request)
    try:
        found = await questions.ask(("record", tenant_id), lambda: questions.client.tenant(tenant_id))
    except ApiProblemError as error:
        if error.problem.status != NOT_FOUND:
            raise
        return {"fields": None}
    return {"fields": {name: value for name, value in found.fields.items() if value and name not in UNSHOWN}}


async def parked(request: Request) -> Context:
    """Return the parked deliveries, the first of them."""
    questions, tenant_id = questions_of(request), tenant_of(request)
    found = await questions.ask(
        ("parked", tenant_id), lambda: [*islice(questions.client.parked(tenant_id), MOST_PARKED + 1)]
    )
    return {"tenant_id": tenant_id, "parked": found[:MOST_PARKED], "more": len(found) > MOST_PARKED}


async def arrived(request: Request) -> Context:
    """Return what became of the objects of the last hour."""
    questions, tenant_id = questions_of(request), tenant_of(request)

    def counted() -> Arrivals:
        now = questions.sources.clock()
        return arrivals(questions.sources, tenant_id, now - 60 * MINUTE, now + MINUTE)  # an agent may be ahead

    found = await questions.ask(("arrived", tenant_id), counted)
    return {"tenant_id": tenant_id, "found": found, "now": questions.sources.clock()}


async def written(request: Request) -> Context:
    """Return what the API says of the last hour, for a caller who may not read bucket and records."""
    questions, tenant_id = questions_of(request), tenant_of(request)
    now = datetime.fromtimestamp(questions.sources.clock(), UTC)
    asked = {"since": (now - timedelta(hours=1)).isoformat(), "until": now.isoformat(), "dry_run": True}
    found = await questions.ask(("destinations", tenant_id), partial(tenant_destinations, questions.client, tenant_id))
    counted = await questions.ask(("written", tenant_id), lambda: questions.client.start_replay(tenant_id, asked))
    assert counted.estimate is not None
    return {
        "estimate": counted.estimate,
        "destinations": [(each, counted.estimate.by_type.get(each.type, 0)) for each in found],
    }


async def records(request: Request) -> Context:
    """Return the delivery records of the last hour that have the text sought in one of their fields."""
    questions, tenant_id = questions_of(request), tenant_of(request)
    sought = request.query_params.get("q", "").strip()
    read = await questions.ask(
        ("records", tenant_id),
        lambda: recent(questions.sources.records, questions.sources.clock(), tenant_id=tenant_id, steps=STEPS_SECONDS),
    )
    found = sorted((line for line in read.lines if _has(line, sought)), key=lambda line: -line.at)
    return {"found": found[:MOST_RECORDS], "all": len(found), "read": read, "sought": sought, "tenant_id": tenant_id}


def _has(line: RecordLine, sought: str) -> bool:
    return not sought or any(sought.lower() in line.text(name).lower() for name in SEARCHED)


def _fixes(each: TenantDestination, region: str, role_arn: str) -> list[tuple[Fix, str]]:
    """Return what to change, each with what is to be pasted, as JSON; empty: only words."""
    failure = each.status.last_failure if each.status else None
    if failure is None or each.state not in WRONG:
        return []
    found = fixes_of(failure, each.fields, region, role_arn)
    return [(fix, json.dumps(fix.document, indent=2) if fix.document else "") for fix in found]


ROUTES: Final = (
    page("/tenants/{tenant_id}", "tenant.html"),
    page("/tenants/{tenant_id}/records", "records.html", lambda request: {"sought": request.query_params.get("q", "")}),
    part("/tenants/{tenant_id}/parts/destinations", "parts/tenant_destinations.html", destinations),
    part("/tenants/{tenant_id}/parts/record", "parts/record.html", record, every=30),
    part("/tenants/{tenant_id}/parts/parked", "parts/parked.html", parked),
    part(
        "/tenants/{tenant_id}/parts/arrived",
        "parts/arrived.html",
        arrived,
        every=10,
        refused="parts/arrived_refused.html",
    ),
    part("/tenants/{tenant_id}/parts/written", "parts/written.html", written, every=0),
    part("/tenants/{tenant_id}/parts/records", "parts/records.html", records),
)
