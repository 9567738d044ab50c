"""Lines through the agent's programs in the real engine."""

import base64
import json
from typing import Any

from local.loader.agent import Agent

STAMP = "2025-08-30T11:30:00.123456789Z"
POD: dict[str, Any] = {
    "stream": "stderr",
    "file": "/var/log/pods/ns_api-7d9c8b6f5-x2k4q_uid/api/0.log",
    "source_type": "kubernetes_logs",
    "namespace": "ns",
    "pod_name": "api-7d9c8b6f5-x2k4q",
    "container_name": "api",
    "node": "node-1",
    "kubernetes": {
        "pod_owner": "ReplicaSet/api-7d9c8b6f5",
        "pod_labels": {"app": "kube-apiserver"},
        "namespace_labels": {"kubernetes.io/metadata.name": "ns", "tenant-id": "acme"},
    },
}


def source_line(message: str | bytes, stamp: str = STAMP, **changes: Any) -> dict[str, Any]:
    """Return a line as the source emits it. A change of None takes the field away."""
    raw = message if isinstance(message, bytes) else message.encode("utf-8", "surrogatepass")
    line = POD | {"message": base64.b64encode(raw).decode(), "timestamp": stamp} | changes
    return {name: value for name, value in line.items() if value is not None}


def run(lines: list[dict[str, Any]], **settings: str) -> list[dict[str, Any]]:
    """Return the events that the programs make of these lines."""
    return [json.loads(event["message"]) for event in Agent({"CLUSTER_ID": "c1"} | settings).events(lines)]
