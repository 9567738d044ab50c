"""Runs the installation's saved Logs Insights queries, for one tenant or object where they name one."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cli.problems import NotFoundError
from runtime.aws.clients import AwsClients
from runtime.delivery_config.model import is_tenant_id
from runtime.objects.key import ObjectKey

FOLDER: Final = "logrouter/"
POLL_SECONDS: Final = 0.5
LONGEST_SECONDS: Final = 900.0
"""CloudWatch Logs quotas: a query ends after 60 minutes; nobody waits longer than this for one."""

_TENANT_PLACE = re.compile(r'"acme-corp"')
_KEY_PLACE = re.compile(r'"tenant_id=[^"]*"')
"""The placeholders of ``constructs_lib.saved_queries``."""


@dataclass(frozen=True, slots=True)
class InsightsQuery:
    """A saved query. ``wants``: what it is to be asked about, ``tenant`` or ``key``; empty: everything."""

    name: str
    text: str
    log_groups: Sequence[str]

    @property
    def wants(self) -> str:
        """What has to be named."""
        return "tenant" if _TENANT_PLACE.search(self.text) else "key" if _KEY_PLACE.search(self.text) else ""

    def about(self, tenant: str | None, key: str | None) -> str:
        """Return the query about a tenant or an object.

        :raises ValueError: it wants one, and none is named, or one that can't be.
        """
        if self.wants == "tenant":
            if not tenant or not is_tenant_id(tenant):
                raise ValueError(f"{self.name} is about one tenant: name it with --tenant")
            return _TENANT_PLACE.sub(f'"{tenant}"', self.text)
        if self.wants == "key":
            if not key or '"' in key:
                raise ValueError(f"{self.name} is about one object: name its key with --key")
            return _KEY_PLACE.sub(lambda _: f'"{ObjectKey.parse(key).key}"', self.text)
        return self.text


def saved_queries(clients: AwsClients) -> list[InsightsQuery]:
    """Return the installation's saved queries, by name. What the client raises is raised."""
    request: dict[str, Any] = {"queryDefinitionNamePrefix": FOLDER}
    found: list[InsightsQuery] = []
    while True:
        answer = clients.client("logs").describe_query_definitions(**request)
        for each in answer.get("queryDefinitions", ()):
            groups = tuple(each.get("logGroupNames", ()))
            found.append(InsightsQuery(each["name"].rsplit("/", 1)[-1], each["queryString"], groups))
        if not answer.get("nextToken"):
            return sorted(found, key=lambda each: each.name)
        request["nextToken"] = answer["nextToken"]


def run_query(
    clients: AwsClients,
    query: InsightsQuery,
    text: str,
    since: float,
    until: float,
    *,
    wait: Callable[[float], object] = time.sleep,
) -> list[Mapping[str, str]]:
    """Run a query over a time (epoch seconds) and return its rows. CloudWatch charges by the bytes that it scans.

    :raises NotFoundError: CloudWatch ended it without a result.
    """
    logs = clients.client("logs")
    started = logs.start_query(
        logGroupNames=[*query.log_groups], startTime=int(since), endTime=int(until), queryString=text
    )
    for _ in range(int(LONGEST_SECONDS / POLL_SECONDS)):
        answer = logs.get_query_results(queryId=started["queryId"])
        if answer["status"] == "Complete":
            return [
                {each["field"]: each.get("value", "") for each in row if each.get("field", "") != "@ptr"}
                for row in answer["results"]
            ]
        if answer["status"] not in {"Running", "Scheduled"}:
            break
        wait(POLL_SECONDS)
    raise NotFoundError(f"CloudWatch ended {query.name} as {answer['status']}, without a result: ask for fewer --hours")
