"""Who may open the console: one browser, from the console's own pages."""

import pytest
from starlette.testclient import TestClient

from cli.console.guard import HEADERS, ConsoleAccess
from tests.unit.cli.console.console_scene import BASE, PORT

FORM = {"content-type": "application/x-www-form-urlencoded"}
ANOTHER = "http://127.0.0.1:9999"


@pytest.fixture
def stranger(scene):
    """A browser without the cookie."""
    with TestClient(scene.application(), base_url=BASE, follow_redirects=False) as opened:
        yield opened


def test_the_token_is_exchanged_for_a_cookie_once(scene, stranger):
    """Somebody who reads the link later, in a history or over a shoulder, would get in."""
    answer = stranger.get(scene.access.link)
    cookie = answer.headers["set-cookie"]
    assert all(word in cookie.lower() for word in ("httponly", "samesite=strict", f"logrouter-console-{PORT}="))
    assert scene.access.token not in cookie
    assert "domain=" not in cookie.lower()
    assert 'content="0;url=/"' in answer.text
    assert stranger.get("/").status_code == 200
    with TestClient(scene.application(), base_url=BASE) as another:
        again = another.get(scene.access.link)
        assert (again.status_code, "set-cookie" in again.headers) == (403, False)
        assert another.get("/").status_code == 403


@pytest.mark.parametrize("token", ["", "x", "\u00e4"])
def test_another_token_opens_nothing(scene, stranger, token):
    """A guessed token would do, or end the link's use."""
    assert stranger.get("/open", params={"token": token}).status_code == 403
    assert stranger.get(scene.access.link).status_code == 200


def test_without_the_cookie_there_is_nothing(stranger):
    """Another program's user on this machine would read the tenants' names."""
    stranger.cookies.set(f"logrouter-console-{PORT}", "guessed")
    for path in ("/", "/tenants/acme-corp", "/parts/destinations", "/assets/console.css", "/none"):
        answer = stranger.get(path)
        assert (answer.status_code, "The console is locked" in answer.text) == (403, True)


def test_another_host_is_refused(scene, browser):
    """A page of another site could read everything: its own name resolves to loopback (DNS rebinding)."""
    for host in ("evil.example", f"evil.example:{PORT}", "127.0.0.1", f"127.0.0.1:{PORT + 1}", ""):
        assert browser.get("/", headers={"host": host}).status_code == 421
        assert browser.get(scene.access.link, headers={"host": host}).status_code == 421
    assert browser.get("/", headers={"host": f"localhost:{PORT}"}).status_code == 200


def test_a_change_must_come_from_the_consoles_pages(browser):
    """Any page that the browser shows could change a config, with the session's cookie."""
    for origin in (None, "null", "http://evil.example", ANOTHER, f"https://127.0.0.1:{PORT}"):
        headers = FORM | ({"origin": origin} if origin else {})
        assert browser.post("/tenants/acme-corp/replays", headers=headers).status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_pages_requests_are_refused(browser, site):
    """Another server on loopback is of the same site: its pages could load parts, frames and scripts of the console."""
    asked = {"sec-fetch-site": site, "sec-fetch-mode": "no-cors", "sec-fetch-dest": "script"}
    assert browser.get("/parts/destinations", headers=asked).status_code == 403
    assert browser.get("/", headers={"origin": ANOTHER}).status_code == 403
    followed = {"sec-fetch-site": site, "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    assert browser.get("/", headers=followed).status_code == 200


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/", {}),
        ("/none", {}),
        ("/parts/tenants", {}),
        ("/assets/console.css", {}),
        ("/assets/htmx.js", {}),
        ("/", {"host": "evil.example"}),
        ("/", {"origin": ANOTHER}),
    ],
)
def test_every_answer_has_the_headers(browser, path, headers):
    """A page could run what is written into it, be framed, or be kept in a cache."""
    answer = browser.get(path, headers=headers)
    assert HEADERS.items() <= dict(answer.headers).items()
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "cache-control" in answer.headers


def test_secrets_are_long_and_not_shown():
    """A token could be guessed, or stand in a traceback."""
    access, other = ConsoleAccess(PORT), ConsoleAccess(PORT)
    assert len({access.token, access.session, other.token, other.session}) == 4
    assert min(len(access.token), len(access.session)) >= 40
    assert access.token not in repr(access)
    assert access.session not in repr(access)
