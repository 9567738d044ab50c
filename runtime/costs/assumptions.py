"""What was not measured here, each with its reason: replace them by your own figures before you decide over money."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

GIB: Final = 1024**3
MIB_A_GIB: Final = 1024
HOURS_A_MONTH: Final = 730
DAYS_A_MONTH: Final = HOURS_A_MONTH / 24


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessorCpu:
    """What the processor was measured to take (``python -m benchmarks.processor_cpu``)."""

    measured_on: str
    machine: str
    python: str
    cpu_seconds_per_gib: float
    cpu_seconds_per_object: float


@cache
def processor_cpu() -> ProcessorCpu:
    """Read it."""
    return ProcessorCpu(**json.loads(Path(__file__).with_name("processor_cpu.json").read_text()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """Seconds are wall time against real AWS, which nothing here could be run against."""

    event_bytes: float = 746  # a line of the recorded control-plane logs, as the agent writes it
    object_mib: float = 4.0  # uncompressed; the agent's batch time and size decide it
    compression: float = 10.0  # of gzip on such lines
    tiered_mib: float = 0.125  # smaller objects, as stored, are neither moved into Intelligent-Tiering nor monitored
    days_kept: float = 30.0  # the central bucket's objects; the stage says it
    times_kept: float = 2.0  # the bucket is versioned: what has expired stays as a noncurrent version for as long again
    customer_days_kept: float = 30.0  # in the customer's log group and bucket
    stored_compression: float = 1 / 0.15  # CloudWatch Logs bills storage compressed, and gives 0.15 as the usual ratio
    record_bytes: float = 1000.0  # a delivery record in the processor's own log group
    requests_a_message: float = 3.0  # SQS: sent, received, deleted; batches make it less
    poll_share: float = 0.1  # Lambda invocations an object: ten messages an invocation, of a queue that is never empty

    wait_per_object_s: float = 0.15  # GetObject, the first call of a stream; configs and role sessions are cached
    wait_per_mib_s: float = 0.05  # one PutLogEvents of 1 MiB, one after another within a stream
    objects_side_by_side: int = 10  # that a process reads at once, each waiting on its own (OBJECTS_AT_ONCE)
    wait_per_request_s: float = 0.1  # outside, one POST to a customer's endpoint; four of a delivery at once
    outside_memory_gb: float = 1.0  # of the outside processor's function
    outside_processes: float = 2.0  # of the outside, that have a session of the same tenant
    session_minutes: float = 40.0  # an hour, renewed before its end
    issuer_s: float = 0.3  # one session: the pass is checked, the config read, a role assumed
    issuer_memory_gb: float = 0.5
    lambda_memory_gb: float = 1769 / 1024  # the production stage: one vCPU
    program_hand_over_s: float = 3e-6  # CPU an event, to a program's worker and back (measured: benchmarks.programs)
    pod_vcpu: float = 0.5  # the manifests' requests
    pod_gb: float = 0.5
    pods_at_least: int = 3  # two for the object queue, one for the delivery queue
    pod_load: float = 0.5  # how busy a pod is on average: the rest is for the peaks

    firehose_record_kib: float = 5.0  # Firehose bills each record rounded up to it (its pricing page)
