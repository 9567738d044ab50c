"""Writes the Helm charts' templates from kustomize's objects: ``python -m tests.helm_charts`` (``make helm-charts``).

The manifests have one source, the kustomize bases. A chart's templates are those objects with values in the places
where an overlay has its own; ``values.yaml`` and its schema are written by hand.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import yaml

ROOT: Final = Path(__file__).parents[1]
CHARTS: Final = ROOT / "charts"
AGENT: Final = CHARTS / "logrouter-agent"
PROCESSOR: Final = CHARTS / "logrouter-processor"
OUTSIDE: Final = CHARTS / "logrouter-outside"
HEAD: Final = "{{- /* Written by `make helm-charts` from the kustomize base: don't edit. */ -}}\n"
HASHED: Final = re.compile(r"(agent-configuration|agent-settings)-[a-z0-9]{10}")
"""kustomize's names of generated maps; Helm rolls pods by an annotation instead."""
FILES: Final = '(.Files.Glob "files/*").AsConfig'

type Document = dict[str, Any]


def kustomized(folder: Path) -> list[Document]:
    """Return what kustomize makes of a folder."""
    kubectl = Path(sys.executable).with_name("kubectl")
    printed = subprocess.run([kubectl, "kustomize", folder], capture_output=True, text=True, check=True).stdout
    return list(yaml.safe_load_all(HASHED.sub(r"\1", printed)))


def agent_documents() -> list[Document]:
    """Return the agent's objects on any Kubernetes."""
    return kustomized(ROOT / "vector_config" / "overlays" / "kubernetes")


def processor_documents() -> list[Document]:
    """Return the poller's objects."""
    return kustomized(ROOT / "runtime" / "processor" / "kubernetes")


def outside_documents() -> list[Document]:
    """Return the outside poller's objects."""
    return kustomized(ROOT / "runtime" / "processor" / "kubernetes_outside")


def agent_templates() -> dict[str, str]:
    """Return the agent chart's templates and files, by their path in the chart."""
    documents = in_release(agent_documents())
    found: dict[str, str] = {}
    for document in documents:
        kind, name = document["kind"], document["metadata"]["name"]
        if kind == "ConfigMap" and name == "agent-configuration":
            found |= {f"files/{file}": text for file, text in document.pop("data").items()}
            found["templates/configuration.yaml"] = written([document]) + f"data:\n  {{{{- {FILES} | nindent 2 }}}}\n"
            continue
        if kind == "ConfigMap":
            document["data"] = {each: value(f".Values.settings.{each}") for each in sorted(document["data"])}
        if kind == "NetworkPolicy":
            (source,), (names,) = document["spec"]["ingress"][0]["from"], document["spec"]["egress"][0]["to"]
            for peer, setting in ((source, "monitoringNamespace"), (names, "dnsNamespace")):
                labels = peer["namespaceSelector"]["matchLabels"]
                labels["kubernetes.io/metadata.name"] = value(f".Values.networkPolicy.{setting}")
        if kind == "DaemonSet":
            _agent_pods(document["spec"]["template"])
        found[f"templates/{file_name(document)}"] = written([document])
    return found


def _agent_pods(template: Document) -> None:
    template["metadata"]["annotations"] = {
        "checksum/configuration": value(f"{FILES} | sha256sum"),
        "checksum/settings": value(".Values.settings | toJson | sha256sum"),
    }
    pod = template["spec"]
    pod["tolerations"] = value(".Values.tolerations")
    pod["nodeSelector"] = value(".Values.nodeSelector")
    image = value('printf "%s:%s" .Values.image.repository .Values.image.tag')
    for container in (*pod["initContainers"], *pod["containers"]):
        container["image"] = image
    pod["containers"][0]["resources"] = value(".Values.resources")


