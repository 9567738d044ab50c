"""The demo's cluster: who its agent and its poller are to IAM."""

from typing import Final

from local.emulator import CENTRAL_ACCOUNT

CLUSTER_ID: Final = "demo"
ISSUER: Final = "oidc.example.org/id/demo"
PROVIDER_ARN: Final = f"arn:aws:iam::{CENTRAL_ACCOUNT}:oidc-provider/{ISSUER}"
NAMESPACE: Final = "logging"
AGENT: Final = "vector"
POLLER: Final = "log-processor"
OUTSIDE_POLLER: Final = "outside-processor"
POLLER_LOG_GROUP: Final = "/demo/log-processor"
"""Where the cluster's own log collection would send the poller's output."""


def subject(service_account: str) -> str:
    """Return the name under which the cluster's issuer vouches for a service account."""
    return f"system:serviceaccount:{NAMESPACE}:{service_account}"
