"""The contract's lists, held against the code that they describe."""

import re
from dataclasses import fields
from pathlib import Path

from local.accounting.report import FIELDS
from local.deployment.environment_file import LocalEnvironment, TenantDestinations
from runtime.api.settings import ApiSettings
from runtime.processor.delivery_record import Outcome
from runtime.processor.settings import ProcessorSettings
from tests.faults.verdict import Row

ROOT = Path(__file__).parents[2]
CONTRACT = (ROOT / "docs/contract.md").read_text(encoding="utf-8")


def section(number):
    """Return the text of one section."""
    return re.search(rf"^## {number}\. .*?(?=^## |\Z)", CONTRACT, re.MULTILINE | re.DOTALL)[0]


def names_in(pattern, text):
    return set(re.findall(pattern, text))


def test_the_sections_are_numbered_in_order():
    """A section that took another's number would change what every citation means."""
    numbers = [int(number) for number in re.findall(r"^## (\d+)", CONTRACT, re.MULTILINE)]
    assert numbers == [*range(1, 14), 15]


def test_the_environments_names_are_the_settings_fields():
    """Somebody would set a variable that the processor doesn't read."""
    named = names_in(r"`([A-Z][A-Z_]+)`", section(7)) - {"AWS_ENDPOINT_URL"}  # the latter is the SDK's
    assert len(named) > 8
    assert named <= {field.upper() for field in ProcessorSettings.model_fields}


def test_the_reports_fields_are_all_listed():
    """A script written by the contract would miss a field, or look for one that isn't there."""
    listed = section(9)
    written = {field.name for kind in (LocalEnvironment, TenantDestinations) for field in fields(kind)}
    written |= {*FIELDS, *Row("some").as_dict()}
    assert written - names_in(r"`([a-z_]+)`", listed) == set()


def test_the_outcomes_are_in_the_glossary():
    """A reader would meet an outcome in a record that the glossary doesn't explain."""
    row = next(line for line in section(8).splitlines() if line.startswith("| outcome"))
    assert [outcome for outcome in Outcome if outcome.value.replace("-", " ") not in row] == []


def test_the_limits_are_the_apis_defaults():
    """A customer would plan with a limit that the API doesn't have."""
    names = ("max_configs", "max_running_replays", "max_writes_a_minute")
    limits = [ApiSettings.model_fields[name].default for name in names]
    text = re.search(r"Limits of a tenant\.\*\* (\d+) .*?, (\d+) .*? (\d+) writes", section(15), re.DOTALL)
    assert [int(number) for number in text.groups()] == limits
