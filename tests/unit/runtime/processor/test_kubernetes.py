"""The manifests: valid for the API server, as little privilege as can be, and in step with the processor's settings."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from runtime.processor.settings import ProcessorSettings

FOLDER = Path(__file__).parents[4] / "runtime" / "processor" / "kubernetes"
VERSION = "1.37"
OWN_KINDS = {"Kustomization", "Component", "ScaledObject", "TriggerAuthentication"}  # no schema comes with Kubernetes
QUEUES = ("objects", "deliveries")


def documents(pattern: str = "**/*.yaml") -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted(FOLDER.glob(pattern)):
        for document in yaml.safe_load_all(path.read_text()):
            yield str(path.relative_to(FOLDER)), document


BASE = [(name, document) for name, document in documents("*.yaml") if document["kind"] != "Kustomization"]
DEPLOYMENTS = {queue: next(documents(f"deployment_{queue}.yaml"))[1] for queue in QUEUES}
POD = DEPLOYMENTS["objects"]["spec"]["template"]["spec"]
CONFIG: dict[str, str] = next(documents("config_map.yaml"))[1]["data"]
SCALED = {document["metadata"]["name"]: document["spec"] for _, document in documents("keda/scaled_objects.yaml")}


def container(deployment: dict[str, Any]) -> dict[str, Any]:
    (only,) = deployment["spec"]["template"]["spec"]["containers"]
    return only


@pytest.mark.parametrize(("name", "document"), BASE, ids=[f"{name}-{d['metadata']['name']}" for name, d in BASE])
def test_the_api_server_s_schema_takes_it(name: str, document: dict[str, Any]):
    """Broken: `kubectl apply` refuses the manifest, or ignores a misspelled field."""
    kubernetes_validate.validate(document, VERSION, strict=True)


def test_only_known_kinds_go_unvalidated():
    """Broken: a new manifest would be in no test."""
    kinds = {document["kind"] for name, document in documents() if not name.startswith("web_identity/deployment")}
    assert kinds - {document["kind"] for _, document in BASE} == OWN_KINDS


def test_the_kustomization_names_every_file_once():
    """Broken: a manifest would lie here and never be applied."""
    for folder in (".", "keda"):
        listed = yaml.safe_load((FOLDER / folder / "kustomization.yaml").read_text())["resources"]
        assert sorted(listed) == sorted(p.name for p in (FOLDER / folder).glob("*.yaml") if p.stem != "kustomization")


def test_each_file_has_one_kind():
    """Broken: a reader would have to open files to find a kind."""
    for path in FOLDER.rglob("*.yaml"):
        assert len({document["kind"] for document in yaml.safe_load_all(path.read_text())}) == 1


def test_the_image_has_a_version():
    """Broken: a restart would bring another version than was tested."""
    (image,) = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())["images"]
    assert container(DEPLOYMENTS["objects"])["image"] == image["name"]
    assert image["newTag"] != "latest"


def test_the_two_deployments_differ_by_their_queue_alone():
    """Broken: a setting mended in one would stay broken in the other."""
    objects, deliveries = copy.deepcopy(DEPLOYMENTS["objects"]), copy.deepcopy(DEPLOYMENTS["deliveries"])
    source = {"configMapKeyRef": {"name": "processor", "key": "DELIVERY_QUEUE_URL"}}
    assert container(deliveries).pop("env") == [{"name": "SQS_QUEUE_URL", "valueFrom": source}]
    assert yaml.safe_load(yaml.safe_dump(deliveries).replace("deliveries", "objects")) == objects


def test_the_environment_is_the_settings_model_s_fields():
    """Broken: a renamed setting would silently fall back to its default on Kubernetes alone."""
    assert set(CONFIG) == {field.upper() for field in ProcessorSettings.model_fields}


def test_the_settings_model_takes_the_values(monkeypatch):
    """Broken: the pod would end at start with a validation error."""
    for name, value in CONFIG.items():
        monkeypatch.setenv(name, value)
    settings = ProcessorSettings.read()
    assert settings.sqs_queue_url == CONFIG["SQS_QUEUE_URL"]


def test_the_pod_runs_without_privilege():
    """Broken: a hole in a parser would be a hole in the node."""
    security = POD["securityContext"]
    assert security["runAsNonRoot"] is True
    assert security["runAsUser"] == 10001
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container(DEPLOYMENTS["objects"])["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert not {"hostNetwork", "hostPID", "hostIPC", "hostPath"} & set(POD)
    assert all("hostPath" not in volume for volume in POD["volumes"])


def test_the_user_is_the_image_s():
    """Broken: the files of the image could be unreadable, or the user root where the manifest is overridden."""
    assert "USER 10001:10001" in (FOLDER.parent / "Dockerfile").read_text()


def test_no_kubernetes_token_is_mounted():
    """Broken: whoever got into the pod could call the Kubernetes API, which the processor never does."""
    assert POD["automountServiceAccountToken"] is False
    assert next(documents("service_account.yaml"))[1]["automountServiceAccountToken"] is False


def test_memory_is_bounded_and_cpu_is_not_throttled():
    """Broken: a leak would take the node along; a throttled poller would miss its visibility extensions."""
    resources = container(DEPLOYMENTS["objects"])["resources"]
    assert set(resources["requests"]) == {"cpu", "memory"}
    assert set(resources["limits"]) == {"memory", "ephemeral-storage"}


def test_probes_look_at_the_heartbeat_on_a_writable_path():
    """Broken: a poller that hangs would never be restarted, or a healthy one always."""
    poller = container(DEPLOYMENTS["objects"])
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        assert "$HEARTBEAT_FILE" in poller[probe]["exec"]["command"][-1]
    assert Path(CONFIG["HEARTBEAT_FILE"]).parent == Path(poller["volumeMounts"][0]["mountPath"])


def test_budgets_spread_and_services_select_the_deployment_s_pods():
    """Broken: a drain could end every pod at once."""
    budgets = {document["metadata"]["name"]: document["spec"] for _, document in documents("pod_disruption*.yaml")}
    for queue in QUEUES:
        spec = DEPLOYMENTS[queue]["spec"]
        labels = spec["selector"]["matchLabels"]
        assert labels.items() <= spec["template"]["metadata"]["labels"].items()
        assert labels["app.kubernetes.io/component"] == queue
        assert budgets[f"processor-{queue}"]["selector"]["matchLabels"] == labels
        for constraint in spec["template"]["spec"]["topologySpreadConstraints"]:
            assert constraint["labelSelector"]["matchLabels"] == labels


def test_the_network_policy_lets_out_dns_and_tls_only():
    """Broken: a compromised pod could reach the cluster's other services, or the node's metadata over HTTP."""
    policy = next(documents("network_policy.yaml"))[1]["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert policy["ingress"] == []
    ports = {(port["protocol"], port["port"]) for rule in policy["egress"] for port in rule["ports"]}
    assert ports == {("UDP", 53), ("TCP", 53), ("TCP", 443)}
    selected = policy["podSelector"]["matchLabels"].items()
    assert all(selected <= DEPLOYMENTS[queue]["spec"]["template"]["metadata"]["labels"].items() for queue in QUEUES)


@pytest.mark.parametrize("queue", QUEUES)
def test_scaling_follows_the_queue_the_deployment_reads(queue: str):
    """Broken: pods would be added for the other queue's backlog."""
    spec = SCALED[f"processor-{queue}"]
    (trigger,) = spec["triggers"]
    assert set(spec) == {
        "scaleTargetRef",
        "minReplicaCount",
        "maxReplicaCount",
        "pollingInterval",
        "advanced",
        "triggers",
    }
    assert spec["scaleTargetRef"] == {"name": DEPLOYMENTS[queue]["metadata"]["name"]}
    assert trigger["type"] == "aws-sqs-queue"
    assert trigger["metadata"]["queueURLFromEnv"] == "SQS_QUEUE_URL"
    assert trigger["metadata"]["awsRegion"] == CONFIG["AWS_REGION"]
    assert 1 <= spec["minReplicaCount"] < spec["maxReplicaCount"]
    assert all(isinstance(value, str) for value in trigger["metadata"].values()), "KEDA takes text only"


