"""``logrouter tenant`` against the API itself."""

import io
import json
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from cli.client import Client
from cli.connection import ApiConnection
from cli.exit_status import ExitStatus
from cli.main import app
from tests.unit.cli.test_config_commands import InProcess
from tests.unit.runtime.api.gateway import clients_of_a_table, signed_client

__all__ = ["clients_of_a_table", "signed_client"]


@pytest.fixture
def run(api, monkeypatch):
    """Run the command."""
    monkeypatch.setattr(ApiConnection, "client", lambda _: Client(InProcess(api)))
    return lambda *words, **more: CliRunner().invoke(app, [*words], **more)


def shown(run):
    return json.loads(run("tenant", "show", "acme-corp", "--json").output)


def test_a_tenant_is_created_shown_changed_and_listed(run):
    """An operator could not do what the API can."""
    assert "there is no tenant yet" in run("tenants").output
    assert run("tenant", "create", "acme-corp", 'accounts=["222222222222"]').exit_code == 0
    assert shown(run)["accounts"] == ["222222222222"]
    for command, state in (("suspend", "suspended"), ("resume", "active")):
        assert run("tenant", command, "acme-corp").exit_code == 0
        assert shown(run)["state"] == state
    assert run("tenant", "patch", "acme-corp", "accounts=null", 'cluster_ids=["c-1"]').exit_code == 0
    assert (shown(run)["accounts"], shown(run)["cluster_ids"]) == ([], ["c-1"])
    assert json.loads(run("tenants", "--json").output) == [{"state": "active", "tenant_id": "acme-corp", "types": []}]


def test_leaving_is_asked_for_twice(run):
    """A mistyped command would end a tenant's deliveries."""
    run("tenant", "create", "acme-corp")
    assert run("tenant", "leave", "acme-corp", input="n\n").exit_code == 1
    assert shown(run)["state"] == "active"
    assert run("tenant", "leave", "acme-corp", "--yes").exit_code == 0
    assert shown(run)["state"] == "leaving"


def test_a_tenant_without_a_record_and_a_stale_change_are_told_apart(run):
    """A script could not tell a misspelt id from a conflict."""
    assert run("tenant", "show", "acme-corp").exit_code == ExitStatus.NOT_FOUND
    run("tenant", "create", "acme-corp")
    stale = run("tenant", "patch", "acme-corp", "state=suspended", "--if-match", '"x"')
    assert stale.exit_code == ExitStatus.REFUSED


class Processor:
    """The deployed function, which answers as a test says."""

    def __init__(self, **answer):
        self.answer, self.asked = answer, []

    def invoke(self, FunctionName, Payload):  # noqa: N803 - the service's own
        self.asked.append((FunctionName, json.loads(Payload)))
        return {"Payload": io.BytesIO(json.dumps(self.answer).encode())}


@pytest.fixture
def processor(monkeypatch):
    """Let the commands find a processor's function, or none."""

    def deploy(function, **outputs):
        clients = SimpleNamespace(client=lambda _: function)
        found = SimpleNamespace(outputs=outputs, clients=clients)
        monkeypatch.setattr(ApiConnection, "installation", lambda _: found)
        return function

    return deploy


def test_a_rotation_says_what_the_customer_has_to_do(run):
    """An operator would issue an ExternalId that nobody ever takes."""
    run("tenant", "create", "acme-corp")
    assert run("tenant", "rotate", "acme-corp").exit_code == 0
    config = {
        "type": "cloudwatch",
        "log_group_name": "/a",
        "log_distribution_role_arn": "arn:aws:iam::222222222222:role/R",
    }
    connected = ApiConnection.client(None)
    connected.create("acme-corp", config)
    said = run("tenant", "rotate", "acme-corp").output
    stored = shown(run)
    assert f"ExternalId={stored['external_id']},{stored['pending_external_id']}" in said
    assert run("tenant", "activate", "acme-corp").exit_code == 0
    assert shown(run)["external_id"] == stored["pending_external_id"]
    assert run("tenant", "activate", "acme-corp").exit_code == ExitStatus.REFUSED


@pytest.mark.parametrize(
    ("pending", "trusting", "status"),
    [(False, [], 0), (True, [], ExitStatus.FINDINGS), (False, ["arn:r"], ExitStatus.FINDINGS)],
)
def test_a_try_says_what_each_role_answers(run, processor, pending, trusting, status):
    """A script would go on while a role still refuses the new ExternalId, or trusts the old one."""
    role = {"role_arn": "arn:r", "failure": "second-hop-denied" if pending else "", "detail": ""}
    found = processor(
        Processor(pending=pending, in_use="id", roles=[role], still_trusting_the_retired=trusting),
        ProcessorFunctionName="processor",
    )
    done = run("tenant", "try-ids", "acme-corp")
    assert done.exit_code == status, done.output
    assert found.asked == [("processor", {"external_ids": {"tenant_id": "acme-corp"}})]
    assert ("second-hop-denied" if pending else "takes it") in done.output


def test_a_stage_without_a_function_and_a_tenant_without_a_record_are_told_so(run, processor):
    """An operator would look for the fault in the customer's roles."""
    processor(Processor())
    assert "activate" in run("tenant", "try-ids", "acme-corp").output
    processor(Processor(failure="no-such-tenant"), ProcessorFunctionName="processor")
    assert run("tenant", "try-ids", "acme-corp").exit_code == ExitStatus.NOT_FOUND


def test_a_tenant_is_taken_on_by_two_commands(run, monkeypatch, tmp_path):
    """A provider would have to carry values by hand between a record, a template and configs."""
    region = SimpleNamespace(region="us-east-1")
    found = SimpleNamespace(outputs={}, outside={}, clients=region, central_role_arn="arn:aws:iam::111111111111:role/C")
    monkeypatch.setattr(ApiConnection, "installation", lambda _: found)
    made = run(
        "tenant", "onboard", "acme-corp", 'accounts=["222222222222"]', "--template-url", "https://t/x.json", "--json"
    )
    assert made.exit_code == 0, made.output
    invitation = json.loads(made.output)
    assert invitation["parameters"]["ExternalId"] == shown(run)["external_id"]
    assert "stacks/create/review" in invitation["link"]
    again = json.loads(run("tenant", "onboard", "acme-corp", "--json").output)
    assert (again["parameters"], again["link"]) == (invitation["parameters"], "")
    role = "arn:aws:iam::222222222222:role/LogDistributionRole"
    config = {"type": "cloudwatch", "log_group_name": "/a", "log_distribution_role_arn": role}
    file = tmp_path / "outputs.json"
    file.write_text(json.dumps({"CloudWatchDeliveryConfig": json.dumps(config)}))
    assert run("tenant", "accept", "acme-corp", str(file)).exit_code == 0
    file.write_text("{}")
    assert run("tenant", "accept", "acme-corp", str(file)).exit_code == ExitStatus.USAGE
    places = json.loads(run("tenant", "residency", "acme-corp", "--json").output)
    assert {"central bucket", "destination cloudwatch"} <= {each["place"] for each in places}
    assert run("tenant", "residency", "globex").exit_code == ExitStatus.NOT_FOUND
