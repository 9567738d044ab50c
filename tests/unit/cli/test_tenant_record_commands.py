"""``logrouter tenant`` against the API itself."""

import json

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
