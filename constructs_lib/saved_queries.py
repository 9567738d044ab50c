"""Saved Logs Insights queries for the runbooks, over delivery records and logs.

A query is charged by the data that it scans, when it is run: so questions about single tenants are queries, since no
metric may grow with the number of tenants.
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from aws_cdk import aws_logs as logs
from constructs import Construct

from runtime.errors import NO_FAILURES

TENANT: Final = "acme-corp"
"""Placeholder for the tenant in the queries."""

KEY: Final = "tenant_id=acme-corp/cluster_id=c-1/application=etcd/pod_name=etcd-0/20261123-101500-6f9.json.gz"
"""Placeholder for an object's key in the queries."""


class Source(StrEnum):
    """The log that a query reads."""

    PROCESSOR = "processor"
    API = "api"
    WATCH = "watch"
    AUDIT = "audit"


@dataclass(frozen=True, kw_only=True)
class SavedQuery:
    """One saved query."""

    name: str
    source: Source
    text: str


_NO_FAILURES: Final = json.dumps(sorted(NO_FAILURES))
QUERIES: Final = (
    SavedQuery(
        name="failed-deliveries",
        source=Source.PROCESSOR,
        text=f'filter message = "delivery" and Outcome != "delivered" and Reason not in {_NO_FAILURES}\n'
        "| stats count(*) as attempts, min(@timestamp) as since, max(@timestamp) as last"
        " by TenantId, type, Outcome, Reason\n"
        "| sort attempts desc\n| limit 50",
    ),
    SavedQuery(
        name="tenant-deliveries",
        source=Source.PROCESSOR,
        text=f'filter message = "delivery" and TenantId = "{TENANT}"\n'
        "| stats sum(Deliveries) as deliveries, sum(Events) as events, sum(Bytes) as bytes by type, Outcome\n"
        "| sort type asc",
    ),
    SavedQuery(
        name="delivery-latency",
        source=Source.PROCESSOR,
        text='filter message = "delivery" and Outcome = "delivered" and ispresent(AgeOfOldestEvent)\n'
        "| stats pct(AgeOfOldestEvent, 50) as p50, pct(AgeOfOldestEvent, 99) as p99, max(AgeOfOldestEvent) as worst"
        " by TenantId, type\n"
        "| sort p99 desc\n| limit 50",
    ),
    SavedQuery(
        name="object-history",
        source=Source.PROCESSOR,
        text=f'filter correlation_id = "{KEY}"\n| sort @timestamp asc\n| limit 200',
    ),
    SavedQuery(
        name="parked-deliveries",
        source=Source.PROCESSOR,
        text='filter message = "delivery" and Outcome = "parked"\n'
        "| stats count(*) as deliveries, max(@timestamp) as last by TenantId, type, Reason, detail\n"
        "| sort deliveries desc\n| limit 50",
    ),
    SavedQuery(
        name="set-aside-events",
        source=Source.PROCESSOR,
        text='filter message = "delivery" and SetAsideEvents > 0\n'
        "| stats sum(SetAsideEvents) as events, max(@timestamp) as last by TenantId, type\n"
        "| sort events desc\n| limit 50",
    ),
    SavedQuery(
        name="skipped-objects",
        source=Source.PROCESSOR,
        text='filter message = "skipped"\n'
        "| stats count(*) as times, max(@timestamp) as last by Reason, tenant_id, type\n"
        "| sort times desc\n| limit 50",
    ),
    SavedQuery(
        name="provider-access-denied",
        source=Source.PROCESSOR,
        text="filter CentralAccessDenied = 1\n"
        "| stats count(*) as attempts, min(@timestamp) as since, max(@timestamp) as last by Reason, detail\n"
        "| sort attempts desc\n| limit 50",
    ),
    SavedQuery(
        name="circuit-changes",
        source=Source.PROCESSOR,
        text='filter message = "circuit"\n| sort @timestamp desc\n| limit 100',
    ),
    SavedQuery(
        name="top-tenants-by-bytes",
        source=Source.PROCESSOR,
        text='filter message = "delivery" and Outcome = "delivered"\n'
        "| stats sum(Bytes) as bytes, sum(Events) as events by TenantId\n"
        "| sort bytes desc\n| limit 20",
    ),
    SavedQuery(
        name="late-or-silent-tenants",
        source=Source.WATCH,
        text='filter message = "destinations" and (LateDestinations > 0 or SilentTenants > 0)\n'
        "| sort @timestamp desc\n| limit 20",
    ),
    SavedQuery(
        name="config-changes",
        source=Source.API,
        text='filter message = "delivery config changed"\n| sort @timestamp desc\n| limit 100',
    ),
    SavedQuery(
        name="role-assumptions",
        source=Source.AUDIT,
        # The central role's own session name is the tenant (contract §4), and that of the customer's role again.
        text='filter eventSource = "sts.amazonaws.com" and eventName = "AssumeRole"\n'
        "| stats count(*) as times, min(eventTime) as first, max(eventTime) as last"
        " by requestParameters.roleSessionName, requestParameters.roleArn, userIdentity.arn, errorCode\n"
        "| sort last desc\n| limit 100",
    ),
)


class SavedQueries(Construct):
    """The queries whose log groups there are, in a folder named after the stage and the Region's stack.

    :param log_groups: names by source; a source without one has no query.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, folder: str, log_groups: dict[Source, tuple[str, ...]]
    ) -> None:
        super().__init__(scope, construct_id)
        for query in QUERIES:
            groups = log_groups.get(query.source, ())
            if groups:
                logs.CfnQueryDefinition(
                    self,
                    query.name,
                    name=f"{folder}/{query.name}",
                    query_string=query.text,
                    log_group_names=[*groups],
                )
