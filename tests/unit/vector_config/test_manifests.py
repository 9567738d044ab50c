"""The agent's manifests, rendered by kustomize: valid for the API server, and as little privilege as can be."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

FOLDER = Path(__file__).parents[3] / "vector_config"
KUBECTL = Path(sys.executable).with_name("kubectl")
OVERLAYS = ["kubernetes", "openshift", "embedded"]
OWN_KINDS = {"SecurityContextConstraints", "PodMonitor"}  # no schema comes with Kubernetes


def rendered(folder: str) -> list[dict[str, Any]]:
    result = subprocess.run([KUBECTL, "kustomize", FOLDER / folder], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return list(yaml.safe_load_all(result.stdout))


DOCUMENTS = {overlay: rendered(f"overlays/{overlay}") for overlay in OVERLAYS}


def one(kind: str, overlay: str = "kubernetes") -> dict[str, Any]:
    (found,) = [document for document in DOCUMENTS[overlay] if document["kind"] == kind]
    return found


def config_map(name: str, overlay: str = "kubernetes") -> dict[str, str]:
    maps = [document for document in DOCUMENTS[overlay] if document["kind"] == "ConfigMap"]
    (data,) = [document["data"] for document in maps if document["metadata"]["name"].startswith(name)]
    return data


def pod(overlay: str = "kubernetes") -> dict[str, Any]:
    return one("DaemonSet", overlay)["spec"]["template"]["spec"]


def agent() -> dict[str, Any]:
    (container,) = pod()["containers"]
    return container


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_api_server_s_schema_takes_every_document(overlay: str):
    """Broken: `kubectl apply` refuses the manifest, or ignores a misspelled field."""
    for document in DOCUMENTS[overlay]:
        if document["kind"] not in OWN_KINDS:
            kubernetes_validate.validate(document, "1.37", strict=True)


def test_each_file_has_one_object_and_is_used():
    """Broken: a reader would have to open files to find a kind, or a manifest would never be applied."""
    for path in FOLDER.rglob("*.yaml"):
        if path.name in {"kustomization.yaml", "vector.yaml", "alerts.yaml"}:
            continue
        assert len(list(yaml.safe_load_all(path.read_text()))) == 1
        assert path.name in (path.parent / "kustomization.yaml").read_text()


def test_every_program_is_in_the_configuration_map():
    """Broken: Vector doesn't start on a cluster, though it does from the repository."""
    files = {path.name: path.read_text() for path in (FOLDER / "base" / "programs").glob("*.vrl")}
    files |= {name: (FOLDER / "base" / name).read_text() for name in ("vector.yaml", "alerts.yaml", "agent.sh")}
    files["alarms.yaml"] = (FOLDER / "alarms" / "vector.yaml").read_text()
    assert config_map("agent-configuration") == files
    mount = {mount["name"]: mount["mountPath"] for mount in agent()["volumeMounts"]}["configuration"]
    assert environment()["PROGRAMS"] == mount
    assert agent()["command"] == ["sh", f"{mount}/agent.sh"]
    assert agent()["args"][:2] == ["--config", f"{mount}/vector.yaml"]


def environment() -> dict[str, Any]:
    return {variable["name"]: variable.get("value") for variable in agent()["env"]}


