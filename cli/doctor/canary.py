"""A line through every hop: one object into the bucket, as an agent writes it, until its destinations have it."""

import gzip
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cli.doctor.deployment import DeployedRegion, Finding
from cli.operation.recent import DELIVERED
from runtime.objects.key import ObjectKey
from runtime.record_log.lines import RecordLine

CLUSTER: Final = "canary"
APPLICATION: Final = "logrouter-canary"
TIMEOUT_SECONDS: Final = 120.0
INTERVAL_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class CanaryArrival:
    """How long the line took, from the object's writing until the destination had acknowledged it."""

    type: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Canary:
    """Writes the line for one tenant, whose configs must select the cluster ``canary``."""

    deployment: DeployedRegion
    tenant_id: str
    timeout: float = TIMEOUT_SECONDS
    wait: Callable[[float], object] = time.sleep

    def run(self) -> tuple[list[CanaryArrival], list[Finding]]:
        """Write it, and wait until each destination has acknowledged or refused it."""
        configs = self.deployment.sources.configs.fetch_tenant(self.tenant_id).configs
        wanted = [each.type for each in configs if each.enabled and each.selects(APPLICATION, CLUSTER)]
        if not wanted:
            change = f"remove a config's filter, or add the application {APPLICATION} and the cluster {CLUSTER}"
            return [], [Finding(f"tenant {self.tenant_id}", "selects no canary line", change)]
        written = time.time()
        key = self._write(written)
        latest = self._follow(key, written, wanted)
        arrivals = [CanaryArrival(each, latest[each].at - written) for each in wanted if _delivered(latest.get(each))]
        missing = [
            _missing(self.tenant_id, each, latest.get(each)) for each in wanted if not _delivered(latest.get(each))
        ]
        return arrivals, missing

    def _write(self, at: float) -> ObjectKey:
        moment = datetime.fromtimestamp(at, UTC)
        folder = f"tenant_id={self.tenant_id}/cluster_id={CLUSTER}/application={APPLICATION}/pod_name={CLUSTER}-0"
        key = ObjectKey.parse(f"{folder}/{moment:%Y%m%d-%H%M%S}-{uuid.uuid4()}.json.gz")
        line = {"timestamp": f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}", "message": f"canary {uuid.uuid4()}"}
        body = gzip.compress(json.dumps(line).encode() + b"\n")
        bucket = self.deployment.output("CentralBucketName")
        self.deployment.clients.client("s3").put_object(Bucket=bucket, Key=key.key, Body=body)
        return key

    def _follow(self, key: ObjectKey, written: float, wanted: list[str]) -> dict[str, RecordLine]:
        """Read the line's records until each destination has one that it ends with."""
        end = time.monotonic() + self.timeout
        latest: dict[str, RecordLine] = {}
        while time.monotonic() < end and not all(_delivered(latest.get(each)) for each in wanted):
            self.wait(INTERVAL_SECONDS)
            records = self.deployment.sources.records.lines(
                written - 60, time.time() + 60, message="delivery", tenant_id=self.tenant_id, object=key.key
            )
            latest |= {line.text("type"): line for line in records}
        return latest


def _delivered(line: RecordLine | None) -> bool:
    return line is not None and line.text("Outcome") == DELIVERED


def _missing(tenant_id: str, type_: str, line: RecordLine | None) -> Finding:
    subject = f"canary of {tenant_id} {type_}"
    if line is None:
        change = "check the findings above, then the object queue and the processor's log"
        return Finding(subject, "no attempt was made in time", change)
    wrong = f"{line.text('Outcome')}: {line.text('Reason')}"
    return Finding(subject, wrong, f"logrouter status {tenant_id} says what to change")
