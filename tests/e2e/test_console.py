"""The console in a real browser, on the deployed system: ten tasks, every page, what a tenant is denied."""

import json
import os
import time
from html import unescape

import pytest

from cli.console.pages import alarms, configs, measures, overview, path, replays, tenant
from local.loader.objects import LogObject
from local.paths import BUILD, ROOT
from ministack_fidelity.identities import unique
from tests.e2e.browsing import Visitor, console_of, headless, needs_browser
from tests.e2e.tenants import onboard, remove_configs
from tests.e2e.test_api_denials import caller
from tests.e2e.traffic import line, object_of, outcome, send

pytestmark = needs_browser

HOUR, DAY = 3_600, 86_400
MOST_CLICKS = 4
FIRST_PAINT_MS = 1_000
REPORT = BUILD / "console"
SHOTS = ROOT / "docs" / "console" if os.environ.get("LOGROUTER_SCREENSHOTS") else REPORT
"""Where the pictures go: into the docs only where they are to be renewed."""


def object_at(tenant_id, at, application):
    """An object of one line whose name's time is given, as the agent would have closed it then."""
    made = object_of(tenant_id, [line(f"a line of {application}")], application=application, pod=f"{application}-0")
    return LogObject(made.key.replace("20261123-120000", time.strftime("%Y%m%d-%H%M%S", time.gmtime(at))), made.body)


@pytest.fixture(scope="module")
def mine(cloud):
    """A tenant with destinations that work, one that is denied, and one whose filter was mistyped."""
    made = onboard(cloud, TenantId=unique("initech"))
    api = cloud.api()
    # The customer's policy allows one log group alone.
    denied = {"type": "cloudwatch:audit", "log_group_name": f"/not-allowed/{made.tenant_id}", "groups": ["API"]}
    api.create(made.tenant_id, made.cloudwatch | denied)
    draft = {"type": "s3:draft", "bucket_prefix": "draft/", "desired_logs": ["kube-apiservr"], "enabled": False}
    api.create(made.tenant_id, made.s3 | draft)
    now = time.time()
    for at in (now - 30, now - 600, now - DAY):
        for application in ("kube-apiserver", "etcd", "kube-scheduler"):
            send(cloud, object_at(made.tenant_id, at, application))
    outcome(cloud, made.tenant_id, "cloudwatch:audit", "handed-over")
    outcome(cloud, made.tenant_id, "cloudwatch", "delivered")
    outcome(cloud, made.tenant_id, "s3", "delivered")
    yield made
    remove_configs(cloud, made.tenant_id)


@pytest.fixture(scope="module")
def other(cloud):
    """Another tenant, of which the first one's caller may see nothing."""
    made = onboard(cloud, TenantId=unique("hooli"))
    send(cloud, object_at(made.tenant_id, time.time() - 60, "etcd"))
    outcome(cloud, made.tenant_id, "s3", "delivered")
    yield made
    remove_configs(cloud, made.tenant_id)


@pytest.fixture(scope="module")
def browser():
    with headless() as running:
        yield running


@pytest.fixture(scope="module")
def operators(cloud):
    """The link of an operator's console."""
    with console_of(cloud) as link:
        yield link


@pytest.fixture(scope="module")
def operator(browser, operators):
    return Visitor.of(browser, operators)


@pytest.fixture(scope="module")
def customer(browser, cloud, mine, other):
    """The tenant's own administrator, who may call the tenant's paths of the API alone."""
    keys = caller(cloud, f"*/tenants/{mine.tenant_id}/*")
    with console_of(cloud, keys=keys, tenant_id=mine.tenant_id) as link:
        yield Visitor.of(browser, link)


class Tasks:
    """Ten tasks, each from its start page: the clicks and the seconds until the answer is there."""

    def __init__(self, visitor, start):
        self.visitor, self.start, self.done = visitor, start, []

    def task(self, name, *steps):
        self.visitor.begin(self.start)
        for step in steps:
            step(self.visitor)
        seconds = round(time.monotonic() - self.visitor.begun, 2)
        self.done.append({"task": name, "clicks": self.visitor.clicks, "seconds": seconds})
        assert self.visitor.clicks <= MOST_CLICKS, name

    def report(self, file):
        REPORT.mkdir(parents=True, exist_ok=True)
        (REPORT / file).write_text(json.dumps(self.done, indent=2))


def click(role, name, **more):
    return lambda visitor: visitor.click(role, name, **more)


def sees(*texts):
    return lambda visitor: visitor.sees(*texts)


def fill(label, text):
    return lambda visitor: visitor.page.get_by_label(label).first.fill(text)


