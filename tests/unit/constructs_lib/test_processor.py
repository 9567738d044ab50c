import pytest
from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Match, Template

from constructs_lib.limits import PropertyError
from constructs_lib.pipeline_function import FunctionSettings
from constructs_lib.processor import Processor, ProcessorSize
from constructs_lib.processor_execution_role import ProcessorExecutionRole
from constructs_lib.queues import ObjectQueue


@pytest.fixture
def code(tmp_path):
    (tmp_path / "handler.py").write_text("")
    return lambda_.Code.from_asset(str(tmp_path))


@pytest.fixture
def make(stack, resources, code):
    role = ProcessorExecutionRole(stack, "Execution", stage="development", resources=resources).role

    def build(**properties):
        return Processor(
            stack,
            "Processor",
            **{
                "role": role,
                "settings": FunctionSettings(code=code),
                "object_queue": resources.object_queue,
                "delivery_queue": resources.delivery_queue,
                "environment": {"LOG_LEVEL": "INFO"},
                "size": ProcessorSize(),
                **properties,
            },
        )

    return build


def function_is(stack, properties):
    Template.from_stack(stack).has_resource_properties("AWS::Lambda::Function", properties)


def test_runs_our_handler_on_python_3_13_and_arm_by_default(stack, make):
    """The zip's byte code and wheels are made for exactly this."""
    make()
    function_is(
        stack,
        {
            "Runtime": "python3.13",
            "Handler": "runtime.processor.lambda_handler.handler",
            "Architectures": ["arm64"],
            "MemorySize": 1024,
            "Timeout": 120,
            "Environment": {"Variables": {"LOG_LEVEL": "INFO"}},
        },
    )


def test_the_architecture_can_be_chosen(stack, make, code):
    """On the embedded cloud the function runs on the machine at hand: other wheels don't load."""
    make(settings=FunctionSettings(code=code, architecture=lambda_.Architecture.X86_64))
    function_is(stack, {"Architectures": ["x86_64"]})


def test_reads_both_queues_in_batches_and_returns_single_messages(stack, make, resources):
    """One failed message would bring back nine settled ones, or nobody would read the delivery queue."""
    make()
    template = Template.from_stack(stack)
    template.resource_count_is("AWS::Lambda::EventSourceMapping", 2)
    for queue in (resources.object_queue, resources.delivery_queue):
        template.has_resource_properties(
            "AWS::Lambda::EventSourceMapping",
            {
                "EventSourceArn": stack.resolve(queue.queue.queue_arn),
                "BatchSize": 10,
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
                "ScalingConfig": {"MaximumConcurrency": 20},
            },
        )


def test_under_snap_start_the_queues_feed_the_alias(stack, make):
    """SnapStart makes snapshots of versions alone: the unversioned function would start cold all the same."""
    make(snap_start=True)
    function_is(stack, {"SnapStart": {"ApplyOn": "PublishedVersions"}})
    template = Template.from_stack(stack)
    template.has_resource_properties("AWS::Lambda::Alias", {"Name": "live"})
    sources = template.find_resources("AWS::Lambda::EventSourceMapping").values()
    names = [source["Properties"]["FunctionName"]["Fn::Join"][1] for source in sources]
    assert [name[-1] for name in names] == [":live", ":live"]


def test_no_snapshot_of_an_image(stack, make):
    """Lambda would refuse it in the middle of a deployment."""
    image = lambda_.EcrImageCode(ecr.Repository(stack, "Repository"))
    with pytest.raises(PropertyError, match="snap_start"):
        make(settings=FunctionSettings(code=image), snap_start=True)


def test_repeated_attempts_are_no_loop_to_lambda(stack, make):
    """Lambda would drop a delivery message after its 16th round through function and queue."""
    make()
    function_is(stack, {"RecursiveLoop": "Allow"})


