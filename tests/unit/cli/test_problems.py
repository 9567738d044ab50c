"""What a failure says, and its status: the same of whatever command."""

import re
from pathlib import Path

import pytest
import urllib3
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, ProfileNotFound
from typer.testing import CliRunner

from cli.client import ApiProblemError
from cli.connection import ApiConnection
from cli.exit_status import ExitStatus
from cli.main import app
from cli.options import ConnectionOptions
from cli.problems import NotFoundError, failure_of
from cli.signing import ApiResponse

PAGE = (Path(__file__).parents[3] / "docs" / "command-line.md").read_text()
LOCAL = ConnectionOptions(None, None, None, local=True)


def aws(code, status=400, action="GetItem"):
    answer = {"Error": {"Code": code, "Message": "no."}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, action)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        *((ApiProblemError.of(ApiResponse(number, {}, b"{}")), status) for number, status in (
            (403, ExitStatus.DENIED), (404, ExitStatus.NOT_FOUND), (409, ExitStatus.REFUSED), (412, ExitStatus.REFUSED),
            (422, ExitStatus.REFUSED), (429, ExitStatus.UNAVAILABLE), (500, ExitStatus.UNAVAILABLE),
            (503, ExitStatus.UNAVAILABLE),
        )),
        (NotFoundError("x"), ExitStatus.NOT_FOUND),
        (NoCredentialsError(), ExitStatus.DENIED),
        (ProfileNotFound(profile="p"), ExitStatus.USAGE),
        (EndpointConnectionError(endpoint_url="https://x"), ExitStatus.UNAVAILABLE),
        (urllib3.exceptions.MaxRetryError(None, "/", None), ExitStatus.UNAVAILABLE),
        (aws("AccessDeniedException"), ExitStatus.DENIED),
        (aws("ExpiredToken", 403), ExitStatus.DENIED),
        (aws("ThrottlingException"), ExitStatus.UNAVAILABLE),
        (aws("InternalFailure", 500), ExitStatus.UNAVAILABLE),
        (aws("NoSuchBucket", 404), ExitStatus.NOT_FOUND),
        (aws("ValidationException"), ExitStatus.REFUSED),
        (aws("ValidationError", action="DescribeStacks"), ExitStatus.NOT_FOUND),
        (FileNotFoundError(2, "No such file", "a.json"), ExitStatus.USAGE),
        (KeyError("x"), ExitStatus.INTERNAL),
    ],
)  # fmt: skip
def test_each_failure_has_its_status_and_words(error, status):
    """A script would retry what can't work, or give up on what would work in a minute."""
    failure = failure_of(error, None)
    assert failure.status is status
    assert failure.text
    assert "Traceback" not in failure.text


@pytest.mark.parametrize(
    "error",
    [EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), aws("ValidationError", action="DescribeStacks")],
)
def test_after_make_down_the_next_step_is_make_up(error):
    """A newcomer would read about connections, and not know that the cloud is simply stopped."""
    assert "make up" in failure_of(error, LOCAL).text


def test_the_page_has_every_status():
    """A script's author would not know what a status means."""
    written = {int(number) for number in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)}
    assert written == {*map(int, ExitStatus), 130}


def test_the_page_has_every_command():
    """A command would exist that nobody finds."""
    from cli.lazy_group import COMMANDS

    assert set(re.findall(r"^\| `(\w+)", PAGE, re.MULTILINE)) == {*COMMANDS}


def test_a_fault_of_the_command_is_no_traceback(monkeypatch):
    """A user would be shown the inside of the command, in place of what to do."""

    def fail(_):
        raise KeyError("inside")

    monkeypatch.setattr(ApiConnection, "client", fail)
    monkeypatch.delenv("LOGROUTER_DEBUG", raising=False)
    done = CliRunner().invoke(app, ["config", "list", "acme-corp"])
    assert done.exit_code == ExitStatus.INTERNAL
    assert "Traceback" not in done.output
    assert "LOGROUTER_DEBUG" in done.output


def test_what_the_embedded_cloud_lacks_is_said():
    """Who tries `logrouter --local query` would be told that AWS refuses."""
    answer = {"Error": {"Code": "InvalidOperationException", "Message": "Unknown action: DescribeQueryDefinitions"}}
    failure = failure_of(ClientError(answer, "DescribeQueryDefinitions"), LOCAL)
    assert failure.text == "the embedded cloud has no DescribeQueryDefinitions: this works in AWS alone"
