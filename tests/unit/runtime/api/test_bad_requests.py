"""What no client should send: each gets a clear answer of one shape, and the table stays as it was."""

import json

import pytest
from botocore.exceptions import EndpointConnectionError

from tests.unit.runtime.api.gateway import CALLER, CONFIGS, PATCH, S3, SIGNATURE, items, make_app, make_client
from tests.unit.runtime.aws_world import Fault

JSON = {"content-type": "application/json"}
CONFIG = f"{CONFIGS}/s3"


@pytest.fixture
def unchanged(api, clients):
    """A table with one config, which must be the same afterwards."""
    assert api.post(CONFIGS, json=S3).status_code == 201
    before = items(clients)
    yield
    assert items(clients) == before


def problem(answer, status, code=None):
    """Expect a problem, whole and of the one shape."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    content = answer.json()
    assert {"type", "title", "status", "detail", "request_id"} <= content.keys()
    assert content["request_id"] == answer.headers["x-request-id"]
    assert content["status"] == status
    if code:
        assert content["type"] == f"urn:logrouter:problem:{code}"
    return content


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"ttl": 1e999}',
        b'{"enabled": true, "enabled": false}',
        b'{"a": {"b": 1, "b": 2}}',
        b'{"external_id": "\\ud800"}',
        b'{"\\udfff": 1}',
        b'{"a": "\xff"}',
        b'\xef\xbb\xbf{"enabled": false}',
        b'{"enabled": false} x',
        b"{'enabled': false}",
        b'{"ttl": ' + b"9" * 5000 + b"}",
        b"[" * 30_000,
        b'{"a":' * 10_000,
        b'{"enabled": false}'.decode().encode("utf-16"),
    ],
)
@pytest.mark.usefixtures("unchanged")
def test_what_isnt_one_json_object_is_400(api, body):
    """Two parsers could read it differently, or the service could fall over it."""
    problem(api.put(CONFIG, content=body, headers=JSON), 400, "malformed-json")
    problem(api.patch(CONFIG, content=body, headers=PATCH), 400, "malformed-json")
    problem(api.post(f"{CONFIG}/match", content=body, headers=JSON), 400, "malformed-json")


@pytest.mark.parametrize("size", [65_537, 10_000_000])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.usefixtures("unchanged")
def test_a_body_over_the_limit_is_413(api, method, size):
    """One request could fill the function's memory."""
    path = CONFIGS if method == "POST" else CONFIG
    problem(api.request(method, path, content=b" " * size, headers=JSON), 413, "body-too-large")


@pytest.mark.usefixtures("unchanged")
def test_a_body_without_a_length_is_limited_too(api):
    """A chunked body would get around the limit."""
    problem(api.put(CONFIG, content=iter([b" " * 40_000] * 3), headers=JSON), 413, "body-too-large")


def test_a_body_at_the_limit_is_read(api):
    """The limit would be lower than documented."""
    body = json.dumps(S3).encode()
    assert api.post(CONFIGS, content=body + b" " * (65_536 - len(body)), headers=JSON).status_code == 201


@pytest.mark.parametrize("kind", [None, "", "text/plain", "application/xml", "application/json; charset=latin-1"])
@pytest.mark.usefixtures("unchanged")
def test_another_media_type_is_415(api, kind):
    """A form that a browser can send anywhere would change a config."""
    headers = {} if kind is None else {"content-type": kind}
    for method, path in (("POST", CONFIGS), ("PUT", CONFIG), ("PATCH", CONFIG), ("POST", f"{CONFIG}/match")):
        problem(api.request(method, path, content=b"{}", headers=headers), 415, "unsupported-media-type")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", CONFIGS, "GET, POST"),
        ("POST", CONFIG, "DELETE, GET, PATCH, PUT"),
        ("OPTIONS", CONFIG, "DELETE, GET, PATCH, PUT"),
        ("TRACE", CONFIG, "DELETE, GET, PATCH, PUT"),
        ("GET", f"{CONFIG}/match", "POST"),
        ("DELETE", "/groups", "GET"),
        ("POST", "/health", "GET"),
        ("QUERY", CONFIGS, "GET, POST"),
    ],
)
@pytest.mark.usefixtures("unchanged")
def test_another_method_is_405_with_every_allowed_one(api, method, path, allowed):
    """A client could not learn what a path takes; a browser could be let in by OPTIONS."""
    answer = api.request(method, path)
    problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == allowed
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "path",
    [
        "/tenants/acme-corp/delivery-configs/",
        "/tenants//acme-corp/delivery-configs",
        "//tenants/acme-corp/delivery-configs",
        "/tenants/acme-corp%2Fdelivery-configs",
        "/tenants/acme-corp%2fx/delivery-configs",
        "/tenants/%61cme-corp/delivery-configs",
        "/tenants/acme-corp%00/delivery-configs",
        "/tenants/acme-corp%0aforged/delivery-configs",
        "/tenants/acme-corp%0d%0aset-cookie:x/delivery-configs",
        "/tenants/acme-corp%252F/delivery-configs",
        "/tenants/%2e%2e/delivery-configs",
        "/tenants/acme%20corp/delivery-configs",
        "/tenants/%C3%A9/delivery-configs",
        "/tenants/acme-corp/delivery-configs/s3%253Ax",
        "/health/",
    ],
)
@pytest.mark.usefixtures("unchanged")
def test_a_path_in_another_form_is_refused(api, path):
    """What a policy judged would not be what is served, or a log line would be forged."""
    content = problem(api.get(f"http://testserver{path}"), 400, "path-not-canonical")
    assert "acme" not in content["detail"]