def test_scaling_asks_as_the_operator():
    """Broken: the processor's role, which may assume the central role, would be lent to KEDA's operator."""
    (authentication,) = [document for _, document in documents("keda/trigger_authentication.yaml")]
    assert authentication["spec"] == {"podIdentity": {"provider": "aws", "identityOwner": "keda"}}
    references = {spec["triggers"][0]["authenticationRef"]["name"] for spec in SCALED.values()}
    assert references == {authentication["metadata"]["name"]}


def test_a_cluster_without_eks_projects_a_token_for_sts_alone():
    """Broken: STS refuses a token of another audience, or the token could be used elsewhere."""
    patch = next(documents("web_identity/deployment_patch.yaml"))[1]["spec"]["template"]["spec"]
    (source,) = patch["volumes"][0]["projected"]["sources"]
    (patched,) = patch["containers"]
    environment = {variable["name"]: variable["value"] for variable in patched["env"]}
    mount = patched["volumeMounts"][0]
    assert source["serviceAccountToken"]["audience"] == "sts.amazonaws.com"
    assert environment["AWS_WEB_IDENTITY_TOKEN_FILE"] == f"{mount['mountPath']}/{source['serviceAccountToken']['path']}"
    assert patched["name"] == container(DEPLOYMENTS["objects"])["name"]
    annotation = next(documents("service_account.yaml"))[1]["metadata"]["annotations"]["eks.amazonaws.com/role-arn"]
    assert environment["AWS_ROLE_ARN"] == annotation


def test_the_patched_deployment_is_still_valid():
    """Broken: the component would only fail on the cluster it is made for."""
    deployment = copy.deepcopy(DEPLOYMENTS["deliveries"])
    patch = next(documents("web_identity/deployment_patch.yaml"))[1]["spec"]["template"]["spec"]
    pod = deployment["spec"]["template"]["spec"]
    pod["volumes"] += patch["volumes"]
    for key in ("env", "volumeMounts"):
        pod["containers"][0][key] += patch["containers"][0][key]
    kubernetes_validate.validate(deployment, VERSION, strict=True)
