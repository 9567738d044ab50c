"""A tenant's own endpoints beside what it has in AWS: made known through the API, proven, counted like the others."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

from cli.client import ApiProblemError, Client
from local.accounting.comparison import Count, count_log_group
from local.accounting.events import SentEvent
from local.loader.objects import LogObject
from local.sinks.certificates import Authority
from local.sinks.https_server import HOST, SinkServer
from local.sinks.search_sink import SearchSink
from local.sinks.webhook_sink import PATH, WebhookSink
from runtime.objects.key import ObjectKey

TENANT: Final = "acme-corp"
WATCHED_EVERY_SECONDS: Final = 1.0
WEBHOOK, SEARCH = "webhook", "elasticsearch"


class EndpointNotProvenError(Exception):
    """The webhook's endpoint didn't prove itself; the message has the steps."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """A webhook and a search cluster of one tenant's.

    :param configs: by type, as a customer would write them.
    """

    webhook: WebhookSink
    search: SearchSink
    configs: dict[str, dict[str, Any]]
    tenant_id: str = TENANT

    def onboard(self, client: Client, logrouter: Callable[..., str]) -> None:
        """Store the configs through the API; the webhook proves itself by its test, which enables it.

        :param logrouter: runs the operator's command, and returns what it prints.
        :raises EndpointNotProvenError: it didn't.
        """
        client.create(self.tenant_id, self.configs[SEARCH])
        started = client.create(self.tenant_id, self.configs[WEBHOOK], after_test=True).test_id
        report = json.loads(logrouter("test", self.tenant_id, WEBHOOK, "--id", str(started), "--json", statuses=(0, 1)))
        if report["state"] != "passed":
            raise EndpointNotProvenError(str(report["steps"]))

    @contextmanager
    def stored(self, client: Client) -> Iterator[None]:
        """Delete the configs when the block ends, those that are there: their servers end, too."""
        try:
            yield
        finally:
            for type_ in self.configs:
                with suppress(ApiProblemError):  # never stored
                    client.delete(self.tenant_id, type_)

    def watch(self, report: Callable[[str], None], ended: threading.Event | None = None) -> None:
        """Report how many events each has, once a second, until somebody interrupts it, or says that it has ended."""
        ended = ended or threading.Event()
        while not ended.wait(WATCHED_EVERY_SECONDS):
            report(", ".join(f"{len(sink.events()):,} {name}" for name, sink in self._sinks()))

    def count(self, sent: Sequence[LogObject], set_aside: Callable[[str, str], list[SentEvent]]) -> list[Count]:
        """Count what was sent for the tenant in each of them.

        :param set_aside: returns the events of a tenant's config, by its type, that were set aside.
        """
        mine = [object_ for object_ in sent if ObjectKey.parse(object_.key).tenant_id == self.tenant_id]
        return [
            count_log_group(self.tenant_id, type_, mine, sink.events(), set_aside(self.tenant_id, type_))
            for type_, sink in self._sinks()
        ]

    def _sinks(self) -> tuple[tuple[str, WebhookSink | SearchSink], ...]:
        return (WEBHOOK, self.webhook), (SEARCH, self.search)


@contextmanager
def serve_endpoints() -> Iterator[Endpoints]:
    """Serve both until the block ends, with certificates made for this one run."""
    webhook, search, authority = WebhookSink(), SearchSink(), Authority("an authority of the demo's")
    identity = authority.issue(HOST, HOST)
    with SinkServer(webhook, identity) as posts, SinkServer(search, identity) as bulks:
        configs: list[dict[str, Any]] = [
            {"type": WEBHOOK, "url": posts.url + PATH, "signing_secret": webhook.secret},
            {
                "type": SEARCH,
                "url": bulks.url,
                "data_stream": "logs-{application}-default",
                "auth": "api_key",
                "credentials": search.api_key,
                "compression": "gzip",
            },
        ]
        yield Endpoints(webhook, search, {each["type"]: {**each, "ca": authority.certificate} for each in configs})
