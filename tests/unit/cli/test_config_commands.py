"""``logrouter config`` against the API itself, in place of the network a client of the app."""

import json
from dataclasses import dataclass

import pytest
from typer.testing import CliRunner

from cli.client import ApiProblemError, Client
from cli.connection import ApiConnection
from cli.exit_status import ExitStatus
from cli.main import app
from cli.signing import ApiResponse, NoCredentialsFoundError, Signer
from tests.unit.runtime.api.gateway import clients_of_a_table, signed_client

__all__ = ["clients_of_a_table", "signed_client"]


@dataclass
class InProcess:
    """Sends requests to the app, as the signer does over the network."""

    api: object

    def send(self, method, path, *, body=None, headers=None):
        answer = self.api.request(method, path, content=body, headers=headers)
        return ApiResponse(answer.status_code, dict(answer.headers), answer.content)


@pytest.fixture
def run(api, monkeypatch):
    """Run the command."""
    monkeypatch.setattr(ApiConnection, "client", lambda _: Client(InProcess(api)))
    return lambda *words, **more: CliRunner().invoke(app, ["config", *words], **more)


@pytest.fixture
def made(run, tmp_path):
    """A config made by the command, from a file."""
    file = tmp_path / "s3.json"
    file.write_text(json.dumps({"bucket_name": "acme-logs", "groups": ["API", "nonsense"]}))
    done = run("put", "acme-corp", "s3", str(file), "--new")
    assert done.exit_code == 0, done.output
    assert "nonsense" in done.output
    return file


def test_a_config_of_another_method_is_listed_with_where_it_delivers(run, tmp_path):
    """A list would show a bucket that isn't there for everything that is no log group."""
    file = tmp_path / "webhook.json"
    fields = {"url": "https://logs.example.com/in", "signing_secret": "whsec_" + "A" * 43 + "=", "enabled": False}
    file.write_text(json.dumps(fields))
    assert run("put", "acme-corp", "webhook", str(file), "--new").exit_code == 0
    listed = run("list", "acme-corp").output
    assert "https://logs.example.com/in" in listed
    assert "s3://" not in listed


def test_a_config_is_listed_shown_changed_and_deleted(run, made):
    """An operator could not do what the API can."""
    assert "s3://acme-logs/ROSA/cluster-logs/" in run("list", "acme-corp").output
    assert "kube-apiserver, openshift-apiserver" in run("get", "acme-corp", "s3").output
    changed = run("patch", "acme-corp", "s3", "enabled=false", 'groups=["Scheduler"]', "target_region=eu-west-1")
    assert changed.exit_code == 0, changed.output
    fields = json.loads(run("get", "acme-corp", "s3", "--json").output)
    assert (fields["enabled"], fields["groups"], fields["target_region"]) == (False, ["Scheduler"], "eu-west-1")
    assert run("delete", "acme-corp", "s3", input="n\n").exit_code == 1
    assert run("delete", "acme-corp", "s3", "--yes").exit_code == 0
    assert run("list", "acme-corp", "--json").exit_code == ExitStatus.NOT_FOUND


def test_what_was_got_can_be_put_back(run, made, tmp_path):
    """Get, edit, put: the fields that the service sets would be refused."""
    stored = json.loads(run("get", "acme-corp", "s3", "--json").output)
    file = tmp_path / "again.json"
    file.write_text(json.dumps(stored | {"enabled": False}))
    assert run("put", "acme-corp", "s3", str(file), "--if-match", stored["etag"]).exit_code == 0
    stale = run("put", "acme-corp", "s3", str(file), "--if-match", stored["etag"])
    assert (stale.exit_code, "412" in stale.output) == (ExitStatus.REFUSED, True)


def test_match_tells_before_anything_is_saved(run, made, tmp_path):
    """An operator would find out by missing logs."""
    key = "tenant_id=acme-corp/cluster_id=c/application=etcd/pod_name=p/f.json.gz"
    verdicts = json.loads(run("match", "acme-corp", "s3", "kube-apiserver", "etcd", key, "--json").output)
    assert [verdict["delivered"] for verdict in verdicts] == [True, False, False]
    draft = tmp_path / "draft.json"
    draft.write_text('{"bucket_name": "acme-logs", "desired_logs": ["etcd"]}')
    assert "yes" in run("match", "acme-corp", "s3", "etcd", "--config", str(draft)).output


def test_a_problem_names_every_wrong_field(run, made):
    """An operator would see a number, or a stack trace."""
    done = run("patch", "acme-corp", "s3", "ttl=5", "bucket_name=UPPER", "shiny=1")
    assert done.exit_code == ExitStatus.REFUSED
    assert all(word in done.output for word in ("422", "ttl", "bucket_name", "shiny", "request id"))


@pytest.mark.parametrize("words", [("patch", "a", "s3", "no-equals"), ("put", "a", "s3", "/no/such/file")])
def test_a_wrong_word_is_a_usage_error(run, words):
    """A mistyped command would change something."""
    assert run(*words).exit_code == 2


@pytest.mark.parametrize("words", [(), ("--local",), ("--api-url", "https://api")])
def test_what_is_missing_to_connect_is_named(words, monkeypatch, tmp_path):
    """A newcomer would see a stack trace."""
    for name in ("LOGROUTER_API_URL", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, [*words, "config", "list", "acme-corp"])
    assert done.exit_code == 2
    assert "set " in done.output or "make up" in done.output


def test_without_credentials_nothing_is_signed(monkeypatch):
    """An unsigned request would be sent, and denied for a reason that is hard to see."""
    monkeypatch.setattr("botocore.session.Session.get_credentials", lambda _: None)
    with pytest.raises(NoCredentialsFoundError):
        Signer.from_environment("https://api", "us-east-1")


def test_the_gateways_own_answer_is_a_problem_too():
    """A denial without a body of our form would be a stack trace."""
    for body in (b'{"Message": "User is not authorized"}', b"<html>", b"[]"):
        problem = ApiProblemError.of(ApiResponse(403, {}, body)).problem
        assert problem.status == 403
