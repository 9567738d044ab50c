"""The outside poller's manifests: the inside's, apart from queue, role, image and network."""

import kubernetes_validate
import pytest
import yaml

from constructs_lib.outside_network import CLOSED
from runtime.delivery_config.facts import Placement
from runtime.processor.settings import ProcessorSettings
from tests.helm_charts import outside_documents, processor_documents

OUTSIDE = {(each["kind"], each["metadata"]["name"]): each for each in outside_documents()}
DEPLOYMENT = OUTSIDE["Deployment", "outside-processor-deliveries"]["spec"]
POLICY = OUTSIDE["NetworkPolicy", "outside-processor"]["spec"]


@pytest.mark.parametrize("document", OUTSIDE.values(), ids=lambda each: f"{each['kind']}-{each['metadata']['name']}")
def test_the_api_servers_schema_takes_it(document):
    """`kubectl apply` would refuse it, or ignore a patch that changed nothing."""
    kubernetes_validate.validate(document, "1.37", strict=True)


def test_only_what_a_poller_of_one_queue_needs_is_there():
    """A second Deployment would wait for notifications that never come."""
    assert sorted(OUTSIDE) == [
        ("ConfigMap", "outside-processor"),
        ("Deployment", "outside-processor-deliveries"),
        ("Namespace", "logrouter-outside"),
        ("NetworkPolicy", "outside-processor"),
        ("PodDisruptionBudget", "outside-processor-deliveries"),
        ("ServiceAccount", "outside-processor"),
    ]


def test_it_differs_from_the_insides_pods_by_names_and_image_alone():
    """A right or a limit would be lost on the way."""
    inside = next(each for each in processor_documents() if each["metadata"]["name"] == "processor-deliveries")
    text = (
        yaml.safe_dump(DEPLOYMENT).replace("logrouter-outside:", "logrouter:").replace("outside-processor", "processor")
    )
    assert yaml.safe_load(text) == inside["spec"]


def test_nothing_of_the_insides_selects_its_pods():
    """A budget or a network rule of the inside would count for the outside."""
    labels = DEPLOYMENT["template"]["metadata"]["labels"]
    assert DEPLOYMENT["selector"]["matchLabels"].items() <= labels.items()
    assert POLICY["podSelector"]["matchLabels"].items() <= labels.items()
    for document in processor_documents():
        spec = document.get("spec", {})
        for selector in (spec.get("selector"), spec.get("podSelector")):
            assert selector is None or not selector["matchLabels"].items() <= labels.items()


def test_its_settings_are_an_outside_processors(monkeypatch):
    """The pod would load the inside's methods, or look for sessions that it may not make."""
    environment = OUTSIDE["ConfigMap", "outside-processor"]["data"]
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    settings = ProcessorSettings.read()
    assert settings.placements == (Placement.OUTSIDE,)
    assert settings.session_issuer
    assert settings.sqs_queue_url == settings.delivery_queue_url
    assert (settings.object_dlq_url, settings.outside_queue_url, settings.pass_key_id) == (None, None, None)


def test_its_network_is_closed_as_the_functions_is():
    """A customer's address that resolves into the cluster, or to a node's metadata, would be connected to."""
    names, out = POLICY["egress"]
    assert {port["port"] for port in names["ports"]} == {53}
    assert out["to"] == [{"ipBlock": {"cidr": "0.0.0.0/0", "except": list(CLOSED)}}]
    assert out["ports"] == [{"protocol": "TCP", "port": 443, "endPort": 65535}]
    assert POLICY["ingress"] == []
