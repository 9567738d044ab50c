"""A person in front of the console: the command in a process of its own, headless Chromium, clicks that are counted."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, TimeoutError, sync_playwright  # noqa: A004 - Playwright's own

from local.paths import ROOT
from ministack_fidelity.accounts import Keys
from tests.e2e.cloud import Cloud

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
OPTIONS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
"""No sandbox: as root, in a container, Chromium has none. The others keep it from calling home."""
PATIENCE_MS = 15_000
TALLEST = 1_400
"""Pixels of a picture: a list of fifty alarms goes on as it begins."""

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH")


@contextmanager
def headless() -> Iterator[Browser]:
    """Run the browser that is on PATH."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


@contextmanager
def console_of(cloud: Cloud, *, keys: Keys | None = None, tenant_id: str = "", api_url: str = "") -> Iterator[str]:
    """Run the command and yield its link: by the account's root, or with the keys of somebody who may do less."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LOGROUTER_"))}
    words = ["--local", "--environment", str(cloud.home / "environment.json")]
    if keys is not None:
        words = ["--api-url", api_url or cloud.environment.api_url, "--region", cloud.environment.region]
        environment |= {
            "AWS_ENDPOINT_URL": cloud.environment.endpoint_url,
            "AWS_ACCESS_KEY_ID": keys.access_key,
            "AWS_SECRET_ACCESS_KEY": keys.secret_key,
            "AWS_SESSION_TOKEN": keys.token or "",
        }
    command = [sys.executable, "-m", "cli.main", *words, "console", *([tenant_id] if tenant_id else []), "--json"]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())["link"]
        finally:
            process.terminate()
            process.wait(10)


@dataclass
class Visitor:
    """Somebody who looks and clicks.

    ``wrong``: what the browser has complained about, the policy's violations too. ``examined``: axe's last report.
    """

    page: Page
    base: str
    clicks: int = 0
    begun: float = 0.0
    wrong: list[str] = field(default_factory=list)
    examined: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, browser: Browser, link: str, **options: Any) -> "Visitor":
        """Open the link."""
        page = browser.new_context(viewport={"width": 1000, "height": 720}, **options).new_page()
        page.set_default_timeout(PATIENCE_MS)
        visitor = cls(page, link.partition("/open")[0])
        page.on("console", lambda said: visitor.wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: visitor.wrong.append(str(error)))
        page.goto(link)
        page.wait_for_selector("main")
        return visitor

    def begin(self, path: str) -> None:
        """Start a task at its start page, whose time counts."""
        self.clicks, self.begun = 0, time.monotonic()
        self.go(path)

    def go(self, path: str) -> None:
        """Open a page and wait for all its parts."""
        self.page.goto(self.base + path)
        self.settle()

    def settle(self) -> None:
        """Wait until no part is asked for the first time."""
        self.page.wait_for_selector("h1")
        self.page.wait_for_selector("[aria-busy]", state="detached")

    def click(self, role: str, name: str, **more: Any) -> None:
        """Click, once."""
        self.clicks += 1
        self.page.get_by_role(role, name=name, **more).first.click()

    def sees(self, *texts: str) -> None:
        """Wait until the page has these texts."""
        for text in texts:
            try:
                self.page.get_by_text(text).first.wait_for()
            except TimeoutError:
                pytest.fail(f"{text!r} isn't on {self.page.url}:\n{self.page.inner_text('main')}")

    def barriers(self) -> list[str]:
        """Return what axe finds, be it minor; what it leaves to a person is in ``examined``."""
        found = Axe().run(self.page).response
        self.examined = {
            "passed": len(found["passes"]),
            "violations": len(found["violations"]),
            "for a person to judge": [each["id"] for each in found["incomplete"]],
        }
        return [f"{each['id']}: {each['help']}: {each['nodes'][0]['html'][:160]}" for each in found["violations"]]

    def picture(self, file: Path) -> None:
        """Write the page as it is, from its top to ``TALLEST`` pixels."""
        height = min(self.page.evaluate("document.documentElement.scrollHeight"), TALLEST)
        width = self.page.viewport_size["width"]
        self.page.screenshot(path=file, full_page=True, clip={"x": 0, "y": 0, "width": width, "height": height})