def test_clusters_tell_cloudwatch_what_its_alarms_look_at():
    """Broken: each cluster counts as silent from the day on which it is watched."""
    for overlay in ("kubernetes", "openshift"):
        assert "alarms.yaml" in config_map("agent-configuration", overlay)
        (container,) = pod(overlay)["containers"]
        assert container["args"] == ["--config", "/etc/vector/vector.yaml", "--config", "/etc/vector/alarms.yaml"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_an_overlay_brings_every_setting_that_has_no_default(overlay: str):
    """Broken: the agent would write into a bucket named CENTRAL-BUCKET, or not start."""
    settings = config_map("agent-settings", overlay)
    placeholders = dict(
        line.split("=") for line in (FOLDER / "base" / "settings.env").read_text().splitlines() if "=" in line
    )
    assert placeholders.pop("ALERT_QUEUE_URL") == "", "without alerts no copies are sent"
    assert placeholders.keys() <= settings.keys()
    assert not placeholders.items() & settings.items()


def test_the_agent_runs_without_privilege():
    """Broken: a hole in a parser would be a hole in every node."""
    assert pod()["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 10001,
        "runAsGroup": 0,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert agent()["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    for overlay in OVERLAYS:
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod(overlay))


def test_root_only_gives_the_data_directory_away():
    """Broken: the init container would be a root container with a shell's worth of rights."""
    (init,) = pod()["initContainers"]
    assert init["command"] == ["chown", "10001:0", "/var/lib/vector"]
    assert init["securityContext"]["capabilities"] == {"drop": ["ALL"], "add": ["CHOWN"]}
    assert init["securityContext"]["readOnlyRootFilesystem"] is True
    assert [mount["name"] for mount in init["volumeMounts"]] == ["data"]


def test_of_the_host_it_writes_its_data_directory_alone():
    """Broken: the agent could change a tenant's log files, or loses its buffer with its pod."""
    hosts = {volume["name"]: volume["hostPath"]["path"] for volume in pod()["volumes"] if "hostPath" in volume}
    assert hosts == {"data": "/var/lib/logrouter-agent", "pod-logs": "/var/log/pods"}
    read_only = {mount["name"]: mount.get("readOnly", False) for mount in agent()["volumeMounts"]}
    assert [name for name in read_only if not read_only[name]] == ["data"]
    assert environment()["DATA_DIR"] == "/var/lib/vector"


def test_resources_are_the_promised_ones():
    """Broken: a node's tenants would pay for a leak, or a throttled agent fall behind rotation."""
    assert agent()["resources"] == {"requests": {"cpu": "500m", "memory": "256Mi"}, "limits": {"memory": "2Gi"}}


def test_it_runs_on_every_node_and_before_tenants():
    """Broken: a tainted or a full node's logs would be lost."""
    assert pod()["tolerations"] == [{"operator": "Exists"}]
    assert pod()["priorityClassName"] == one("PriorityClass")["metadata"]["name"]
    assert one("PriorityClass")["value"] < 1_000_000_000, "above are the system's own classes"


def test_probes_and_scrapes_look_where_the_metrics_are():
    """Broken: a healthy agent would be restarted for ever, or one that hangs never; or nothing would be scraped."""
    (port,) = agent()["ports"]
    assert environment()["METRICS_ADDRESS"] == f"0.0.0.0:{port['containerPort']}"
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert agent()[probe]["httpGet"] == {"path": "/metrics", "port": port["name"]}
    monitor = yaml.safe_load((FOLDER / "monitoring" / "pod_monitor.yaml").read_text())["spec"]
    assert monitor["podMetricsEndpoints"][0]["port"] == port["name"]
    labels = one("DaemonSet")["spec"]["template"]["metadata"]["labels"]
    assert monitor["selector"]["matchLabels"].items() <= labels.items()
    policy = one("NetworkPolicy")["spec"]
    assert policy["podSelector"]["matchLabels"].items() <= labels.items()
    assert policy["ingress"][0]["ports"] == [{"protocol": "TCP", "port": port["containerPort"]}]


def test_rbac_reads_three_kinds_and_nothing_else():
    """Broken: whoever got into an agent could read secrets, or a wildcard would grow with the API."""
    assert one("ClusterRole")["rules"] == [
        {"apiGroups": [""], "resources": ["namespaces", "nodes", "pods"], "verbs": ["list", "watch"]}
    ]
    account = one("ServiceAccount")
    assert one("ClusterRoleBinding")["subjects"] == [
        {"kind": "ServiceAccount", "name": account["metadata"]["name"], "namespace": account["metadata"]["namespace"]}
    ]
    assert pod()["serviceAccountName"] == account["metadata"]["name"]


def test_the_tokens_are_the_pod_s_own_and_short():
    """Broken: STS refuses a token of another audience, or a stolen one stays good."""
    assert pod()["automountServiceAccountToken"] is False
    tokens = {
        source["serviceAccountToken"].get("audience"): source["serviceAccountToken"]["expirationSeconds"]
        for volume in pod()["volumes"]
        for source in volume.get("projected", {}).get("sources", [])
        if "serviceAccountToken" in source
    }
    assert tokens == {None: 3600, "sts.amazonaws.com": 3600}
    mount = {mount["name"]: mount["mountPath"] for mount in agent()["volumeMounts"]}["sts-token"]
    assert environment()["AWS_WEB_IDENTITY_TOKEN_FILE"] == f"{mount}/token"


def test_the_image_has_a_version():
    """Broken: a restart would bring another version than was tested."""
    images = {container["image"] for container in [*pod()["initContainers"], *pod()["containers"]]}
    assert images == {"docker.io/timberio/vector:0.58.0-debian"}


def test_two_agents_never_share_a_node():
    """Broken: a surge would start a second agent on the data directory of the first."""
    assert one("DaemonSet")["spec"]["updateStrategy"]["rollingUpdate"]["maxSurge"] == 0


def test_openshift_admits_the_pod_and_nothing_wider():
    """Broken: OpenShift refuses the pod, or the SCC lets a privileged one in under its name."""
    scc = one("SecurityContextConstraints", "openshift")
    account = one("ServiceAccount")["metadata"]
    assert scc["users"] == [f"system:serviceaccount:{account['namespace']}:{account['name']}"]
    allowed = {name for name, value in scc.items() if name.startswith("allow") and value is True}
    assert allowed == {"allowHostDirVolumePlugin"}
    assert scc["allowedCapabilities"] == ["CHOWN"]
    kinds = {next(kind for kind in volume if kind != "name") for volume in pod("openshift")["volumes"]}
    assert kinds == set(scc["volumes"])
    assert pod("openshift")["securityContext"]["seLinuxOptions"] == {"type": "spc_t"}


def test_the_embedded_overlay_names_an_endpoint_and_lets_it_out():
    """Broken: a developer's agent would write to AWS, or nowhere."""
    settings = config_map("agent-settings", "embedded")
    assert settings["S3_ENDPOINT"].endswith(":4566")
    assert {"protocol": "TCP", "port": 4566} in one("NetworkPolicy", "embedded")["spec"]["egress"][1]["ports"]
