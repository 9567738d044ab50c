"""A real Vector with the agent's own configuration over files of a node's log directory: ``vector`` must be on PATH.

The source reads ``/var/log/pods`` and nothing else, so the process gets a mount namespace of its own in which a folder
of ours stands there; the machine doesn't see it. Linux alone, and ``unshare`` must be allowed.
"""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks.agent_endpoints import AgentEndpoints
from local.loader.agent import CONFIGURATION
from local.paths import ROOT

BINARY = shutil.which("vector")
AS_IN_A_POD = f"sh {CONFIGURATION.parent / 'agent.sh'}"
IN_A_NAMESPACE = (
    "mount -t tmpfs none /var/log && mkdir /var/log/pods && mount --bind {pods} /var/log/pods"
    " && exec {start} --config {file}"
)


LAST_LINES = 15
NEEDS = "it needs Vector 0.58 on PATH, Linux, and user namespaces: `unshare -rm true` must work (docs/collection.md)"


class AgentFailedError(RuntimeError):
    """The agent ended, or didn't do in time what was waited for; the message has its last lines, and what it needs."""


@dataclass(frozen=True)
class PodFolder:
    """A pod's folder in the log directory."""

    namespace: str
    name: str
    uid: str
    container: str
    owner: str
    labels: tuple[tuple[str, str], ...] = ()

    @property
    def path(self) -> str:
        """The container's file, as the kubelet names it."""
        return f"{self.namespace}_{self.name}_{self.uid}/{self.container}/0.log"


def api_items(pods: list[PodFolder]) -> dict[str, list[dict[str, Any]]]:
    """Return what the API server knows of these pods. Containers of one pod come as pods of one name."""
    named: dict[tuple[str, str], dict[str, Any]] = {}
    for pod in pods:
        kind, owner = pod.owner.split("/")
        metadata = {
            "name": pod.name,
            "namespace": pod.namespace,
            "uid": pod.uid,
            "labels": {"pod-template-hash": "x", "tier": "control-plane"} | dict(pod.labels),
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": kind, "name": owner, "uid": "u", "controller": True}],
        }
        found = named.setdefault(
            (pod.namespace, pod.name),
            {"metadata": metadata, "spec": {"nodeName": "node-1", "containers": []}, "status": {"phase": "Running"}},
        )
        found["spec"]["containers"].append({"name": pod.container, "image": "i"})
    namespaces = [
        {"metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}}}
        for name in sorted({pod.namespace for pod in pods})
    ]
    return {"pods": list(named.values()), "namespaces": namespaces, "nodes": [{"metadata": {"name": "node-1"}}]}


@contextmanager
def agent(
    home: Path,
    endpoints: AgentEndpoints,
    *,
    change: Callable[[dict[str, Any]], None] = lambda _: None,
    settings: dict[str, str] | None = None,
    start: str = "vector",
) -> Iterator[subprocess.Popen[bytes]]:
    """Run the agent over ``home/pods`` until the block ends.

    Its configuration is the repository's, but for where the API server is and for ``change``. ``start`` is the program,
    or what starts it: ``AS_IN_A_POD``.
    """
    for name in ("data", "pods"):
        (home / name).mkdir(exist_ok=True)
    file = _write_configuration(home, endpoints, change)
    with (home / "vector.log").open("wb") as log:
        process = subprocess.Popen(
            ["unshare", "-rm", "sh", "-c", IN_A_NAMESPACE.format(pods=home / "pods", start=start, file=file)],
            cwd=ROOT,
            env=_environment(home, endpoints) | (settings or {}),
            stdin=subprocess.PIPE,  # for a change that reads lines from there; closed when the agent is ended
            stdout=log,
            stderr=log,
        )
        try:
            yield process
        except TimeoutError as error:
            raise AgentFailedError(f"{error}; its last lines:\n{_last_lines(home / 'vector.log')}\n{NEEDS}") from None
        finally:
            process.terminate()
            try:
                process.communicate(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()


def _write_configuration(home: Path, endpoints: AgentEndpoints, change: Callable[[dict[str, Any]], None]) -> Path:
    """Write the agent's configuration, and the kubeconfig that it names; return where."""
    kube = {
        "clusters": [{"name": "c", "cluster": {"server": endpoints.url}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "users": [{"name": "u", "user": {}}],
        "current-context": "c",
    }
    (home / "kubeconfig").write_text(json.dumps(kube))
    configuration = yaml.safe_load(CONFIGURATION.read_text())
    configuration["sources"]["pods"]["kube_config_file"] = str(home / "kubeconfig")
    configuration["api"]["enabled"] = False  # its port is fixed, and two may run at once
    change(configuration)
    file = home / "vector.yaml"
    file.write_text(yaml.safe_dump(configuration))
    return file


def _environment(home: Path, endpoints: AgentEndpoints) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "VECTOR_DANGEROUSLY_ALLOW_ENV_VAR_INTERPOLATION": "true",
        "VECTOR_SELF_NODE_NAME": "node-1",
        "VECTOR_THREADS": "1",
        "VECTOR_LOG": "error",
        "METRICS_ADDRESS": "127.0.0.1:0",
        "DATA_DIR": str(home / "data"),
        "CENTRAL_BUCKET": "central",
        "AWS_REGION": "us-east-1",
        "CLUSTER_ID": "c1",
        "S3_ENDPOINT": endpoints.url,
        "BATCH_SECONDS": "5",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def wait_until(condition: Callable[[], bool], process: subprocess.Popen[bytes], seconds: float) -> None:
    """Wait for a condition as long as the process lives.

    :raises TimeoutError: it doesn't come true, or the process ended.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if process.poll() is not None or time.monotonic() > deadline:
            ended = process.poll()
            what = f"took longer than {seconds:g} s" if ended is None else f"ended with status {ended}"
            raise TimeoutError(f"the agent {what}")
        time.sleep(0.05)


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill Vector, itself or the one that ``AS_IN_A_POD`` has started, and wait for the end."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
    vectors = [pid for pid in children if Path(f"/proc/{pid}/comm").read_text(encoding="ascii").strip() == "vector"]
    os.kill(int(vectors[0]) if vectors else process.pid, signal.SIGKILL)
    process.wait()


def _last_lines(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:]
    return "\n".join(f"  {line}" for line in lines) or "  (none)"


def started(home: Path) -> bool:
    """Return whether the agent over this folder has started; its VECTOR_LOG must be ``info``."""
    return "Vector has started" in (home / "vector.log").read_text()


def cpu_seconds(process: subprocess.Popen[bytes]) -> float:
    """Return the CPU that a running process has used, user and system (Linux)."""
    fields = Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_bytes(process: subprocess.Popen[bytes]) -> int:
    """Return a running process's peak memory (Linux)."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:"))
