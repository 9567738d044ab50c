"""Runs the real processor once, by hand (stdin), in a process of its own against the light sink, and measures it."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.log_objects import LogObject

BUCKET = "central-bucket"
KEY = "tenant_id=acme-corp/cluster_id=bench/application=etcd/pod_name=etcd-0/20261123-100000-b.json.gz"
ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Run:
    """What one run took. ``peak_rss_bytes`` is the processor's alone; ``calls`` are by action."""

    exit_status: int
    events: int
    sha256: str
    calls: Mapping[str, int]
    cpu_seconds: float
    wall_seconds: float
    peak_rss_bytes: int
    output: str


def run_processor(log_object: LogObject, *, memory_limit_bytes: int | None = None) -> Run:
    """Deliver one object to one log group.

    :param memory_limit_bytes: an address space limit (rlimit) on the processor, as a function's memory limit would be.
    """
    with _sink(log_object.path) as port:
        started = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.measured", str(memory_limit_bytes or 0)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
            env=_environment(port),
        )
        output, _ = process.communicate(_notification(log_object.path.stat().st_size), timeout=600)
        wall = time.monotonic() - started
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/report") as answer:
            report = json.load(answer)
    usage = json.loads(output.splitlines()[-1])
    return Run(
        exit_status=process.returncode,
        events=report["events"],
        sha256=report["sha256"],
        calls=report["calls"],
        cpu_seconds=usage["cpu_seconds"],
        wall_seconds=wall,
        peak_rss_bytes=usage["peak_rss_bytes"],
        output=output,
    )


@contextmanager
def _sink(path: Path) -> Iterator[int]:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.light_sink", str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.communicate()


def _environment(port: int) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "111111111111",
        "AWS_SECRET_ACCESS_KEY": "test",
        "TENANT_CONFIG_TABLE": "configs",
        "CENTRAL_LOG_DISTRIBUTION_ROLE_ARN": "arn:aws:iam::111111111111:role/logrouter/CentralLogDistributionRole",
        "CENTRAL_BUCKET": BUCKET,
    }


def _notification(size: int) -> str:
    key = KEY.replace("=", "%3D")
    record = {
        "eventSource": "aws:s3",
        "eventName": "ObjectCreated:Put",
        "awsRegion": "us-east-1",
        "s3": {"bucket": {"name": BUCKET}, "object": {"key": key, "size": size, "eTag": "e"}},
    }
    return json.dumps({"Records": [record]})
