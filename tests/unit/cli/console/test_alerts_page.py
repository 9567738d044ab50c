"""The pages about alerts, and a test delivery in the editor: through the API, with the caller's own rights."""

import gzip
import json
import re
import time
from datetime import UTC, datetime
from html import unescape
from urllib.parse import urlencode

import pytest

from runtime.delivery_test.tester import DeliveryTester
from tests.unit.cli.console.console_scene import BASE, ConsoleScene
from tests.unit.cli.console.test_pages import HOSTILE, Inspector, text_of
from tests.unit.cli.operation.operation_scene import NOW
from tests.unit.runtime.alerts.alert_scene import NOTICE
from tests.unit.runtime.alerts.alert_world import AlertWorld, make_states_table
from tests.unit.runtime.api.gateway import make_rules_table, serve_tester
from tests.unit.runtime.aws_world import Fault
from tests.unit.runtime.delivery_test.test_tester import settings
from tests.unit.runtime.processor.world import CENTRAL

ALERTS = "/tenants/acme-corp/alerts"
PARTS = "/tenants/acme-corp/parts"
CONFIG = "/tenants/acme-corp/configs/s3"
RULE = {"level": "error", "contains": [HOSTILE], "notify": NOTICE}


@pytest.fixture
def started(monkeypatch):
    """What Lambda was told to begin."""
    found = []
    monkeypatch.setattr("runtime.api.writes.testing.start", lambda _, *asked: found.append(asked[1]))
    return found


@pytest.fixture
def scene(clients, monkeypatch):
    make_rules_table(clients)
    serve_tester(monkeypatch, clients, CENTRAL)
    return ConsoleScene(clients, tester="the-tester", now=time.time())


@pytest.fixture
def post(browser):
    """Post a form as the console's pages do."""

    def posted(path, **fields):
        headers = {"origin": BASE, "content-type": "application/x-www-form-urlencoded"}
        answer = browser.post(path, content=urlencode(fields), headers=headers)
        assert answer.status_code == 200
        assert Inspector(answer.text).found == []
        assert HOSTILE not in answer.text
        return answer

    return posted


def save(post, **more):
    return post(f"{ALERTS}/save", **{"name": "errors", "etag": "", "fields": json.dumps(RULE), **more})


def etag_of(answer):
    return unescape(re.search(r'name="etag" value="([^"]*)"', answer.text)[1])


def test_a_rule_is_made_listed_changed_and_deleted(post, browser):
    """A tenant would have to write JSON at a terminal; a rule's text would be markup."""
    assert "nobody is notified" in text_of(browser.get(f"{PARTS}/alert-rules"))
    assert "Saved errors." in text_of(save(post))
    listed = browser.get(f"{PARTS}/alert-rules")
    assert Inspector(listed.text).found == []
    assert "error and above" in text_of(listed)
    assert HOSTILE not in listed.text
    form = browser.get(f"{PARTS}/alert-form?rule=errors")
    assert '"window_seconds": 60' in unescape(form.text)
    etag = etag_of(form)
    assert "Saved errors." in text_of(save(post, etag=etag))
    assert "412" in text_of(save(post, etag=etag)) or "changed since" in text_of(save(post, etag=etag))
    assert "Deleted errors." in text_of(post(f"{ALERTS}/errors/delete"))
    assert "nobody is notified" in text_of(browser.get(f"{PARTS}/alert-rules"))


def test_what_fires_is_shown(browser, clients):
    """A tenant that was woken would see nothing of what goes on; a pod's name would be markup."""
    make_states_table(clients)
    world = AlertWorld(clients)
    assert "Nothing fires" in text_of(browser.get("/tenants/globex/parts/alerts"))
    world.put_rule(join_by=["application"])
    world.take(world.message(1, application="<b>etcd"), world.message(2, application="quiet"))
    world.take(world.message(3, application="<b>etcd"))
    shown = browser.get(f"{PARTS}/alerts")
    assert Inspector(shown.text).found == []
    assert "<b>" not in shown.text
    assert "errors firing application <b>etcd" in text_of(shown)


