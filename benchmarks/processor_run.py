"""Runs the real processor once, by hand (stdin), in a process of its own against the light sink, and measures it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.content import Content
from benchmarks.light_sink import LightSink, cloudwatch_config
from benchmarks.log_objects import BenchmarkObject

BUCKET = "central-bucket"
TENANT = "acme-corp"
KEY = f"tenant_id={TENANT}/cluster_id=bench/application=etcd/pod_name=etcd-0/20261123-100000-b.json.gz"
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class ProcessorRun:
    """What one run took. ``peak_rss_bytes`` is the processor's alone; ``calls`` are by action."""

    exit_status: int
    content: Content
    calls: Mapping[str, int]
    cpu_seconds: float
    wall_seconds: float
    peak_rss_bytes: int
    output: str

    @property
    def events(self) -> int:
        """How many events arrived."""
        return self.content.events


def run_processor(log_object: BenchmarkObject, *, memory_limit_bytes: int | None = None) -> ProcessorRun:
    """Deliver one object to one log group.

    :param memory_limit_bytes: an address space limit (rlimit) on the processor, as a function's memory limit would be.
    """
    with LightSink(objects={KEY: log_object.path}, configs={TENANT: [cloudwatch_config(TENANT)]}) as sink:
        started = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.measured", str(memory_limit_bytes or 0)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
            env=environment(sink.url),
        )
        output, _ = process.communicate(notification(KEY, log_object.path.stat().st_size), timeout=600)
        wall = time.monotonic() - started
        received = sink.received()
    usage = json.loads(output.splitlines()[-1])
    return ProcessorRun(
        exit_status=process.returncode,
        content=sum(received.contents.values(), Content()),
        calls=received.calls,
        cpu_seconds=usage["cpu_seconds"],
        wall_seconds=wall,
        peak_rss_bytes=usage["peak_rss_bytes"],
        output=output,
    )


def environment(url: str) -> dict[str, str]:
    """Return a processor's environment: the sink is every service, and its only queue."""
    return {
        "PATH": os.environ["PATH"],
        "AWS_ENDPOINT_URL": url,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "111111111111",
        "AWS_SECRET_ACCESS_KEY": "test",
        "TENANT_CONFIG_TABLE": "configs",
        "CENTRAL_LOG_DISTRIBUTION_ROLE_ARN": "arn:aws:iam::111111111111:role/logrouter/CentralLogDistributionRole",
        "CENTRAL_BUCKET": BUCKET,
        "SQS_QUEUE_URL": f"{url}/111111111111/objects",
        "CONFIG_CACHE_SECONDS": "300",
        "LOGROUTER_PLACEMENT": "inside",  # as the AWS methods' function is deployed
    }


def notification(key: str, size: int) -> str:
    """Make the S3 event notification of one object."""
    record = {
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "awsRegion": "us-east-1",
        "s3": {"bucket": {"name": BUCKET}, "object": {"key": key.replace("=", "%3D"), "size": size, "eTag": "e"}},
    }
    return json.dumps({"Records": [record]})
