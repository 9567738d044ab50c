"""The console with two hundred tenants of five destinations, in a real browser; and while its API hangs."""

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from cli.client import Client
from cli.console import server
from cli.console.asking import Questions
from cli.operation.overview import Destination, Overview, State
from cli.operation.queues import QUEUES, QueueDepth
from cli.options import ConnectionOptions
from runtime.delivery_state.destination_status import DestinationStatus
from tests.e2e.browsing import Visitor, headless, needs_browser

pytestmark = needs_browser

TENANTS, EACH = 200, 5
INTERACTIVE_SECONDS = 1.0
FAILURE = {
    "reason": "second-hop-denied",
    "action": "sts:AssumeRole",
    "resource": "arn:aws:iam::2:role/r",
    "next_step": "-",
}


def many(now):
    """An overview of a thousand destinations, a tenth of which fail."""
    found = []
    for number in range(TENANTS * EACH):
        failing = number % 10 == 0
        status = DestinationStatus(
            f"tenant-{number // EACH:03}", f"s3:archive-{number % EACH}", failing_since=now - 600 if failing else 0.0,
            failure=FAILURE if failing else {},
        )  # fmt: skip
        state = State.FAILING if failing else State.WORKS
        found.append(
            Destination(state, status, last_success_at=now - 60, deliveries=30, events=3_000, p50=4.0, p99=9.0)
        )
    queues = {name: QueueDepth(0, 0, 0) for name in QUEUES}
    return Overview(now, "us-east-1", queues, found, 900.0, complete=True, tenants=TENANTS)


@dataclass
class Hanging:
    """An API that answers when it is let."""

    released: threading.Event

    def send(self, *_, **__):
        self.released.wait(60)
        raise OSError(5, "released", "the API")


@contextmanager
def serving(signer):
    """A console in a thread of this process; its link."""
    sources = SimpleNamespace(
        installation=SimpleNamespace(clients=SimpleNamespace(region="us-east-1")), clients=None, clock=time.time
    )
    questions = Questions(Client(signer), sources, ConnectionOptions(None, None, None, local=False))
    links, ready = [], threading.Event()
    running = []

    class Server(server.uvicorn.Server):
        def __init__(self, config):
            super().__init__(config)
            running.append(self)

        def install_signal_handlers(self):
            """A thread has none."""

    def opened(link):
        links.append(link)
        ready.set()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server.uvicorn, "Server", Server)
        thread = threading.Thread(
            target=server.serve, args=(questions,), kwargs={"port": 0, "tenant_id": None, "opened": opened}
        )
        thread.start()
        try:
            assert ready.wait(10)
            yield links[0]
        finally:
            for each in running:
                each.should_exit = True
            thread.join(10)


def test_two_hundred_tenants_dont_slow_the_page(monkeypatch):
    """An operator of a large installation would wait at every key."""
    monkeypatch.setattr("cli.console.pages.overview.overview", lambda _: many(time.time()))
    with serving(Hanging(threading.Event())) as link, headless() as browser:
        visitor = Visitor.of(browser, link)
        page = visitor.page
        best = {}

        @contextmanager
        def timed(what):
            begun = time.monotonic()
            yield
            best[what] = min(best.get(what, 60.0), time.monotonic() - begun)

        for _ in range(2):  # whatever else this machine does just then
            with timed("painted"):
                page.goto(visitor.base + "/")
                page.get_by_label("Find tenants").wait_for()
            with timed("listed"):
                page.get_by_role("link", name="tenant-199").wait_for()
            assert page.locator("table").first.locator("tbody tr").count() == TENANTS
            with timed("found"):
                page.get_by_label("Find tenants").fill("tenant-19")
                page.get_by_role("link", name="tenant-100", exact=True).wait_for(state="detached")
            with timed("opened"):
                page.get_by_role("link", name="tenant-199").click()
                page.get_by_role("heading", name="tenant-199").wait_for()
    assert {what: seconds for what, seconds in best.items() if seconds >= INTERACTIVE_SECONDS} == {}, best


def test_an_api_that_hangs_is_said_and_the_page_goes_on(monkeypatch):
    """Somebody would look at a page that never says why it is empty."""
    monkeypatch.setattr("cli.console.asking.PATIENCE_SECONDS", 0.5)
    released = threading.Event()
    with serving(Hanging(released)) as link, headless() as browser:
        visitor = Visitor.of(browser, link)
        visitor.page.goto(f"{visitor.base}/tenants/acme-corp")
        visitor.sees("Still waiting", "The page goes on asking.")
        released.set()
        visitor.page.get_by_text("the API: released").first.wait_for()
