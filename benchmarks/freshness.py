"""From a line on a node to the customer's CloudWatch Logs, by a real agent and the deployed pipeline: `vector` on PATH.

One agent for each batch time, all at once, into the embedded cloud that ``make up`` left running; a line a second of
one pod. An event's lateness is CloudWatch's ingestion time less the event's own. Beside it what the batch time costs.
"""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from subprocess import Popen
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Final

from benchmarks.agent_endpoints import serving
from benchmarks.agent_run import BINARY, PodFolder, agent, api_items, wait_until
from benchmarks.pages import renewed
from cli.operation.freshness import percentile
from local.accounts import EmbeddedAccounts
from local.deployment.environment_file import LocalEnvironment
from local.emulator import REGION
from local.paths import BUILD, ROOT, UP_HOME
from runtime.costs.prices import list_prices
from runtime.costs.tenant import Delivered, Usage, tenant_costs, total
from runtime.delivery_config.facts import Payer

BATCH_SECONDS: Final = (10, 30, 60, 300)
TENANT: Final = "acme-corp"
MONTH_SECONDS: Final = 730 * 3600
GRACE_SECONDS: Final = 60.0
PAGE: Final = ROOT / "docs" / "freshness.md"


@dataclass(frozen=True, slots=True)
class FreshnessRow:
    """One batch time: seconds, and US dollars a month for each container that logs all the time."""

    batch_seconds: int
    events: int
    p50: float
    p99: float
    worst: float
    requests: int
    put_dollars: float
    all_dollars: float


def main() -> None:
    """Measure, and write the page's table and ``build/bench/freshness.json``."""
    if BINARY is None:
        sys.exit("there is no `vector` on PATH")
    environment = LocalEnvironment.load(UP_HOME)
    rows = list(measure(environment))
    target = BUILD / "bench" / "freshness.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")
    PAGE.write_text(renewed(PAGE.read_text(), "freshness", table(rows)))
    print(table(rows))


def measure(environment: LocalEnvironment) -> Iterator[FreshnessRow]:
    """Run all agents at once until each has closed a batch, and count what arrived."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(TemporaryDirectory()))
        processes = [stack.enter_context(_logging(home / str(each), each, environment)) for each in BATCH_SECONDS]
        longest = max(BATCH_SECONDS)
        done = {each: _lateness(environment, each) for each in BATCH_SECONDS}

        def all_there() -> bool:
            time.sleep(2)  # the emulator is asked, and shouldn't be measured
            done.update({each: _lateness(environment, each) for each in BATCH_SECONDS})
            return len(done[longest]) >= longest - 1

        wait_until(all_there, processes[-1], longest + GRACE_SECONDS)
    yield from (_row(each, found) for each, found in done.items())


def _row(batch_seconds: int, found: list[float]) -> FreshnessRow:
    objects = MONTH_SECONDS // batch_seconds
    usage = Usage(objects=objects, delivered={"cloudwatch": Delivered(objects=objects)}, outcomes=0)
    cost = total(tenant_costs(usage), payer=Payer.PROVIDER)
    put = objects / 1000 * list_prices().s3_thousand_puts
    late = (percentile(found, 50), percentile(found, 99), max(found))
    return FreshnessRow(batch_seconds, len(found), *late, objects, put, cost)


def _pod(batch_seconds: int) -> PodFolder:
    name = f"freshness-{batch_seconds}"
    return PodFolder(TENANT, f"{name}-0", f"uid-{batch_seconds}", name, f"StatefulSet/{name}")


@contextmanager
def _logging(home: Path, batch_seconds: int, environment: LocalEnvironment) -> Iterator[Popen[bytes]]:
    """Run an agent over a pod that logs a line a second."""
    pod = _pod(batch_seconds)
    file = home / "pods" / pod.path
    file.parent.mkdir(parents=True)
    file.touch()
    stop = Event()
    settings = {
        "S3_ENDPOINT": environment.endpoint_url,
        "CENTRAL_BUCKET": environment.central_bucket,
        "AWS_REGION": environment.region,
        "AWS_ACCESS_KEY_ID": environment.central_account,
        "AWS_SECRET_ACCESS_KEY": "test",
        "BATCH_SECONDS": str(batch_seconds),
        "CLUSTER_ID": "freshness",
    }
    with serving(api_items([pod])) as endpoints, agent(home, endpoints, settings=settings) as process:
        writer = Thread(target=_write_lines, args=(file, stop))
        writer.start()
        try:
            yield process
        finally:
            stop.set()
            writer.join()


def _write_lines(file: Path, stop: Event) -> None:
    number = 0
    with file.open("a") as log:
        while not stop.wait(1.0):
            number += 1
            stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            log.write(f"{stamp} stdout F line {number}\n")
            log.flush()


def _lateness(environment: LocalEnvironment, batch_seconds: int) -> list[float]:
    """Return each arrived event's seconds from its time until CloudWatch took it."""
    tenant = environment.tenants[TENANT]
    logs = EmbeddedAccounts(environment.endpoint_url, REGION).client("logs", tenant.account)
    pod = _pod(batch_seconds)
    stream = f"freshness/{pod.container}/{pod.name}"
    try:
        answer = logs.get_log_events(logGroupName=tenant.log_group_name, logStreamName=stream, startFromHead=True)
    except logs.exceptions.ResourceNotFoundException:
        return []
    return [(event["ingestionTime"] - event["timestamp"]) / 1000 for event in answer["events"]]


def table(rows: list[FreshnessRow]) -> str:
    """Return the page's table."""
    lines = [
        "| agent's batch | events | p50 | p99 | worst | objects a month | S3 PUT | all of the provider's |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {row.batch_seconds} s | {row.events:,} | {row.p50:.1f} s | {row.p99:.1f} s | {row.worst:.1f} s "
        f"| {row.requests:,} | ${row.put_dollars:.3f} | ${row.all_dollars:.2f} |"
        for row in rows
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