@pytest.mark.parametrize("path", ["/", "/tenant", "/tenants/acme-corp/x", "/docs", "/api/v1/health", f"{CONFIG}/x"])
def test_an_unknown_path_is_404(api, path):
    """Something would be served that no document speaks of."""
    problem(api.get(path), 404, "no-such-path")


@pytest.mark.parametrize("tenant_id", ["-acme", "a" * 129, "a:b", "a+b", "~", "_x"])
@pytest.mark.usefixtures("unchanged")
def test_an_impossible_tenant_is_422(api, tenant_id):
    """An id that no key can carry would get a config."""
    content = problem(api.post(f"/tenants/{tenant_id}/delivery-configs", json=S3), 422)
    assert [each["field"] for each in content["errors"]] == ["tenant_id"]


@pytest.mark.parametrize("query", ["shiny=1", "limit=1&limit=2", "tenant_id=globex", "=", "limit"])
def test_a_query_that_nobody_knows_is_refused(api, query):
    """A misspelt parameter would be ignored, and the answer taken for the one that was asked for."""
    answer = api.get(f"{CONFIGS}?{query}")
    problem(answer, 422 if query == "limit" else 400)


@pytest.mark.parametrize("limit", ["0", "101", "-1", "abc", "1e3", "9" * 400, "%00"])
def test_a_limit_out_of_range_is_refused(api, limit):
    """One request could read a whole table, or be a 500."""
    problem(api.get(f"{CONFIGS}?limit={limit}"), 422)


def test_a_header_cant_break_out(api):
    """A value of the client's would become a header of the answer."""
    answer = api.get(CONFIG, headers={"x-request-id": "forged", "if-none-match": '"a"'})
    assert answer.headers["x-request-id"] != "forged"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unsigned_request_is_refused_by_the_app_too(clients, method):
    """A method opened by mistake at the gateway would be open to everyone."""
    client = make_client(make_app(clients))
    client.headers.pop("authorization")
    problem(client.request(method, CONFIGS, json=S3), 403, "unsigned")
    assert client.get("/health").status_code == 200
    client.headers["authorization"] = SIGNATURE + "x"
    problem(client.get("/groups"), 403, "unsigned")


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (Fault("ThrottlingException"), 429, "table-throttled"),
        (Fault("ProvisionedThroughputExceededException"), 429, "table-throttled"),
        (Fault("InternalServerError", 500), 503, "table-unavailable"),
        (Fault("AccessDeniedException"), 503, "table-unavailable"),
        (Fault("any", error=EndpointConnectionError(endpoint_url="https://secret-endpoint")), 503, "table-unavailable"),
    ],
)
def test_a_table_in_trouble_is_429_or_503_with_retry_after(api, clients, fault, status, code):
    """A caller would take trouble for its own mistake, or come back at once; internals would be told."""
    for operation in ("GetItem", "Query", "TransactWriteItems"):
        clients.faults = {operation: fault}
        answer = api.get(CONFIGS) if operation == "Query" else api.post(CONFIGS, json=S3)
        content = problem(answer, status, code)
        assert int(answer.headers["retry-after"]) > 0
        assert "secret" not in json.dumps(content)
        assert "Exception" not in json.dumps(content)


def test_an_unforeseen_error_tells_nothing(api, clients, monkeypatch):
    """A stack trace, or a tenant's value in an error's message, would reach the caller."""
    monkeypatch.setattr("runtime.api.routers.delivery_configs.view", lambda _: {}["a secret value"])
    api.post(CONFIGS, json=S3)
    content = problem(api.get(CONFIG), 500, "internal")
    assert "secret" not in json.dumps(content)


def test_each_change_has_one_audit_line_and_a_refused_one_none(api, caplog):
    """Nobody could say who changed what, or the trail would tell of changes that never were."""
    api.post(CONFIGS, json=S3)
    api.patch(CONFIG, json={"enabled": False})
    api.patch(CONFIG, json={"ttl": 5})
    api.delete(CONFIG, headers={"if-match": '"x"'})
    api.delete(CONFIG)
    lines = [record.audit for record in caplog.records if record.name == "logrouter.audit"]
    assert [line["action"] for line in lines] == ["create", "patch", "delete"]
    assert {line["caller"] for line in lines} == {CALLER}
    assert (lines[1]["before"]["enabled"], lines[1]["after"]["enabled"]) == (True, False)
    assert (lines[0]["before"], lines[2]["after"]) == (None, None)


def test_a_change_whose_answer_was_lost_is_in_the_trail(api, clients, caplog):
    """A change that took effect would be in no trail."""
    clients.faults = {"TransactWriteItems": Fault("any", error=EndpointConnectionError(endpoint_url="https://x"))}
    problem(api.post(CONFIGS, json=S3), 503)
    (line,) = [record.audit for record in caplog.records if record.name == "logrouter.audit"]
    assert (line["action"], line["outcome"]) == ("create", "unknown")
