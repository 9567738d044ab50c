"""What the pages show, and that no page or part brings anything that a browser runs."""

import json
import re
from html import unescape
from html.parser import HTMLParser
from urllib.parse import quote

import pytest

from cli.console.rendering import SEEN
from runtime.delivery_state.destination_status import DestinationStatuses
from runtime.delivery_state.parked_delivery import ParkedDelivery
from runtime.errors import BlockedByCustomerError, FailedCall
from runtime.messages.delivery_message import DeliveryMessage
from tests.unit.cli.operation.operation_scene import NOW, OBJECT, record
from tests.unit.runtime.aws_world import Fault

HOSTILE = "<script>alert(1)</script>"
PAGES = (
    "/",
    "/tenants/acme-corp",
    "/tenants/acme-corp/records",
    "/tenants?tenant_id=a/b",
    "/none",
    "/freshness",
    "/alarms",
    "/path",
    "/path?key=<script>",
    "/path?tenant_id=acme-corp&at=2026-11-18T11:00",
    "/tenants/acme-corp/charts",
    "/tenants/acme-corp/replays?type=<script>",
    "/tenants/acme-corp/alerts?rule=<script>",
    "/tenants/acme-corp/configs/new",
    "/tenants/acme-corp/configs/new/webhook",
    "/tenants/acme-corp/configs/s3",
    "/tenants/acme-corp/configs/<script>",
    "/tenants/<script>",
)
PARTS = (
    "/parts/destinations",
    "/parts/queues",
    "/parts/firing",
    "/parts/tenants",
    "/tenants/acme-corp/parts/destinations",
    "/tenants/acme-corp/parts/record",
    "/tenants/acme-corp/parts/parked",
    "/tenants/acme-corp/parts/arrived",
    "/tenants/acme-corp/parts/records",
    f"/parts/way?key={quote(OBJECT.format('acme-corp', '20261118-110500'))}",
    "/parts/way?tenant_id=acme-corp&at=2026-11-18T11:00",
    "/parts/freshness",
    "/parts/alarms",
    "/tenants/acme-corp/parts/freshness",
    "/tenants/acme-corp/parts/deliveries",
    "/tenants/acme-corp/parts/cost",
    "/tenants/acme-corp/parts/form?type=<script>",
    "/tenants/acme-corp/parts/replays",
    "/tenants/acme-corp/parts/alert-rules",
    "/tenants/acme-corp/parts/alert-form?rule=<script>",
    "/tenants/acme-corp/parts/written",
)


class Inspector(HTMLParser):
    """Collects what a browser would run, or load from elsewhere; and texts."""

    def __init__(self, text):
        super().__init__()
        self.found, self.texts, self.open = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        values = dict(attrs)
        if (tag == "script" and not (values.get("src") or "").startswith("/assets/")) or tag == "style":
            self.found.append(tag)
        for name, value in attrs:
            runs = name.startswith(("on", "hx-on")) or name in {"style", "hx-vars"} or "js:" in (value or "")
            filters = name == "hx-trigger" and "[" in (value or "")
            elsewhere = name in {"src", "href", "action", "hx-get", "hx-post"} and not (value or "").startswith(
                ("/", "#")
            )
            if runs or filters or elsewhere:
                self.found.append((tag, name, value))

    def handle_data(self, data):
        if self.open and self.open[-1] == "script" and data.strip():
            self.found.append(data)
        self.texts.append(data)


def text_of(answer):
    """Return what a person reads."""
    return " ".join(" ".join(Inspector(answer.text).texts).split())


def denied(action="sts:AssumeRole", hop="CUSTOMER", reason="second-hop-denied", resource="arn:aws:iam::2:role/acme"):
    error = BlockedByCustomerError(reason, "the detail")
    error.call = FailedCall(hop, action, resource, "customer: let the role trust")
    return error


@pytest.fixture
def filled(scene, clients):
    """A tenant with a destination that fails, one with parked deliveries, and records; names that would be markup."""
    scene.put_object(name="20261118-110500")
    scene.world.put_config("cloudwatch", log_group_name="/acme")
    scene.world.put_config("s3")
    scene.world.put_config("s3:wrong", bucket_name=HOSTILE)
    statuses = DestinationStatuses(clients, "parked", lambda: NOW - 600)
    statuses.failed("acme-corp", "cloudwatch", denied())
    message = DeliveryMessage("central", OBJECT.format("acme-corp", HOSTILE), "acme-corp", "s3", reason=HOSTILE)
    refused = denied("s3:CopyObject", "DESTINATION", "destination-denied", "s3://acme-bucket")
    scene.sources.parked.park(ParkedDelivery.of(message, refused, now=NOW, expires_at=None), NOW)
    scene.records = [record(30, type_="s3", outcome="handed-over", Reason=HOSTILE), record(20, type_="s3")]
    return scene


