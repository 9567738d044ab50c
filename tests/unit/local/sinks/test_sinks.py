"""The demo's endpoints: each counts what came, refuses what it can't trust, and is served with a real certificate."""

import gzip
import http.client
import json
import ssl
import threading
from unittest.mock import call, create_autospec
from urllib.parse import urlsplit

import pytest

from cli.client import Client, ConfigDocument
from local.accounting.events import SentEvent
from local.loader.objects import LogObject
from local.sinks.endpoints import SEARCH, TENANT, WEBHOOK, EndpointNotProvenError, serve_endpoints
from local.sinks.https_server import Posted
from local.sinks.search_sink import SearchSink
from local.sinks.webhook_sink import PATH, WebhookSink
from runtime.deliveries.webhook.signatures import challenge_answer, signature_headers
from runtime.endpoints.secret import Secret
from runtime.scheduling import now

ORIGIN = {"tenant_id": TENANT, "cluster_id": "demo", "application": "etcd", "pod_name": "etcd-0"}
KEY = f"tenant_id={TENANT}/cluster_id=demo/application=etcd/pod_name=etcd-0/file.json.gz"
STAMP = "2026-11-23T13:00:00.001Z"
EVENT = SentEvent("demo/etcd/etcd-0", 1795438800001, "a")


def signed(sink, body, content_type="application/x-ndjson", secret=None, target=PATH):
    headers = signature_headers("id", int(now()), body, [Secret(secret or sink.secret)])
    return Posted(target, {**headers, "content-type": content_type}, body)


def line(message, time="timestamp"):
    return json.dumps({time: STAMP, "message": message, **ORIGIN}).encode() + b"\n"


def bulk(sink, *ids, key=None, target="/logs-etcd-default/_bulk?filter_path=errors"):
    lines = b"".join(json.dumps({"create": {"_id": id_}}).encode() + b"\n" + line("a", "@timestamp") for id_ in ids)
    return Posted(target, {"authorization": f"ApiKey {key or sink.api_key}"}, gzip.compress(lines))


def test_a_webhook_keeps_what_is_signed_as_often_as_it_comes():
    """An event that comes twice would be counted once, and the demo never show a doubled one."""
    sink = WebhookSink()
    assert [sink.take(signed(sink, line("a"))).status for _ in range(2)] == [202, 202]
    assert sink.events() == [EVENT, EVENT]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"secret": "whsec_" + "A" * 43 + "="}, 401),
        ({"target": "/elsewhere"}, 404),
        ({"content_type": "application/json", "body": b'{"type": "another", "challenge": "c"}'}, 400),
    ],
)
def test_a_webhook_takes_nothing_else(change, status):
    """Anybody's requests would count as delivered events."""
    sink = WebhookSink()
    body = change.pop("body", line("a"))
    assert sink.take(signed(sink, body, **change)).status == status
    assert sink.events() == []


def test_a_webhook_proves_that_it_has_the_secret():
    """It could never be enabled."""
    sink = WebhookSink()
    asked = json.dumps({"type": "endpoint.verify", "challenge": "c"}).encode()
    answer = sink.take(signed(sink, asked, "application/json"))
    assert json.loads(answer.body) == {"challenge": challenge_answer("c", Secret(sink.secret))}


def test_a_document_is_created_once_and_its_repetition_is_a_conflict():
    """A repeated request would double documents, or be told that it was the first."""
    sink = SearchSink()
    assert json.loads(sink.take(bulk(sink, "1", "2")).body) == {
        "errors": False,
        "items": [{"create": {"status": 201}}] * 2,
    }
    again = json.loads(sink.take(bulk(sink, "2", "3")).body)
    assert again["errors"]
    assert [item["create"]["status"] for item in again["items"]] == [409, 201]
    assert sink.events() == [EVENT] * 3


@pytest.mark.parametrize(("change", "status"), [({"key": "another"}, 401), ({"target": "/_bulk"}, 404)])
def test_a_search_cluster_takes_nothing_else(change, status):
    """A request without the key, or without an index, would count as delivered."""
    sink = SearchSink()
    assert sink.take(bulk(sink, "1", **change)).status == status
    assert sink.events() == []


def test_the_webhook_is_enabled_by_its_test():
    """The API would refuse the config, or an unproven endpoint be taken for one that gets events."""
    api = create_autospec(Client, instance=True)  # a call that the client doesn't take fails
    api.create.return_value = ConfigDocument({}, None, test_id="0a1b")
    reports = [{"state": "passed", "steps": []}, {"state": "failed", "steps": ["challenge-failed"]}]
    asked = []

    def logrouter(*arguments, statuses):
        asked.append((arguments, statuses))
        return json.dumps(reports[len(asked) - 1])

    with serve_endpoints() as endpoints:
        endpoints.onboard(api, logrouter)
        with pytest.raises(EndpointNotProvenError, match="challenge-failed"):
            endpoints.onboard(api, logrouter)
        created = [call(TENANT, endpoints.configs[SEARCH]), call(TENANT, endpoints.configs[WEBHOOK], after_test=True)]
    assert api.create.mock_calls == created * 2
    assert asked == [(("test", TENANT, WEBHOOK, "--id", "0a1b", "--json"), (0, 1))] * 2


def test_what_comes_is_shown_and_the_configs_go_with_their_servers():
    """Whoever tries one would see nothing come, and leave configs behind whose endpoints are gone."""
    api, ended, shown = create_autospec(Client, instance=True), threading.Event(), []

    def show(text):
        shown.append(text)
        ended.set()

    with serve_endpoints() as endpoints:
        endpoints.webhook.take(signed(endpoints.webhook, line("a")))
        with endpoints.stored(api):
            endpoints.watch(show, ended)
    assert shown == ["1 webhook, 0 elasticsearch"]
    assert api.delete.mock_calls == [call(TENANT, WEBHOOK), call(TENANT, SEARCH)]


def test_both_are_served_and_counted():
    """The certificate would be refused by every sender, or the demo not see a missing and a doubled event."""
    with serve_endpoints() as endpoints:
        for type_, posted in (
            (WEBHOOK, signed(endpoints.webhook, line("a") + line("a"))),
            (SEARCH, bulk(endpoints.search, "1")),
        ):
            config = endpoints.configs[type_]
            trust = ssl.create_default_context(cadata=config["ca"])
            connection = http.client.HTTPSConnection(urlsplit(config["url"]).netloc, context=trust, timeout=10)
            connection.request("POST", posted.target, posted.body, dict(posted.headers))
            assert connection.getresponse().status in {200, 202}
            connection.close()
        sent = [LogObject(key, gzip.compress(line("a"))) for key in (KEY, KEY.replace(TENANT, "globex"))]
        webhook, search = endpoints.count(sent, lambda *_: [])
    assert (search.tenant_id, search.type, search.complete, search.delivered) == (TENANT, SEARCH, True, 1)
    assert (webhook.type, webhook.complete, webhook.doubled) == (WEBHOOK, False, 1)
