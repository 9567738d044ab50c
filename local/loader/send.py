"""Sending all recorded logs into a deployment, as its cluster's agent."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

from local import cluster
from local.accounts import EmbeddedAccounts
from local.deployment.environment_file import LocalEnvironment
from local.loader.objects import LogObject, log_objects
from local.loader.writer import keep, put_object, web_identity_token, writer_keys

type Progress = Callable[[str], None]

SENDERS = 4


def send_recorded_logs(s3: Any, bucket: str, home: Path, now: datetime, progress: Progress) -> list[LogObject]:
    """Write every object with the writer's client, and keep a copy of each to count against."""
    objects = list(log_objects(now))

    def send(object_: LogObject) -> None:
        keep(home, object_)
        put_object(s3, bucket, object_)

    with ThreadPoolExecutor(SENDERS) as pool:
        for number, _ in enumerate(pool.map(send, objects), start=1):
            progress(f"{number} of {len(objects)} objects")
    return objects


def agent_s3(accounts: EmbeddedAccounts, environment: LocalEnvironment, home: Path) -> Any:
    """Return an S3 client of the demo's cluster's agent."""
    token = web_identity_token(cluster.ISSUER, cluster.subject(cluster.AGENT))
    keys = writer_keys(accounts, environment.central_account, writer_role_arn(home, environment), token)
    return accounts.client("s3", keys)


def writer_role_arn(home: Path, environment: LocalEnvironment) -> str:
    """Return the role of the demo's one cluster, from the outputs of its deployment."""
    outputs = json.loads((home / f"outputs-{environment.central_account}.json").read_text())
    (arn,) = [value for found in outputs.values() for name, value in found.items() if name == "WriterRoleArn1"]
    return str(arn)
