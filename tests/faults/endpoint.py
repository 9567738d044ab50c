"""A tenant's own endpoint: a server that keeps what it takes, and a proxy before it that lets faults happen."""

import gzip
import json
import secrets
import threading
import uuid
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from local.accounting.events import SentEvent
from local.sinks.https_server import Posted, Reply, SinkServer
from local.sinks.search_sink import SearchSink
from local.sinks.webhook_sink import PATH, WebhookSink
from tests.faults.call import POD, Call
from tests.faults.ledger import ENDPOINT, OUTSIDE
from tests.faults.plan import Plan
from tests.faults.proxy import proxy
from tests.faults.tenants import Place, Tenant, put_config, remove_config

MILLISECOND_NS: Final = 1_000_000


class Form(StrEnum):
    """What an endpoint is."""

    WEBHOOK = "webhook"
    """It takes lines of JSON, and any success is its word that it has them."""

    OTLP = "otlp"
    """It takes OTLP/HTTP, whose success has a body."""

    SEARCH = "elasticsearch"
    """It creates a document once."""

    @property
    def type(self) -> str:
        """Return the type of the delivery config."""
        return "elasticsearch" if self is Form.SEARCH else "webhook"

    @property
    def knows_ids(self) -> bool:
        """Whether it takes an event once, however often it comes."""
        return self is Form.SEARCH


class KeepingSink(Protocol):
    """A sink that says what it has."""

    def take(self, posted: Posted) -> Reply:
        """Answer a request."""

    def events(self) -> list[SentEvent]:
        """Return everything that was taken, as often as it came."""


class CollectorSink:
    """A collector, as far as deliveries need one (OpenTelemetry protocol 1.x, OTLP/HTTP with JSON)."""

    def __init__(self) -> None:
        self.token = secrets.token_urlsafe(32)
        self._taken: list[SentEvent] = []
        self._lock = threading.Lock()

    def take(self, posted: Posted) -> Reply:
        """Take a request's records, all of them."""
        if posted.headers.get("authorization") != f"Bearer {self.token}":
            return Reply(401)
        events = [event for part in json.loads(posted.body)["resourceLogs"] for event in _records(part)]
        with self._lock:
            self._taken += events
        return Reply(200, b"{}")

    def events(self) -> list[SentEvent]:
        """Return everything that was taken, as often as it came."""
        with self._lock:
            return list(self._taken)


def _records(part: dict[str, Any]) -> Iterator[SentEvent]:
    names = {one["key"]: one["value"]["stringValue"] for one in part["resource"]["attributes"]}
    stream = "/".join(names[name] for name in ("k8s.cluster.name", "service.name", "k8s.pod.name"))
    for scope in part["scopeLogs"]:
        for record in scope["logRecords"]:
            yield SentEvent(stream, int(record["timeUnixNano"]) // MILLISECOND_NS, record["body"]["stringValue"])


@dataclass(slots=True)
class Endpoint:
    """One tenant's endpoint. ``config`` is its delivery config, ``secret`` what that refers to."""

    form: Form
    sink: KeepingSink
    secret: str
    tenant: Tenant
    place: Place
    plan: Plan
    upstream: str
    port: int = 0
    _open: ExitStack | None = None

    @property
    def config(self) -> dict[str, Any]:
        """Return its delivery config as it is stored."""
        return self.tenant.configs[self.form.type]

    def open(self) -> None:
        """Listen, on the port that it has had before."""
        self._open = ExitStack()
        opened = proxy(self.upstream, self.plan.relay, OUTSIDE, self._read, self.port)
        self.port = urlsplit(self._open.enter_context(opened)).port or 0

    def close(self) -> None:
        """Listen no more: who connects is refused. Connections that are open go on."""
        if self._open is not None:
            self._open.close()
        self._open = None

    def store_secret(self) -> str:
        """Keep its secret under a new name, and return that."""
        name = f"logrouter/{self.tenant.tenant_id}/{uuid.uuid4().hex}"
        self.place.central("secretsmanager").create_secret(Name=name, SecretString=self.secret)
        return name

    def store(self) -> None:
        """Store its config with a secret that nobody has read yet."""
        config = config_of(self.form, self.tenant.tenant_id, self.port, self.store_secret())
        self.tenant.configs[self.form.type] = config
        put_config(self.place, config)

    def _read(self, _method: str, path: str, headers: Mapping[str, str], body: bytes) -> Call:
        text = gzip.decompress(body) if headers.get("Content-Encoding") == "gzip" else body
        pod = POD.search(text.decode())
        return Call(
            ENDPOINT,
            self.form.value,
            self.tenant.tenant_id,
            pod[0] if pod else "",
            self.form.type,
            events_in(self.form, text),
        )


def events_in(form: Form, text: bytes) -> int:
    """Return how many events a request brings."""
    match form:
        case Form.SEARCH:
            return len(text.splitlines()) // 2
        case Form.OTLP:
            return text.count(b'"timeUnixNano"')
        case _:
            return len(text.splitlines())


def config_of(form: Form, tenant_id: str, port: int, secret: str) -> dict[str, Any]:
    """Return an endpoint's delivery config. It has proven itself: how it does is no matter of faults."""
    host = f"127.0.0.1:{port}"
    usual = {"tenant_id": tenant_id, "type": form.type, "enabled": True, "version": "first"}
    match form:
        case Form.SEARCH:
            signs_in = {"auth": "api_key", "credentials": [secret], "compression": "gzip"}
            return {**usual, "url": f"http://{host}", "data_stream": "logs-{application}-default", **signs_in}
        case Form.OTLP:
            return {
                **usual,
                "url": f"http://{host}/v1/logs",
                "format": "otlp",
                "token": [secret],
                "verified_host": host,
            }
        case _:
            return {**usual, "url": f"http://{host}{PATH}", "signing_secret": [secret], "verified_host": host}


def _sink_of(form: Form) -> tuple[KeepingSink, str]:
    match form:
        case Form.SEARCH:
            search = SearchSink()
            return search, search.api_key
        case Form.OTLP:
            collector = CollectorSink()
            return collector, collector.token
        case _:
            webhook = WebhookSink()
            return webhook, webhook.secret


@contextmanager
def serve_endpoint(place: Place, plan: Plan, tenant: Tenant, form: Form) -> Iterator[Endpoint]:
    """Serve a tenant's endpoint, known to the deployment, until the block ends."""
    sink, secret = _sink_of(form)
    with SinkServer(sink, None) as server:
        endpoint = Endpoint(form, sink, secret, tenant, place, plan, server.url)
        endpoint.open()
        endpoint.store()
        try:
            yield endpoint
        finally:
            remove_config(place, tenant, form.type)
            endpoint.close()
