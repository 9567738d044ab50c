"""All that is logged: no tenant's content, no credential; and what the saved queries ask for is there."""

import json
import logging
import re
from contextlib import redirect_stdout
from io import StringIO

import pytest

from constructs_lib.saved_queries import QUERIES, Source
from runtime.logs import configure
from tests.unit.runtime.aws_world import aws
from tests.unit.runtime.everything import SECRET, play
from tests.unit.runtime.processor.world import KEY, World

WORDS = re.compile(r"'[^']*'|\"[^\"]*\"|[@\w.]+")
COMMANDS = {
    "filter", "stats", "sort", "limit", "fields", "by", "as", "and", "or", "not", "in", "asc", "desc",
    "count", "sum", "min", "max", "pct", "ispresent",
}  # fmt: skip
CLOUDTRAIL = {  # CloudTrail user guide, "CloudTrail record contents", and STS' AssumeRole
    "eventSource", "eventName", "eventTime", "errorCode", "userIdentity.arn", "requestParameters.roleArn",
    "requestParameters.roleSessionName",
}  # fmt: skip
ASKED = [query for query in QUERIES if query.source is not Source.API]


@pytest.fixture(scope="module")
def played():
    """All that everything writes at the most talkative level, as text, and the keys that its calls were signed with."""
    logger = logging.getLogger("logrouter")
    before = dict(logger.__dict__)
    logger.__dict__.clear()
    logger.__dict__.update(logging.Logger("logrouter").__dict__, parent=before["parent"])  # noqa: LOG001 - a new one's state
    out = StringIO()
    with pytest.MonkeyPatch.context() as monkeypatch, aws(monkeypatch) as clients, redirect_stdout(out):
        configure("DEBUG")
        play(World(clients))
    logger.__dict__.clear()
    logger.__dict__.update(before)
    logger.setLevel(before["level"])
    return out.getvalue(), {key for _, _, key in clients.calls if key and key.startswith("ASIA")}


@pytest.fixture
def written(played):
    return played[0]


def test_no_content_and_no_credential_is_ever_logged(played):
    """The provider's log would hold its tenants' words, or what opens their accounts."""
    written, keys = played
    assert written.count("\n") > 20
    assert SECRET not in written
    assert keys
    assert not [key for key in keys if key in written]
    assert not re.search(r"aws_session_token|SecretAccessKey|X-Amz-Security-Token", written)


def test_an_objects_lines_share_one_id(written):
    """A delivery couldn't be followed from its notification to its last attempt."""
    lines = [json.loads(line) for line in written.splitlines()]
    about = [line for line in lines if line.get("object") == KEY or line.get("type") == "cloudwatch"]
    assert {line["message"] for line in about} >= {"delivery", "read", "skipped"}
    assert {line["correlation_id"] for line in about} == {KEY}


@pytest.mark.parametrize("query", ASKED, ids=lambda query: query.name)
def test_a_saved_query_asks_for_what_is_written(query, written):
    """Whoever runs it at night would get an empty answer, and take it for good news."""
    lines = [json.loads(line) for line in written.splitlines()]
    known = CLOUDTRAIL if query.source is Source.AUDIT else {name for line in lines for name in line}
    aliases = set(re.findall(r" as (\w+)", query.text))
    words = {word for word in WORDS.findall(query.text) if word[0] not in "'\"@" and not word.isdigit()}
    assert words - COMMANDS - aliases <= known
    values = set(re.findall(r'message = "([^"]+)"', query.text))
    assert values <= {line.get("message") for line in lines}
