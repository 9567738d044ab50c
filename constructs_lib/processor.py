"""The processor as a function: one for both queues, from a zip or a container image."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from constructs_lib.function_parts import acknowledge_own_log, acknowledge_pinned_runtime, write_own_log
from constructs_lib.limits import require, require_between
from constructs_lib.work_queue import WorkQueue

HANDLER: Final = "runtime.processor.lambda_handler.handler"
BATCH_SIZE: Final = 10
"""Messages of one invocation; the processor works on them side by side."""

VECTOR_PROGRAM: Final = "/opt/bin/vector"
"""Where a layer's ``bin/vector`` lies. Source: Lambda developer guide, layers: content is extracted to /opt."""

LIVE: Final = "live"
"""The alias that the queues feed under SnapStart, which makes snapshots of versions alone."""

VISIBILITY_FACTOR: Final = 6
"""Source: Lambda developer guide, "Configuring a queue": visibility of at least six times the function's timeout."""

_TIMEOUT = Duration.minutes(2)


@dataclass(frozen=True, kw_only=True)
class ProcessorSize:
    """How big one invocation is, and how many run at once.

    :param memory_mib: 128-10,240; processor power grows with it, one core at 1,769. The work itself stays below 160.
    :param max_concurrency: invocations that each queue's event source may start, 2-1,000.
    :param reserved_concurrency: taken out of the account's pool for this function; must cover both event sources,
        or messages are throttled towards the dead-letter queue.
    """

    memory_mib: int = 1024
    timeout: Duration = _TIMEOUT
    max_concurrency: int = 20
    reserved_concurrency: int | None = None

    def __post_init__(self) -> None:
        """Refuse what Lambda would refuse (quotas page: memory, timeout; event source: maximum concurrency)."""
        require_between("memory_mib", self.memory_mib, 128, 10240, unit="MiB")
        require_between("timeout", self.timeout.to_seconds(), 5, 900, unit="seconds")
        require_between("max_concurrency", self.max_concurrency, 2, 1000)
        if self.reserved_concurrency is not None:
            require(
                holds=self.reserved_concurrency >= 2 * self.max_concurrency,
                constraint="reserved_concurrency must cover both event sources: at least "
                f"{2 * self.max_concurrency}, not {self.reserved_concurrency}",
            )


class Processor(Construct):
    """Python 3.13 function with two SQS event sources, partial batch responses and a log group of its own.

    :param code: a directory or zip for the function's architecture, or a container image (``DockerImageCode`` is a
        ``Code`` of its own in CDK: pass ``lambda_.EcrImageCode`` or ``lambda_.AssetImageCode``).
    :param vector_layer_path: directory that holds ``bin/vector`` for the function's architecture, for the Vector
        engine; it becomes a layer, so that the program is found at ``VECTOR_PROGRAM``. An image brings its own.
    :param snap_start: start from a snapshot of the loaded function (Lambda charges for keeping and restoring it).
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        role: iam.IRole,
        code: lambda_.Code,
        object_queue: WorkQueue,
        delivery_queue: WorkQueue,
        environment: dict[str, str],
        size: ProcessorSize,
        architecture: lambda_.Architecture = lambda_.Architecture.ARM_64,
        vector_layer_path: Path | None = None,
        snap_start: bool = False,
        log_retention: logs.RetentionDays = logs.RetentionDays.ONE_MONTH,
        removal_policy: RemovalPolicy = RemovalPolicy.DESTROY,
    ) -> None:
        super().__init__(scope, construct_id)
        # Runtime and handler are the image's own, where there is one.
        is_image = isinstance(code, lambda_.EcrImageCode | lambda_.AssetImageCode)
        require(
            holds=not (snap_start and is_image),
            constraint="snap_start: Lambda takes no snapshot of an image, only of a zip",
        )
        self.log_group = logs.LogGroup(self, "LogGroup", retention=log_retention, removal_policy=removal_policy)
        self.function = lambda_.Function(
            self,
            "Function",
            description="Delivers log objects into customers' accounts",
            code=code,
            architecture=architecture,
            role=role,
            environment=environment,
            memory_size=size.memory_mib,
            timeout=size.timeout,
            reserved_concurrent_executions=size.reserved_concurrency,
            log_group=self.log_group,
            layers=self._layers(vector_layer_path, architecture, is_image=is_image),
            runtime=lambda_.Runtime.FROM_IMAGE if is_image else lambda_.Runtime.PYTHON_3_13,
            handler=lambda_.Handler.FROM_IMAGE if is_image else HANDLER,
            snap_start=lambda_.SnapStartConf.ON_PUBLISHED_VERSIONS if snap_start else None,
            # A delivery message that is tried again goes through the function and its own queue: Lambda would take
            # that for a loop and drop it after 16 rounds. The delivery schedule ends it.
            recursive_loop=lambda_.RecursiveLoop.ALLOW,
        )
        acknowledge_pinned_runtime(self.function)
        self._write_own_log(role)
        invoked = self.function.add_alias(LIVE) if snap_start else self.function
        _feed(invoked, "ObjectSource", object_queue, size)
        _feed(invoked, "DeliverySource", delivery_queue, size)

    def _layers(
        self, path: Path | None, architecture: lambda_.Architecture, *, is_image: bool
    ) -> list[lambda_.ILayerVersion] | None:
        if path is None:
            return None
        require(
            holds=not is_image,
            constraint="vector_layer_path: an image takes no layers, it must bring the Vector program itself",
        )
        require(
            holds=(path / "bin" / "vector").is_file(),
            constraint=f"vector_layer_path must hold bin/vector; {path} doesn't",
        )
        layer = lambda_.LayerVersion(
            self,
            "VectorLayer",
            code=lambda_.Code.from_asset(str(path)),
            compatible_architectures=[architecture],
            description="The Vector program",
        )
        return [layer]

    def _write_own_log(self, role: iam.IRole) -> None:
        policy = iam.Policy(
            self,
            "WriteOwnLog",
            roles=[role],
            statements=[write_own_log(self.log_group)],
        )
        self.function.node.add_dependency(policy)
        acknowledge_own_log(policy, self.log_group)


def _feed(function: lambda_.IFunction, source_id: str, queue: WorkQueue, size: ProcessorSize) -> None:
    _require_visibility(queue, size.timeout)
    function.add_event_source_mapping(
        source_id,
        event_source_arn=queue.queue.queue_arn,
        batch_size=BATCH_SIZE,
        max_concurrency=size.max_concurrency,
        report_batch_item_failures=True,
    )


def _require_visibility(queue: WorkQueue, timeout: Duration) -> None:
    least = VISIBILITY_FACTOR * timeout.to_seconds()
    require(
        holds=queue.visibility_timeout.to_seconds() >= least,
        constraint=f"visibility_timeout of {queue.node.id} must be at least {VISIBILITY_FACTOR} times the function's "
        f"timeout: {least} s, not {queue.visibility_timeout.to_seconds()} s",
    )