def test_what_is_wrong_is_named_and_the_form_stays(post):
    """A tenant would search for what is wrong, or have it typed in vain."""
    text = text_of(save(post, fields=json.dumps(RULE | {"count": 0, "predicate": "5"})))
    assert "count:" in text
    assert "isn't JSON" in text_of(save(post, fields="{"))
    assert "must be a JSON object" in text_of(save(post, fields="[]"))


def test_the_form_of_a_new_rule_has_the_ready_made_ones(browser):
    """Nobody could know what there is."""
    form = browser.get(f"{PARTS}/alert-form?rule=")
    assert "etcd-slow-disk" in form.text
    assert "log_distribution_role_arn" in form.text
    page = browser.get(ALERTS)
    assert Inspector(page.text).found == []
    assert f'href="{ALERTS}" aria-current="page"' in page.text


def test_what_would_have_fired_is_shown(post, browser, scene, clients):
    """A tenant would learn from the first night's notifications what a rule does."""
    at = datetime.fromtimestamp(NOW - 600, UTC).strftime("%Y%m%d-%H%M%S")
    key = f"tenant_id=acme-corp/cluster_id=c1/application=etcd/pod_name=p/{at}-6f9.json.gz"
    line = {"timestamp": int((NOW - 600) * 1000), "message": f"E1123 10:00:00.000000 1 a.go:1] {HOSTILE}"}
    clients.client("s3").put_object(Bucket=CENTRAL, Key=key, Body=gzip.compress(json.dumps(line).encode()))
    shown = post(f"{ALERTS}/try", name="errors", fields=json.dumps(RULE), hours="1", which="form")
    text = text_of(shown)
    assert "1 objects, 1 lines, 1 of them copied by the agent; matched: 1 errors" in text
    assert "errors firing" in text
    assert "errors resolved" in text
    save(post)
    assert "matched: 1 errors" in text_of(post(f"{ALERTS}/try", fields="", hours="24", which="stored"))


def test_a_test_delivery_shows_its_steps_as_they_are_taken(post, browser, scene, clients, started):
    """A customer who onboards would wait in front of a page that says nothing, or not learn what to paste."""
    scene.world.put_config("s3")
    assert "Test delivery" in browser.get(f"{CONFIG}/config").text
    begun = post(f"{CONFIG}/test")
    assert "Test queued" in text_of(begun)
    address = re.search(r'hx-get="([^"]+)" hx-trigger="load delay:1s"', begun.text)[1]
    asked = started[0]
    clients.faults["PutObject"] = Fault("AccessDenied", 403)
    DeliveryTester(settings(), scene.world.clients).run(asked["tenant_id"], asked["type"], asked["id"])
    ended = browser.get(address)
    assert Inspector(ended.text).found == []
    text = text_of(ended)
    assert "Test failed" in text
    assert "central-role passed" in text
    assert "object failed" in text
    assert '"Action"' in unescape(ended.text)
    assert "hx-get" not in ended.text


def test_a_tenant_sees_by_its_own_rights_what_was_written(browser, scene, clients):
    """A tenant, who may call the API alone, would see nothing of its last hour but a refusal."""
    scene.world.put_config("s3")
    at = datetime.fromtimestamp(NOW - 600, UTC).strftime("%Y%m%d-%H%M%S")
    scene.put_object(name=at)
    shown = browser.get(f"{PARTS}/written")
    assert Inspector(shown.text).found == []
    assert "1 objects of the last hour" in text_of(shown)
    assert "s3 untried 1 - 0" in text_of(shown)
    clients.faults["ListObjectsV2"] = Fault("AccessDenied", 403, "not authorized to perform s3:ListBucket")
    refused = browser.get(f"{PARTS}/arrived").text
    assert f'hx-get="{PARTS}/written"' in refused