def test_nothing_in_a_page_is_run(filled, browser):
    """The policy would break the page; without one, an object's name or an error's text would run as a script."""
    for path in (*PAGES, *PARTS):
        answer = browser.get(path)
        assert (path, Inspector(answer.text).found) == (path, [])
        assert HOSTILE not in answer.text
        assert "<script>" not in answer.text


def test_an_inline_script_would_be_found():
    """The check above would pass whatever a page holds."""
    for text in ("<script>1</script>", "<p style='x'>", "<p onclick='x'>", '<p hx-trigger="click[x]">'):
        assert Inspector(text).found
    assert Inspector('<script src="https://cdn.example/x.js"></script>').found


def test_a_page_asks_nobody(filled, browser, clients):
    """A page would be blank until AWS has answered."""
    before = len(clients.calls)
    for path in PAGES:
        assert "<h1>" in browser.get(path).text
    assert len(clients.calls) == before


def test_each_part_of_a_page_is_there(filled, browser):
    """A part of a page would wait for ever."""
    found = set()
    for path in PAGES:
        found |= {*re.findall(r'hx-get="([^"]+)" hx-trigger="load', browser.get(path).text)}
    assert len(found) > 15
    for address in found:
        answer = browser.get(unescape(address))
        name = address.split("?")[0].rsplit("/", 1)[-1]
        assert (address, f'<section id="{name}"' in answer.text) == (address, True)


@pytest.mark.parametrize("path", ["/parts/queues", "/tenants/acme-corp/parts/destinations"])
def test_what_has_not_changed_is_not_sent_again(filled, browser, path):
    """Each few seconds a page would lose what its reader has selected or focused."""
    first = browser.get(path).text
    seen = re.search(rf"{SEEN}=(\w+)", first)[1]
    again = browser.get(path, params={SEEN: seen})
    assert again.headers["hx-reswap"] == "none"
    assert "hx-swap-oob" in again.text
    assert len(again.text) < 200
    changed = browser.get(path, params={SEEN: "another"})
    assert "hx-reswap" not in changed.headers


def test_the_overview_says_what_is_wrong_since_when_and_what_to_do(filled, browser):
    """An operator would have to look further."""
    text = text_of(browser.get("/parts/destinations"))
    assert "3 of 3 destinations need somebody." in text
    assert "second-hop-denied: sts:AssumeRole on arn:aws:iam::2:role/acme" in text
    assert "Since 2026-11-18 10:56:40Z (10m)" in text
    assert "To do customer: let the role trust" in text
    assert "Its delivery config is invalid" in text


def test_the_overview_finds_tenants(filled, browser):
    """Among two hundred tenants the one would have to be looked for by eye."""
    assert "acme-corp" in text_of(browser.get("/parts/destinations", params={"q": "CORP"}))
    assert "No tenant's id has “globex” in it" in text_of(browser.get("/parts/destinations", params={"q": "globex"}))


def test_going_to_a_tenant(browser):
    """A tenant whose caller may not list tenants could not reach its own page; a mistyped id would be a path."""
    assert browser.get("/tenants", params={"tenant_id": " acme-corp "}).headers["location"] == "/tenants/acme-corp"
    answer = browser.get("/tenants", params={"tenant_id": "../x"})
    assert "can't be a tenant's id" in text_of(answer)


def test_the_tenants_page_shows_each_destination_and_the_statement(filled, browser):
    """A customer would not know what to change."""
    answer = browser.get("/tenants/acme-corp/parts/destinations")
    text = text_of(answer)
    assert "Failing since 2026-11-18 10:56:40Z" in text
    assert "To do customer: let the role trust" in text
    pasted = json.loads(re.search(r"The statement to paste: (\{.*?\}) (?:s3|$)", text)[1])
    assert pasted["Action"] == "sts:AssumeRole"
    assert pasted["Principal"] == {"AWS": "arn:aws:iam::111111111111:role/logrouter/CentralLogDistributionRole"}
    assert pasted["Condition"]["StringEquals"] == {
        "sts:ExternalId": "111111111111",
        "aws:PrincipalTag/tenant_id": "acme-corp",
    }


def test_parked_deliveries_arrivals_and_records_are_shown(filled, browser):
    """A tenant could not see whether its logs arrived, and why not."""
    assert "s3:CopyObject on s3://acme-bucket" in text_of(browser.get("/tenants/acme-corp/parts/parked"))
    assert "Not everything has arrived." in text_of(browser.get("/tenants/acme-corp/parts/arrived"))
    records = text_of(browser.get("/tenants/acme-corp/parts/records"))
    assert "2 attempts of the last" in records
    assert "1 attempts" in text_of(browser.get("/tenants/acme-corp/parts/records", params={"q": "handed"}))
    assert "No record of the last" in text_of(browser.get("/tenants/acme-corp/parts/records", params={"q": "zzz"}))


