"""The receiver in the documentation, run as it stands there against what a delivery sends."""

import json
import re
import time
from pathlib import Path

import pytest

from runtime.deliveries.webhook.signatures import proves, signature_headers
from runtime.endpoints.secret import Secret

PAGE = Path(__file__).parents[5] / "docs" / "webhook.md"
SECRET = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
BODY = b'{"id":"1","message":"a"}\n{"id":"2","message":"b"}\n'


@pytest.fixture
def receiver():
    """Its function, and what it has stored."""
    (text,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    stored = []
    names = {"store": stored.append}
    exec(text, names)
    return names["receive"], stored


def signed(body, content_type="application/x-ndjson", at=None):
    return {**signature_headers("request-1", int(at or time.time()), body, [SECRET]), "content-type": content_type}


def test_the_documented_receiver_takes_what_is_sent(receiver):
    """A customer who copies it would refuse every request."""
    receive, stored = receiver
    assert receive(signed(BODY), BODY) == (202, b"")
    assert [event["id"] for event in stored] == ["1", "2"]


def test_the_documented_receiver_answers_the_challenge(receiver):
    """A customer who copies it couldn't enable the config."""
    receive, stored = receiver
    body = json.dumps({"type": "endpoint.verify", "challenge": "c"}).encode()
    status, answer = receive(signed(body, "application/json"), body)
    assert (status, stored) == (200, [])
    assert proves(json.loads(answer)["challenge"], "c", [SECRET])


def test_the_documented_receiver_refuses_what_isnt_ours(receiver):
    """A customer who copies it would store anybody's events."""
    receive, stored = receiver
    assert receive(signed(BODY), BODY + b"{}")[0] == 401
    assert receive(signed(BODY, at=time.time() - 600), BODY)[0] == 401
    assert stored == []
