"""What `make demo` and `make verify-aws` show, wherever the stacks are: every event counted, a config changed."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.accounting.comparison import Count
from local.accounting.report import write_report
from local.accounting.watch import TIMEOUT_SECONDS, ArrivalWatch
from local.accounts import Clients
from local.deployment.environment_file import LocalEnvironment
from local.live_change import Change, LiveChange
from local.loader.day_shift import utc_now
from local.loader.send import send_recorded_logs
from local.reporting import Steps
from local.sinks.endpoints import Endpoints

REPORT = "report.json"


@dataclass(frozen=True, slots=True)
class Shown:
    """What came of it."""

    events_sent: int
    counts: list[Count]
    change: Change

    @property
    def holds(self) -> bool:
        """Whether no event is missing or doubled, and the change was seen."""
        return all(count.complete for count in self.counts) and self.change.seen


@dataclass(frozen=True, slots=True)
class Demonstration:
    """Runs in one deployment.

    :param writer_s3: a client that writes as the clusters' agents.
    :param home: the folder for what was sent and for the report.
    :param timeout_seconds: what every destination may take.
    :param endpoints: of a tenant's own, counted beside its destinations in AWS.
    """

    accounts: Clients
    environment: LocalEnvironment
    writer_s3: Any
    home: Path
    steps: Steps
    timeout_seconds: float = TIMEOUT_SECONDS
    endpoints: Endpoints | None = None

    def run(self) -> Shown:
        """Send the recorded logs, count them in every destination, write the report, change a config."""
        begun = time.monotonic()
        self.steps.begin("sending the recorded logs as the cluster's agent")
        bucket = self.environment.central_bucket
        sent = send_recorded_logs(self.writer_s3, bucket, self.home, utc_now(), self.steps.update)
        self.steps.begin("waiting for every destination")
        watch = ArrivalWatch(self.accounts, self.environment, sent, self.timeout_seconds, self.endpoints)
        counts = watch.until_settled(self.steps.update)
        seconds = time.monotonic() - begun
        self.steps.begin("changing a delivery config through the API, sending two objects more")
        change = LiveChange(self.accounts, self.environment, self.writer_s3).run(utc_now())
        events = sum(count.expected + count.left_out for count in counts if count.type == "s3")
        write_report(self.home / REPORT, events_sent=events, seconds=seconds, counts=counts)
        return Shown(events, counts, change)