def test_five_tasks_of_a_tenant(cloud, customer, mine):
    """A tenant's administrator would have to ask the provider."""
    tasks = Tasks(customer, f"/tenants/{mine.tenant_id}")
    tasks.task("did my logs arrive?", sees("Last delivered", "works"))
    tasks.task("what must I change?", sees("destination-denied", "The statement to paste:", "logs:PutLogEvents"))
    tasks.task(
        "fix a filter, test it, enable it",
        click("link", "s3:draft"),
        fill("Desired logs", "kube-apiserver"),
        fill("Applications", "kube-apiserver kube-apiservr"),
        click("button", "Try the filter"),
        sees("What the form above would deliver"),
        lambda visitor: visitor.page.get_by_role("row", name="kube-apiserver yes selected").wait_for(),
        click("checkbox", "Enabled"),
        click("button", "Save"),
        sees("Saved."),
    )
    stored = cloud.api().get(mine.tenant_id, "s3:draft").fields
    assert (stored["enabled"], stored["desired_logs"]) == (True, ["kube-apiserver"])
    tasks.task(
        "replay yesterday",
        click("link", "Replays"),
        click("button", "Count and price it"),
        sees("Costs the provider"),
        click("button", "Start the replay"),
        sees("Its progress is below"),
    )
    (replay,) = cloud.api().replays(mine.tenant_id).replays
    assert replay.total_deliveries
    tasks.task("what does it cost?", click("link", "Freshness and cost"), sees("For the customer"))
    tasks.report("tasks-tenant.json")
    assert customer.wrong == []


def test_five_tasks_of_an_operator(operator, mine):
    """An operator would go back to reading JSON."""
    tasks = Tasks(operator, "/")
    me = mine.tenant_id
    tasks.task("what is wrong, since when, what to do?", sees("need somebody", "destination-denied", "To do"))
    tasks.task(
        "which statement does the customer need?",
        click("link", f"{me} · cloudwatch:audit"),
        sees("The statement to paste:", f"/not-allowed/{me}"),
    )
    tasks.task(
        "where is this object?",
        click("link", me, exact=True),
        click("link", "Records"),
        lambda visitor: visitor.page.get_by_role("link", name="pod_name=etcd-0").first.wait_for(),
        click("link", "pod_name=etcd-0"),
        sees("Queue and processor", "The first record of it"),
    )
    tasks.task("who is latest?", click("link", "Freshness"), sees("destinations; deliveries of the last", me))
    tasks.task(
        "what does a tenant cost?",
        click("link", me, exact=True),
        click("link", "Freshness and cost"),
        sees("paid by the provider", "paid by the customer"),
    )
    tasks.report("tasks-operator.json")
    assert operator.wrong == []


def pages_of(tenant_id, key):
    """Every page, with the picture's name."""
    base = f"/tenants/{tenant_id}"
    return {
        "overview": "/",
        "tenant": base,
        "records": f"{base}/records",
        "charts": f"{base}/charts",
        "config": f"{base}/configs/s3:draft",
        "new-config": f"{base}/configs/new",
        "replays": f"{base}/replays",
        "path": f"/path?key={key}",
        "freshness": "/freshness",
        "alarms": "/alarms",
    }


@pytest.fixture(scope="module")
def every_page(cloud, mine, other):
    (key,) = [
        each["Key"]
        for each in cloud.client("s3").list_objects_v2(
            Bucket=cloud.environment.central_bucket,
            Prefix=f"tenant_id={mine.tenant_id}/cluster_id=demo/application=kube-apiserver/",
        )["Contents"][-1:]
    ]
    return pages_of(mine.tenant_id, key)


@pytest.mark.timeout(600)  # axe reads each page of twenty
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_can_be_read_by_everybody(browser, operator, every_page, scheme):
    """Who doesn't see well, has no mouse, or a telephone, could not use it; a page would show nothing for a second."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page = operator.page
    page.emulate_media(color_scheme=scheme)
    paints, examined = {}, {}
    for name, address in every_page.items():
        operator.go(address)
        painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        paints[name] = round(painted)
        assert (name, operator.barriers()) == (name, [])
        examined[name] = operator.examined
        operator.picture(SHOTS / f"{name}-{scheme}.png")
        if scheme == "dark":
            continue
        page.set_viewport_size({"width": 360, "height": 720})
        width = page.evaluate("document.scrollingElement.scrollWidth")
        assert (name, width <= 360) == (name, True)
        assert (name, operator.barriers()) == (name, [])
        examined[f"{name}, 360 px"] = operator.examined
        operator.picture(REPORT / f"{name}-360.png")
        page.set_viewport_size({"width": 1000, "height": 720})
    (REPORT / f"first-paint-{scheme}.json").write_text(json.dumps(paints, indent=2))
    (REPORT / f"axe-{scheme}.json").write_text(json.dumps(examined, indent=2))
    assert sorted(paints.values())[len(paints) // 2] < FIRST_PAINT_MS
    assert operator.wrong == []


def test_the_keyboard_alone_is_enough(operator, mine):
    """Who has no mouse could not reach a tenant's page."""
    operator.go("/")
    page = operator.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.get_by_label("Go to tenant").focus()
    page.keyboard.type(mine.tenant_id)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/tenants/{mine.tenant_id}")
    operator.settle()