def processor_templates(documents: Iterable[Document]) -> dict[str, str]:
    """Return the templates of a poller's chart, inside or outside, by their path in the chart."""
    found: dict[str, str] = {}
    for document in in_release(documents):
        kind = document["kind"]
        if kind == "ConfigMap":
            document["data"] = {each: value(f".Values.environment.{each}") for each in sorted(document["data"])}
        if kind == "ServiceAccount":
            document["metadata"]["annotations"] = {"eks.amazonaws.com/role-arn": value(".Values.roleArn")}
        if kind == "NetworkPolicy":
            labels = document["spec"]["egress"][0]["to"][0]["namespaceSelector"]["matchLabels"]
            labels["kubernetes.io/metadata.name"] = value(".Values.networkPolicy.dnsNamespace")
        if kind == "Deployment":
            _processor_pods(document)
        found[f"templates/{file_name(document)}"] = written([document])
    return found


def _processor_pods(document: Document) -> None:
    component = component_of(document)
    document["spec"]["replicas"] = value(f".Values.{component}.replicas")
    template = document["spec"]["template"]
    template["metadata"]["annotations"] = {"checksum/environment": value(".Values.environment | toJson | sha256sum")}
    (container,) = template["spec"]["containers"]
    container["image"] = value('printf "%s:%s" .Values.image.repository .Values.image.tag')
    container["resources"] = value(f".Values.{component}.resources")


def in_release(documents: Iterable[Document]) -> list[Document]:
    """Return the objects in the release's namespace; the namespace itself is Helm's (``--create-namespace``)."""
    kept = [document for document in documents if document["kind"] != "Namespace"]
    for document in kept:
        for place in (document["metadata"], *document.get("subjects", ())):
            if "namespace" in place:
                place["namespace"] = value(".Release.Namespace")
    return kept


def value(expression: str) -> str:
    """Return the mark of a template's expression; ``written`` makes the template of it."""
    return f"@@{expression} | toJson@@"


def written(documents: Iterable[Document]) -> str:
    """Write objects as a template: JSON is YAML, so every value is written as JSON."""
    text = yaml.safe_dump_all(documents, sort_keys=False, width=1_000)
    return HEAD + re.sub(r"""'?@@(.+?)@@'?""", lambda found: f"{{{{ {found[1]} }}}}", text)


def component_of(document: Document) -> str:
    """Return what an object is for, of those of a poller."""
    return str(document["metadata"]["name"].removeprefix("outside-").removeprefix("processor-"))


def file_name(document: Document) -> str:
    """Return an object's file: its kind, and its name where there may be several."""
    kind = re.sub(r"(?<!^)(?=[A-Z])", "_", document["kind"]).lower()
    several = document["kind"] in {"Deployment", "PodDisruptionBudget"}
    return f"{kind}{'_' + component_of(document) if several else ''}.yaml"


def charts() -> dict[Path, str]:
    """Return every generated file with its content."""
    found = {AGENT / name: text for name, text in agent_templates().items()}
    for chart, documents in ((PROCESSOR, processor_documents()), (OUTSIDE, outside_documents())):
        found |= {chart / name: text for name, text in processor_templates(documents).items()}
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version
    texts = {
        AGENT: "The log agent, on every node of a cluster",
        PROCESSOR: "The processor as a poller of its queues",
        OUTSIDE: "The outside processor as a poller of its queue",
    }
    for chart, text in texts.items():
        about = {"apiVersion": "v2", "name": chart.name, "description": text, "type": "application"}
        versions = {"version": version[1], "appVersion": version[1], "kubeVersion": ">=1.29.0-0"}
        found[chart / "Chart.yaml"] = yaml.safe_dump({**about, **versions}, sort_keys=False)
    return found


def main() -> None:
    """Write them; a file that isn't generated any longer is removed."""
    for chart in (AGENT, PROCESSOR, OUTSIDE):
        for folder in ("templates", "files"):
            shutil.rmtree(chart / folder, ignore_errors=True)
    for path, text in charts().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def example_values(chart: Path) -> Document:
    """Return the values of kustomize's own example, which a test renders a chart with."""
    found: Document = json.loads((chart / "ci" / "example-values.json").read_text())
    return found


if __name__ == "__main__":
    main()
