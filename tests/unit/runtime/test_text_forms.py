"""The forms of texts: each has its words, and no refusal shows a regular expression."""

import json

import pytest
from pydantic import TypeAdapter, ValidationError

from runtime.alerts.rule import AlertRule
from runtime.api.application import create_app
from runtime.delivery_config.methods import find_config_models
from runtime.delivery_config.model import TenantId
from runtime.delivery_config.tenant_record import TenantRecord
from runtime.delivery_config.writing import problems_of
from runtime.text_forms import correction, in_words
from tests.unit.tracked import ROOT

UNKNOWN = in_words("a pattern that nobody has described")


def patterns(value):
    """Every pattern of a JSON schema or an OpenAPI document."""
    if isinstance(value, list):
        return {each for member in value for each in patterns(member)}
    if not isinstance(value, dict):
        return set()
    own = {value["pattern"]} if isinstance(value.get("pattern"), str) else set()
    return own | {each for member in value.values() for each in patterns(member)}


@pytest.mark.parametrize(
    "model", [*find_config_models().values(), TenantRecord, AlertRule], ids=lambda each: each.__name__
)
def test_each_form_that_is_written_has_its_words(model):
    """A customer would be shown a regular expression for a mistyped field."""
    assert [each for each in patterns(model.model_json_schema()) if in_words(each) == UNKNOWN] == []


def test_each_form_of_the_api_has_its_words():
    """A caller would be shown a regular expression for a mistyped parameter."""
    assert create_app  # its modules have the words
    document = json.loads((ROOT / "docs" / "openapi.json").read_text())
    of_parameters = patterns(
        [each["parameters"] for path in document["paths"].values() for each in path.values() if "parameters" in each]
    )
    assert len(of_parameters) >= 4
    assert [each for each in of_parameters if in_words(each) == UNKNOWN] == []


def test_a_refusal_says_the_words():
    """The words would exist and not be used."""
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(TenantId).validate_python("ümlaut")
    (problem,) = problems_of(refused.value)
    assert problem.problem == "must be 1 to 128 letters, digits or - _ . and begin with a letter or digit"


def test_a_form_without_words_shows_no_expression():
    """A plug-in's own field would show its regular expression."""
    assert "^" not in correction(
        {"type": "string_pattern_mismatch", "loc": (), "msg": "", "input": "", "ctx": {"pattern": "^x$"}}
    )
