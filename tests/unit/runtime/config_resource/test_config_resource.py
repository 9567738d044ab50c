"""A delivery config as a custom resource: what is asked of the API, and what CloudFormation is told."""

import json
from types import SimpleNamespace

import pytest
from botocore.credentials import Credentials

from runtime.config_resource import lambda_handler
from runtime.config_resource.declared_config import ConfigResource
from runtime.config_resource.lambda_handler import answer_to
from runtime.config_resource.signed_api import SignedApi, configs_path

S3 = {"type": "s3", "bucket_name": "acme-bucket", "enabled": True, "cluster_ids": ["b", "a"]}
STORED = {**S3, "tenant_id": "acme", "bucket_prefix": "ROSA/cluster-logs/", "created_at": "2026-11-30T00:00:00Z"}
STORED |= {"version": "3", "schema_version": 1, "external_id": "issued", "groups": [], "warnings": ["a"]}


class Api:
    """Answers requests in their order: a document, or a status with a problem."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    def send(self, request):
        self.asked.append(request)
        found = self.answers.pop(0)
        if isinstance(found, Exception):
            raise found
        status, document = found if isinstance(found, tuple) else (200, found)
        return SimpleNamespace(status_code=status, content=b"" if document is None else json.dumps(document).encode())

    def resource(self):
        return ConfigResource(SignedApi("https://api/v1", "eu-west-1", Credentials("AKIA", "secret"), self))

    def calls(self):
        return [(each.method, each.url.removeprefix("https://api/v1")) for each in self.asked]


def event(kind, config=S3, *, known=None, before=None, tenant="acme"):
    """What CloudFormation sends."""
    made = {
        "RequestType": kind,
        "RequestId": "r-1",
        "StackId": "s",
        "LogicalResourceId": "L",
        "ResponseURL": "https://a",
    }
    made["ResourceProperties"] = {"ServiceToken": "arn", "TenantId": tenant, "Config": json.dumps(config)}
    if known:
        made["PhysicalResourceId"] = known
    if before is not None:
        made["OldResourceProperties"] = {"TenantId": "acme", "Config": json.dumps(before)}
    return made


def told(sent, api):
    """Return the answer's document."""
    return answer_to(sent, api.resource()).document(sent)


def test_a_new_one_is_made_once_a_request():
    """Lambda repeats events: the second one would be refused, and the stack rolled back with the config in place."""
    api = Api(STORED)
    found = told(event("Create"), api)
    assert (found["Status"], found["PhysicalResourceId"]) == ("SUCCESS", "acme/s3")
    assert (found["StackId"], found["RequestId"], found["LogicalResourceId"]) == ("s", "r-1", "L")
    assert api.calls() == [("POST", "/tenants/acme/delivery-configs")]
    (asked,) = api.asked
    assert asked.headers["idempotency-key"] == "r-1"
    assert "AWS4-HMAC-SHA256" in asked.headers["Authorization"]
    assert json.loads(asked.body) == S3


def test_what_could_not_be_made_is_not_removed_by_the_rollback():
    """A stack that names an existing config would fail, and its rollback delete that config: a tenant's logs stop."""
    problem = {"detail": "it exists", "errors": [{"field": "type", "problem": "taken"}]}
    api = Api((409, problem))
    found = told(event("Create"), api)
    assert (found["Status"], found["Reason"]) == ("FAILED", "ApiRefusedError: 409 it exists type: taken")
    assert told(event("Delete", known=found["PhysicalResourceId"]), api)["Status"] == "SUCCESS"
    assert len(api.asked) == 1


def test_an_update_replaces_it_and_names_nothing_where_nobody_changed_it():
    """Each update would cry drift, for what the API fills in, or the order of a filter's names."""
    api = Api(STORED, STORED)
    found = told(event("Update", {**S3, "enabled": False}, known="acme/s3", before=S3), api)
    assert (found["Status"], found["Data"]["Drift"]) == ("SUCCESS", "")
    assert api.calls() == [("GET", "/tenants/acme/delivery-configs/s3"), ("PUT", "/tenants/acme/delivery-configs/s3")]
    assert json.loads(api.asked[1].body)["enabled"] is False


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"enabled": False}, "enabled"),
        ({"cluster_ids": ["a"]}, "cluster_ids"),
        ({"target_region": "eu-west-1", "bucket_name": "other-bucket"}, "bucket_name, target_region"),
    ],
)
def test_what_was_changed_by_hand_is_named_and_put_back(change, named):
    """Somebody's change in the console would be undone, or kept, without anyone knowing."""
    api = Api({**STORED, **change}, STORED)
    found = told(event("Update", known="acme/s3", before=S3), api)
    assert (found["Data"]["Drift"], json.loads(api.asked[1].body)) == (named, S3)


