"""The Helm charts: generated, complete, and the same objects as kustomize's."""

import copy
import json
import re
import shutil
import subprocess

import kubernetes_validate
import pytest
import yaml
from jsonschema import Draft7Validator

from tests import helm_charts
from tests.helm_charts import (
    AGENT,
    OUTSIDE,
    PROCESSOR,
    agent_documents,
    charts,
    example_values,
    outside_documents,
    processor_documents,
)
from tests.unit.helm_rendering import NAMESPACE, merged, render

CHARTS = [AGENT, PROCESSOR, OUTSIDE]
DOCUMENTS = {AGENT: agent_documents, PROCESSOR: processor_documents, OUTSIDE: outside_documents}
HELM = shutil.which("helm")


def by_name(documents):
    return {(each["kind"], each["metadata"]["name"]): each for each in documents}


def without_rolling(documents):
    """Return objects without what differs on purpose: Helm's checksums, and the release's own namespace."""
    found = copy.deepcopy([each for each in documents if each["kind"] != "Namespace"])
    for document in found:
        template = document.get("spec", {}).get("template", {})
        template.get("metadata", {}).pop("annotations", None)
        if template.get("spec", {}).get("nodeSelector") == {}:
            del template["spec"]["nodeSelector"]
        for place in (document["metadata"], *document.get("subjects", ())):
            if "namespace" in place:
                place["namespace"] = NAMESPACE
    return by_name(found)


def test_the_charts_are_todays_manifests():
    """Who installs by Helm would run other objects than those that are tested: `make helm-charts` writes them anew."""
    written = {path: path.read_text() for path in charts()}
    assert written == charts()
    generated = {path for path in helm_charts.CHARTS.rglob("*") if path.parent.name in {"templates", "files"}}
    assert generated <= written.keys()


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.name)
def test_a_chart_makes_the_objects_that_kustomize_makes(chart):
    """A value would be lost on the way to the cluster, or be another one than with kustomize."""
    rendered = render(chart, example_values(chart))
    assert without_rolling(rendered) == without_rolling(DOCUMENTS[chart]())
    for document in rendered:
        kubernetes_validate.validate(document, "1.37", strict=True)


@pytest.mark.skipif(HELM is None, reason="Helm isn't on PATH; the templates' few words are rendered by the test above")
@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.name)
def test_helm_itself_renders_the_same_and_lints(chart):
    """The test's own reading of the templates would be another one than Helm's."""
    values = ["--values", str(chart / "ci" / "example-values.json")]
    subprocess.run([HELM, "lint", "--strict", chart, *values], check=True, capture_output=True)
    command = [HELM, "template", "a-release", chart, "--namespace", NAMESPACE, *values]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    by_helm = by_name(filter(None, yaml.safe_load_all(printed)))
    assert without_rolling(by_helm.values()) == without_rolling(render(chart, example_values(chart)))
    refused = subprocess.run([HELM, "template", "a-release", chart], check=False, capture_output=True, text=True)
    assert (refused.returncode, "schema" in refused.stderr) == (1, True)


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.name)
def test_the_schema_takes_the_example_and_names_what_is_missing(chart):
    """An install without the installation's names would run, and write into nowhere."""
    schema = json.loads((chart / "values.schema.json").read_text())
    Draft7Validator.check_schema(schema)
    check = Draft7Validator(schema)
    own = yaml.safe_load((chart / "values.yaml").read_text())
    assert not list(check.iter_errors(merged(own, example_values(chart))))
    wrong = {".".join(map(str, error.absolute_path)) for error in check.iter_errors(own)}
    section = "settings" if chart is AGENT else "environment"
    assert wrong >= {f"{section}.{name}" for name, value in own[section].items() if value == "" and name.isupper()} - {
        "settings.ALERT_QUEUE_URL",
        "environment.OUTSIDE_QUEUE_URL",
        "environment.PASS_KEY_ID",
        "environment.OBJECT_DLQ_URL" if chart is OUTSIDE else "environment.SESSION_ISSUER",
    }
    assert list(check.iter_errors({**merged(own, example_values(chart)), "misspelt": 1}))


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.name)
def test_every_value_is_used_and_every_used_value_is_documented(chart):
    """A value would have no effect, or one would be asked for that values.yaml doesn't show."""
    text = "".join(path.read_text() for path in (chart / "templates").iterdir())
    used = set(re.findall(r"\.Values\.([\w.]+)", text)) - {"settings", "environment"}
    own = yaml.safe_load((chart / "values.yaml").read_text())
    leaves = set()
    for name, value in own.items():
        nested = isinstance(value, dict) and value and name != "resources"
        leaves |= {f"{name}.{each}" for each in value} if nested else {name}
    assert used == leaves


@pytest.mark.parametrize("value", ["a: b\n#{{ x }}", "'\"", "1", "true"])
def test_a_value_can_not_become_something_else(value):
    """A setting with a colon or a quote would change the object around it."""
    values = merged(example_values(AGENT), {"settings": {"CLUSTER_ID": value}})
    found = by_name(render(AGENT, values))
    assert found["ConfigMap", "agent-settings"]["data"]["CLUSTER_ID"] == value
