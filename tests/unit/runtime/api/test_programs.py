"""A config's program as the API takes it: checked elsewhere, stored as it is, patched member by member."""

import pytest

from runtime.api.services import Services
from runtime.programs.sandbox import EngineMissingError, WorkerLostError
from tests.unit.runtime.api.gateway import CONFIGS, PATCH, S3, items

S3_CONFIG = f"{CONFIGS}/s3"


def test_a_program_is_stored_and_patched(api):
    """A patch of its handling of errors would remove the program, and everything would be delivered raw."""
    created = api.post(CONFIGS, json=S3 | {"transform": {"source": ".a = 1"}})
    assert created.status_code == 201, created.text
    assert created.json()["transform"] == {"language": "vrl", "source": ".a = 1", "on_error": "pass"}
    patched = api.patch(S3_CONFIG, json={"transform": {"on_error": "set-aside"}}, headers=PATCH)
    assert patched.json()["transform"] == {"language": "vrl", "source": ".a = 1", "on_error": "set-aside"}
    assert "transform" not in api.patch(S3_CONFIG, json={"transform": None}, headers=PATCH).json()


@pytest.mark.parametrize(
    ("transform", "field", "problem"),
    [
        ({"source": ".a = 1\n.b = upcase(.m)"}, "transform.source", "line 2, column 1: unhandled fallible assignment"),
        ({"source": ".a = now()"}, "transform.source", "line 1, column 6: now can't be used"),
        ({"source": "#" * 8193}, "transform.source", "must have at most 8,192 bytes"),
        ({"source": ""}, "transform.source", "at least 1 character"),
        ({"source": ".", "language": "lua"}, "transform.language", "vrl"),
        ({"source": ".", "on_error": "drop"}, "transform.on_error", "set-aside"),
        ({"source": ".", "sauce": "."}, "transform.sauce", "is not a field"),
        ({}, "transform", "either source or program"),
        ({"source": ".", "program": "redact"}, "transform", "either source or program"),
        ({"source": ".", "parameters": {}}, "transform", "no parameters beside source"),
        ({"program": "no-such"}, "transform.program", "must be one of"),
        ({"program": "keep-level", "parameters": {"level": "loud"}}, "transform.parameters.level", "must be one of"),
        ({"program": "add-fields", "parameters": {"fields": {"a": "x" * 9000}}}, "transform.parameters", "8,192 bytes"),
        ("del(.)", "transform", ""),
    ],
)
def test_a_program_that_cannot_work_is_refused(api, clients, transform, field, problem):
    """It would be found out with the first log line, and the delivery would wait for the tenant."""
    answer = api.post(CONFIGS, json=S3 | {"transform": transform})
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    assert problem in error["problem"]
    assert items(clients) == []


def test_a_ready_made_program_is_stored_by_its_name(api):
    """A tenant would need VRL for the most common things."""
    transform = {"program": "keep-level", "parameters": {"level": "error"}}
    created = api.post(CONFIGS, json=S3 | {"transform": transform})
    assert created.status_code == 201, created.text
    assert created.json()["transform"] == {"language": "vrl", "on_error": "pass", **transform}
    own = {"transform": {"program": None, "parameters": None, "source": ".a = 1"}}
    assert api.patch(S3_CONFIG, json=own, headers=PATCH).json()["transform"]["source"] == ".a = 1"


@pytest.mark.parametrize("failure", [EngineMissingError(), WorkerLostError("lost"), TimeoutError()])
def test_a_program_that_cannot_be_checked_is_not_stored(api, clients, monkeypatch, failure):
    """One that nobody has checked would be stored, or the client would be blamed for an outage of ours."""

    def fail(_):
        raise failure

    monkeypatch.setattr(Services, "sandbox", property(fail))
    answer = api.post(CONFIGS, json=S3 | {"transform": {"source": "."}})
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:logrouter:problem:program-not-checked")
    assert items(clients) == []