def test_what_changes_changes_on_the_page(cloud, operator, mine):
    """Somebody would look at an old state, and reload again and again."""
    operator.go(f"/tenants/{mine.tenant_id}")
    card = operator.page.locator("article", has=operator.page.get_by_role("link", name="s3", exact=True))
    card.get_by_text("works", exact=True).wait_for()
    cloud.api().patch(mine.tenant_id, "s3", {"enabled": False})
    try:
        card.get_by_text("disabled", exact=True).wait_for()
    finally:
        cloud.api().patch(mine.tenant_id, "s3", {"enabled": True})
    card.get_by_text("works", exact=True).wait_for()


ROUTES = [route for module in (overview, tenant, measures, configs, replays, path, alarms) for route in module.ROUTES]


def test_a_tenants_credentials_show_nothing_of_another_tenant(cloud, customer, mine, other):
    """One tenant's administrator could look at another's logs, or change where they go."""
    secrets = [
        other.s3["bucket_name"],
        other.cloudwatch["log_group_name"],
        other.cloudwatch["log_distribution_role_arn"],
    ]
    before = {each.type: cloud.api().get(other.tenant_id, each.type).etag for each in cloud.api().list(other.tenant_id)}
    attempts = []
    request = customer.page.request
    for route in ROUTES:
        address = customer.base + route.path.format_map(
            {"tenant_id": other.tenant_id, "type": "s3", "method": "s3", "replay_id": "x"}
        )
        given = {
            "period": "yesterday",
            "bucket_name": "mine",
            "enabled": "yes",
            "applications": "etcd",
            "etag": before["s3"],
        }
        given |= {"transform": ".a = 1", "lines": "x"}
        if "POST" in route.methods:
            answer = request.post(address, form=given, headers={"origin": customer.base})
        else:
            answer = request.get(address, params={"q": ""})
        text = unescape(answer.text())
        said = "denied" if "don't allow this" in text else f"nothing of the tenant (status {answer.status})"
        attempts.append({"attempt": f"{'POST' if 'POST' in route.methods else 'GET'} {route.path}", "answer": said})
        assert [secret for secret in secrets if secret in text] == [], address
        if "{tenant_id}" not in route.path:
            assert other.tenant_id not in text, address
    key = f"tenant_id={other.tenant_id}/cluster_id=demo/application=etcd/pod_name=etcd-0/x.json.gz"
    for params in ({"key": key}, {"tenant_id": other.tenant_id, "at": time.strftime("%Y-%m-%dT%H:%M")}):
        assert "don't allow this" in unescape(request.get(f"{customer.base}/parts/way", params=params).text())
    after = {each.type: cloud.api().get(other.tenant_id, each.type).etag for each in cloud.api().list(other.tenant_id)}
    assert after == before
    assert cloud.api().replays(other.tenant_id).replays == []
    REPORT.mkdir(parents=True, exist_ok=True)
    (REPORT / "denied.json").write_text(json.dumps(attempts, indent=2))
    assert sum(each["answer"] == "denied" for each in attempts) >= 15
    customer.go(f"/tenants/{other.tenant_id}")
    customer.sees("Your credentials don't allow this")
    customer.go(f"/tenants/{mine.tenant_id}")
    customer.sees("works", "Your credentials don't allow this", "The rest of the page shows what your policy allows.")


def test_an_api_that_is_down_is_said(browser, cloud, mine):
    """Somebody would look at an empty page, and take it for an empty tenant."""
    keys = caller(cloud, f"*/tenants/{mine.tenant_id}/*")
    with console_of(cloud, keys=keys, tenant_id=mine.tenant_id, api_url="http://127.0.0.1:9/v1") as link:
        visitor = Visitor.of(browser, link)
        visitor.sees("No answer", "no connection")
