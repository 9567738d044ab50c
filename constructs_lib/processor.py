"""The processor as a function: one for both queues, from a zip or a container image."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from constructs_lib.limits import require, require_between
from constructs_lib.pipeline_function import FunctionSettings, PipelineFunction
from constructs_lib.queues import WorkQueue

HANDLER: Final = "runtime.processor.lambda_handler.handler"
BATCH_SIZE: Final = 10
"""Messages of one invocation; the processor works on them concurrently."""

VECTOR_PROGRAM: Final = "/opt/bin/vector"
"""Where a layer's ``bin/vector`` lies. Source: Lambda developer guide, layers: content is extracted to /opt."""

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


class Processor(PipelineFunction):
    """Function with two SQS event sources and partial batch responses, from a zip or a container image.

    :param settings: with the code for the function's architecture; for an image ``lambda_.EcrImageCode`` or
        ``lambda_.AssetImageCode`` (``DockerImageCode`` is no ``Code`` in the CDK).
    :param vector_layer_path: directory that holds ``bin/vector`` for the function's architecture, for the Vector
        engine; it becomes a layer, so that the program is found at ``VECTOR_PROGRAM``. An image brings its own.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: FunctionSettings,
        role: iam.IRole,
        object_queue: WorkQueue,
        delivery_queue: WorkQueue,
        environment: dict[str, str],
        size: ProcessorSize,
        vector_layer_path: Path | None = None,
        snap_start: bool = False,
    ) -> None:
        # Runtime and handler are the image's own, where there is one.
        is_image = isinstance(settings.code, lambda_.EcrImageCode | lambda_.AssetImageCode)
        require(
            holds=not (snap_start and is_image),
            constraint="snap_start: Lambda takes no snapshot of an image, only of a zip",
        )
        super().__init__(
            scope,
            construct_id,
            settings=settings,
            handler=lambda_.Handler.FROM_IMAGE if is_image else HANDLER,
            runtime=lambda_.Runtime.FROM_IMAGE if is_image else lambda_.Runtime.PYTHON_3_13,
            description="Delivers log objects into customers' accounts",
            memory_mib=size.memory_mib,
            timeout=size.timeout,
            environment=environment,
            permissions=(),
            role=role,
            policy_id="WriteOwnLog",
            snap_start=snap_start,
            reserved_concurrent_executions=size.reserved_concurrency,
            # A delivery message that is tried again goes through the function and its own queue: Lambda would take
            # that for a loop and drop it after 16 rounds. The delivery schedule ends it.
            recursive_loop=lambda_.RecursiveLoop.ALLOW,
        )
        self.function.node.add_dependency(self.policy)
        if vector_layer_path is not None:
            self.function.add_layers(self._layer(vector_layer_path, settings.architecture, is_image=is_image))
        for source_id, queue in (("ObjectSource", object_queue), ("DeliverySource", delivery_queue)):
            feed(self.invoked, source_id, queue, size)

    def _layer(self, path: Path, architecture: lambda_.Architecture, *, is_image: bool) -> lambda_.LayerVersion:
        require(
            holds=not is_image,
            constraint="vector_layer_path: an image takes no layers, it must bring the Vector program itself",
        )
        require(
            holds=(path / "bin" / "vector").is_file(),
            constraint=f"vector_layer_path must hold bin/vector; {path} doesn't",
        )
        return lambda_.LayerVersion(
            self,
            "VectorLayer",
            code=lambda_.Code.from_asset(str(path)),
            compatible_architectures=[architecture],
            description="The Vector program",
        )


def feed(function: lambda_.IFunction, source_id: str, queue: WorkQueue, size: ProcessorSize) -> None:
    """Let the queue invoke the function.

    :raises PropertyError: the queue hides a message for less than six times the function's timeout.
    """
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