def test_writes_into_its_own_log_group_alone_and_that_expires(stack, make):
    """Logs would be kept for ever, or the function could write into any log group of the account."""
    processor = make()
    template = Template.from_stack(stack)
    template.has_resource_properties("AWS::Logs::LogGroup", {"RetentionInDays": 30})
    function_is(stack, {"LoggingConfig": {"LogGroup": stack.resolve(processor.log_group.log_group_name)}})
    template.has_resource_properties(
        "AWS::IAM::Policy",
        {
            "PolicyDocument": {
                "Statement": [
                    {
                        "Sid": "WriteOwnLog",
                        "Effect": "Allow",
                        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                        "Resource": stack.resolve(processor.log_group.log_group_arn),
                    }
                ]
            }
        },
    )


def test_a_container_image_brings_its_own_handler(stack, make):
    """CloudFormation refuses a handler or a runtime beside an image."""
    repository = ecr.Repository.from_repository_name(stack, "Repository", "processor")
    make(settings=FunctionSettings(code=lambda_.EcrImageCode(repository, tag_or_digest="1.0")))
    function_is(stack, {"PackageType": "Image", "Runtime": Match.absent(), "Handler": Match.absent()})


def test_the_vector_program_comes_as_a_layer(stack, make, tmp_path):
    """The Vector engine would find no program."""
    program = tmp_path / "layer" / "bin" / "vector"
    program.parent.mkdir(parents=True)
    program.write_text("")
    make(vector_layer_path=tmp_path / "layer")
    template = Template.from_stack(stack)
    function_is(stack, {"Layers": [{"Ref": name} for name in template.find_resources("AWS::Lambda::LayerVersion")]})
    template.has_resource_properties("AWS::Lambda::LayerVersion", {"CompatibleArchitectures": ["arm64"]})


def test_a_layer_without_the_program_is_refused(make, tmp_path):
    """Every delivery by the Vector engine would fail, after a deployment that went well."""
    with pytest.raises(PropertyError, match="vector_layer_path must hold bin/vector"):
        make(vector_layer_path=tmp_path)


def test_a_layer_beside_an_image_is_refused(stack, make, tmp_path):
    """Lambda takes no layers with an image: the deployment would fail halfway."""
    repository = ecr.Repository.from_repository_name(stack, "Repository", "processor")
    with pytest.raises(PropertyError, match="an image takes no layers"):
        make(
            settings=FunctionSettings(code=lambda_.EcrImageCode(repository, tag_or_digest="1.0")),
            vector_layer_path=tmp_path,
        )


def test_visibility_must_be_six_times_the_timeout(stack, make, topic):
    """Messages would come back while they are still worked on: logs delivered twice."""
    hasty = ObjectQueue(
        stack,
        "Hasty",
        topic=topic.topic,
        visibility_timeout=Duration.seconds(719),
        removal_policy=RemovalPolicy.DESTROY,
    )
    with pytest.raises(
        PropertyError, match=r"visibility_timeout of Hasty must be at least 6 times .* 720 s, not 719 s"
    ):
        make(object_queue=hasty)


@pytest.mark.parametrize(
    ("properties", "named"),
    [
        ({"memory_mib": 127}, "memory_mib must be 128-10240 MiB"),
        ({"timeout": Duration.seconds(901)}, "timeout must be 5-900 seconds"),
        ({"max_concurrency": 1}, "max_concurrency must be 2-1000"),
        ({"max_concurrency": 10, "reserved_concurrency": 19}, "must cover both event sources: at least 20, not 19"),
    ],
)
def test_sizes_that_lambda_refuses_or_throttles_are_refused(properties, named):
    """Throttled messages travel to the dead-letter queue without having been tried."""
    with pytest.raises(PropertyError, match=named):
        ProcessorSize(**properties)


def test_reserved_concurrency_reaches_the_function(stack, make):
    """A noisy function of the same account could starve deliveries."""
    make(size=ProcessorSize(max_concurrency=10, reserved_concurrency=20))
    function_is(stack, {"ReservedConcurrentExecutions": 20})
