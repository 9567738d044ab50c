"""Stages as typed values: what differs between development and production, and nothing else."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

from aws_cdk import Duration, RemovalPolicy
from aws_cdk.aws_logs import RetentionDays

from constructs_lib.api import ApiLimits
from constructs_lib.central_log_bucket import ColdStorage, Transition
from constructs_lib.delivery_tester import MOST_RETRIED
from constructs_lib.limits import require, require_match
from constructs_lib.outside_network import OutsideNetworkSettings
from constructs_lib.processor import ProcessorSize
from constructs_lib.processor_environment import ProcessorTuning
from constructs_lib.reconciliation import ReconciliationSchedule
from constructs_lib.web_identity import WebIdentity
from stacks.bundling.runtime_asset import FunctionArchitecture
from stacks.monitoring_settings import MonitoringSettings

_VISIBILITY_TIMEOUT: Final = Duration.minutes(12)
_OBJECTS_KEPT: Final = Duration.days(30)


class Host(StrEnum):
    """Where the processor runs. Both: the poller takes what it can, and Lambda the rest of the same queues."""

    LAMBDA = "lambda"
    POLLER = "poller"
    BOTH = "both"


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """A cluster whose agent may write into one Region's bucket."""

    cluster_id: str
    region: str
    identity: WebIdentity


@dataclass(frozen=True, kw_only=True)
class OutsideSettings:
    """The outside processor of a stage whose tenants may deliver to addresses of their own choosing.

    :param size: of its function. Its invocations wait for customers' endpoints more than they work.
    :param network: a VPC with fixed addresses of its own; without one, Lambda's network.
    :param poller_identity: the service account of the outside poller, where the stage has pollers. Never the inside's.
    """

    size: ProcessorSize = field(default_factory=ProcessorSize)
    network: OutsideNetworkSettings | None = None
    poller_identity: WebIdentity | None = None


@dataclass(frozen=True, kw_only=True)
class StageConfig:
    """One stage of the whole system.

    :param name: lower case, part of the stacks' and of the execution role's name.
    :param regions: each has a data path of its own; the central role's stack lies in the first. None: where the
        credentials point to, for a stage that anyone with credentials may try.
    :param host: where the processor runs; a poller needs ``poller_identity``.
    :param customer_managed_key: SSE-KMS for the bucket and the topic, instead of SSE-S3.
    :param objects_kept: expiry of the central bucket's objects.
    :param visibility_timeout: of both queues; at least six times the function's timeout.
    :param record_log_groups: where a poller's delivery records are kept: the log groups that its cluster's own log
        collection sends its output to. What asks for records reads them beside the function's; without them a stage
        that has a poller has no reconciler.
    :param reconciliation: how often the bucket is compared with the records.
    :param vector_layer_path: directory with ``bin/vector``, for the Vector engine on Lambda.
    :param processor_snap_start: the processor's function starts from a snapshot; Lambda charges for keeping it and for
        each restore. Worth it where the function has many cold starts: few objects, or bursts of them.
    :param athena_table: a table over the bucket.
    :param api_firewall: WAF in front of the API.
    :param api_snap_start: the API's function starts from a snapshot; Lambda charges for keeping it.
    :param monitoring: alarms' thresholds, who is notified, tracing, audit.
    :param tags: of every stack and what is in it.
    :param test_retried: how long a test delivery tries a refusal again that IAM's delay may explain.
    :param alerts: rules over copies of marked lines, which the agents send to a queue of their own.
    :param outside: the outside processor; without it no method that connects to customers' addresses is delivered.
    """

    name: str
    regions: tuple[str, ...] = ()
    host: Host = Host.LAMBDA
    architecture: FunctionArchitecture = FunctionArchitecture.ARM_64
    size: ProcessorSize = field(default_factory=ProcessorSize)
    tuning: ProcessorTuning = field(default_factory=ProcessorTuning)
    record_log_groups: tuple[str, ...] = ()
    reconciliation: ReconciliationSchedule = field(default_factory=ReconciliationSchedule)
    vector_layer_path: Path | None = None
    processor_snap_start: bool = False
    visibility_timeout: Duration = _VISIBILITY_TIMEOUT
    removal_policy: RemovalPolicy = RemovalPolicy.DESTROY
    deletion_protection: bool = False
    termination_protection: bool = False
    customer_managed_key: bool = False
    objects_kept: Duration = _OBJECTS_KEPT
    transitions: tuple[Transition, ...] = ()
    function_log_kept: RetentionDays = RetentionDays.ONE_WEEK
    athena_table: bool = False
    api_limits: ApiLimits = field(default_factory=ApiLimits)
    api_firewall: bool = False
    api_snap_start: bool = False
    monitoring: MonitoringSettings = field(default_factory=MonitoringSettings)
    tags: Mapping[str, str] = field(default_factory=dict)
    clusters: tuple[Cluster, ...] = ()
    poller_identity: WebIdentity | None = None
    test_retried: Duration = MOST_RETRIED
    alerts: bool = False
    outside: OutsideSettings | None = None

    def __post_init__(self) -> None:
        """Refuse what can't be deployed."""
        require_match("name", self.name, r"[a-z][a-z0-9]{0,15}", "1-16 lower-case letters and digits")
        require(holds=len(set(self.regions)) == len(self.regions), constraint="regions must not repeat one")
        for region in self.regions:
            require(
                holds=re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", region) is not None,
                constraint=f"regions: {region!r} is not the name of a Region",
            )
        require(
            holds=self.host is Host.LAMBDA or self.poller_identity is not None,
            constraint="host poller needs poller_identity: the service account that it runs as",
        )
        require(
            holds=not self.tuning.allow_loopback or self.name == "embedded",
            constraint="tuning.allow_loopback is for the embedded stage: a config could name a function's own host",
        )
        if self.outside is not None:
            require(
                holds=self.host is not Host.POLLER or self.outside.poller_identity is not None,
                constraint="host poller needs outside.poller_identity: the service account of the outside poller",
            )
            require(
                holds=self.poller_identity is None or self.outside.poller_identity != self.poller_identity,
                constraint="outside.poller_identity must be another service account than the inside poller's",
            )
        for cluster in self.clusters:
            require(
                holds=not self.regions or cluster.region in self.regions,
                constraint=f"cluster {cluster.cluster_id}: its region must be one of the stage's, not {cluster.region}",
            )


DEVELOPMENT: Final = StageConfig(name="development", athena_table=True)

PRODUCTION: Final = StageConfig(
    name="production",
    size=ProcessorSize(memory_mib=1769, timeout=Duration.minutes(5), max_concurrency=100),
    visibility_timeout=Duration.minutes(30),
    removal_policy=RemovalPolicy.RETAIN,
    deletion_protection=True,
    termination_protection=True,
    customer_managed_key=True,
    objects_kept=Duration.days(365),
    transitions=(Transition(storage_class=ColdStorage.GLACIER_INSTANT_RETRIEVAL, after_days=90),),
    function_log_kept=RetentionDays.THREE_MONTHS,
    athena_table=True,
    api_firewall=True,
)

EMBEDDED: Final = replace(
    DEVELOPMENT,
    name="embedded",
    architecture=FunctionArchitecture.of_this_machine(),
    size=ProcessorSize(memory_mib=512, timeout=Duration.seconds(60), max_concurrency=4),
    visibility_timeout=Duration.minutes(6),
    test_retried=Duration.seconds(1),
)
"""For the embedded cloud, which runs the function on this very machine."""

STAGES: Final = {stage.name: stage for stage in (DEVELOPMENT, PRODUCTION, EMBEDDED)}