def test_one_that_was_deleted_by_hand_is_made_again():
    """The template would say that logs are delivered, and no update would ever bring the config back."""
    api = Api((404, {"detail": "no such config"}), STORED)
    assert told(event("Update", known="acme/s3", before=S3), api)["Data"]["Drift"] == "deleted"
    assert api.asked[1].headers["if-none-match"] == "*"


@pytest.mark.parametrize(("tenant", "config"), [("globex", S3), ("acme", {**S3, "type": "s3:archive"})])
def test_another_tenant_or_type_is_a_new_one(tenant, config):
    """The old config would stay, and deliver the tenant's logs to a place that no template names."""
    api = Api(STORED, None)
    found = told(event("Update", config, known="acme/s3", before=S3, tenant=tenant), api)
    assert found["PhysicalResourceId"] == f"{tenant}/{config['type']}" != "acme/s3"
    told(event("Delete", known="acme/s3"), api)
    assert [method for method, _ in api.calls()] == ["POST", "DELETE"]


def test_a_replacement_that_fails_keeps_the_old_one():
    """CloudFormation would remove the old config by the rollback of a new one that was never made."""
    api = Api((422, {"detail": "invalid"}))
    found = told(event("Update", {**S3, "type": "s3:archive"}, known="acme/s3", before=S3), api)
    assert (found["Status"], found["PhysicalResourceId"]) == ("FAILED", "acme/s3")


@pytest.mark.parametrize("answer", [None, (404, {"detail": "no such config"})])
def test_a_removed_one_is_deleted_and_one_that_is_gone_is_no_failure(answer):
    """A stack whose config somebody had deleted could never be deleted itself."""
    api = Api(answer)
    assert told(event("Delete", known="acme/s3:archive"), api)["Status"] == "SUCCESS"
    assert api.calls() == [("DELETE", "/tenants/acme/delivery-configs/s3:archive")]


@pytest.mark.parametrize(
    ("kind", "known", "answer"),
    [
        ("Create", None, ConnectionError("reset")),
        ("Update", "acme/s3", (503, {})),
        ("Delete", "acme/s3", (403, {"message": "no"})),
    ],
)
def test_every_failure_is_answered(kind, known, answer):
    """A stack that gets no answer waits for an hour, and then as long for its rollback."""
    api = Api(answer)
    found = told(event(kind, known=known, before=S3), api)
    assert found["Status"] == "FAILED"
    assert found["Reason"]
    assert found["PhysicalResourceId"] == (known or "not-made:r-1")


@pytest.mark.parametrize(
    "properties", [{}, {"TenantId": "acme", "Config": "["}, {"TenantId": 1, "Config": '{"type":"s3"}'}]
)
def test_properties_that_cannot_be_read_are_refused_in_words(properties):
    """An author would get the name of a Python exception."""
    found = told({**event("Create"), "ResourceProperties": properties}, Api())
    assert "TenantId" in found["Reason"]


def test_the_answer_goes_where_cloudformation_waits(monkeypatch):
    """Every stack with such a resource would wait for an hour."""
    sent = []

    class Taken:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

    monkeypatch.setattr(lambda_handler, "resource", Api(STORED).resource)
    monkeypatch.setattr(lambda_handler, "urlopen", lambda request, timeout: sent.append(request) or Taken())
    lambda_handler.handler(event("Create"), None)
    (request,) = sent
    assert (request.full_url, request.method, request.get_header("Content-type")) == ("https://a", "PUT", "")
    assert json.loads(request.data)["Status"] == "SUCCESS"


def test_a_type_stands_in_the_path_as_the_api_takes_it():
    """A named config would be another path, or another tenant's."""
    assert configs_path("a/b", "s3:x") == "/tenants/a%2Fb/delivery-configs/s3:x"