def test_what_is_empty_says_what_to_do(browser):
    """A newcomer would see a blank page."""
    assert "No tenant has a delivery config or logs yet." in text_of(browser.get("/parts/destinations"))
    assert "no delivery config: nothing is delivered" in text_of(browser.get("/tenants/new/parts/destinations"))
    assert "Nothing is parked." in text_of(browser.get("/tenants/new/parts/parked"))


def test_what_is_denied_says_so_and_the_rest_is_shown(filled, browser, clients):
    """A caller with few rights would see an error page in place of what it may see."""
    clients.faults["ListObjectsV2"] = Fault("AccessDenied", 403, "not authorized to perform s3:ListBucket")
    text = text_of(browser.get("/tenants/acme-corp/parts/arrived"))
    assert "Your credentials don't allow this" in text
    assert "not authorized to perform s3:ListBucket" in text
    assert "Failing since" in text_of(browser.get("/tenants/acme-corp/parts/destinations"))


def test_a_failure_of_its_own_is_said_on_the_page(browser, scene, monkeypatch):
    """One part's fault would take the page with it, or show a traceback."""
    scene.sources.__dict__["statuses"] = None
    scene.put_object()
    answer = browser.get("/parts/destinations")
    assert answer.status_code == 200
    assert "The console failed here" in text_of(answer)
    assert "Traceback" not in answer.text


def test_the_path_of_an_object_shows_every_step(filled, browser):
    """Nobody could say where between bucket and destination a line is."""
    key = OBJECT.format("acme-corp", "20261118-110500")
    filled.records = [
        record(60, type_="s3", outcome="handed-over", name="20261118-110500", Reason="throttled"),
        record(20, type_="s3", name="20261118-110500", attempts=2),
    ]
    filled.world.put_config("s3:off", enabled=False)
    text = text_of(browser.get("/parts/way", params={"key": key}))
    assert "etcd, pod p-0 of cluster c-1. The agent closed the batch at 2026-11-18 11:05:00Z." in text
    assert "bytes compressed" in text
    assert "The first record of it is of 2026-11-18 11:05:40Z" in text
    assert "handed-over throttled" in text
    assert "cloudwatch waiting" in text
    assert "Not delivered by it: disabled." in text


def test_a_lines_object_is_found_by_its_tenant_and_time(filled, browser):
    """Somebody who has a line, and no key, could not ask for its path."""
    text = text_of(browser.get("/parts/way", params={"tenant_id": "acme-corp", "at": "2026-11-18T11:00"}))
    assert "20261118-110500-1.json.gz" in text
    assert "No agent closed an object" in text_of(
        browser.get("/parts/way", params={"tenant_id": "acme-corp", "at": "2026-11-18T12:00"})
    )


@pytest.mark.parametrize(
    "asked", [{"key": "nonsense"}, {"tenant_id": "a b", "at": "x"}, {"key": OBJECT.format("a", "1")}]
)
def test_an_unknown_object_is_said(browser, asked):
    """A mistyped key would look like a lost object."""
    assert "Not found" in text_of(browser.get("/parts/way", params=asked))


def test_charts_have_the_numbers_as_tables(filled, browser):
    """Who can't see a chart would have nothing."""
    filled.records = [record(30, AgeOfOldestEvent=5.0), record(20, AgeOfOldestEvent=9.0), record(20, type_="s3")]
    fresh = browser.get("/tenants/acme-corp/parts/freshness")
    assert 'role="img" aria-label="Lateness' in fresh.text
    assert "cloudwatch 2 5.0s 9.0s 9.0s the event" in text_of(fresh)
    assert "cloudwatch delivered 2" in text_of(browser.get("/tenants/acme-corp/parts/deliveries"))
    cost = text_of(browser.get("/tenants/acme-corp/parts/cost"))
    assert "paid by the provider: $" in cost
    assert "CloudWatch Logs ingestion" in cost
    assert "acme-corp cloudwatch 2" in text_of(browser.get("/parts/freshness"))


def test_a_tenant_without_deliveries_has_no_charts(browser):
    """A chart of nothing would look like a fault."""
    for name, words in (
        ("freshness", "Nothing new was delivered"),
        ("deliveries", "Nothing was delivered or tried"),
        ("cost", "nothing to price"),
    ):
        assert words in text_of(browser.get(f"/tenants/new/parts/{name}"))


def test_the_tenants_record_is_shown(scene, browser):
    """A tenant could not see that it is suspended, or which Regions its configs may name."""
    address = "/tenants/acme-corp/parts/record"
    assert "It has no record of its own" in text_of(browser.get(address))
    regions = ["us-east-1", "eu-west-1"]
    scene.api.create_tenant({"tenant_id": "globex", "accounts": ["222222222222"], "allowed_regions": regions})
    text = text_of(browser.get(address.replace("acme-corp", "globex")))
    assert "State active" in text
    assert "Allowed regions us-east-1, eu-west-1" in text
