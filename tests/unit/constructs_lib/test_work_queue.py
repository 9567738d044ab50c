import pytest
from aws_cdk import Duration, RemovalPolicy
from aws_cdk.assertions import Match, Template

from constructs_lib.limits import PropertyError
from constructs_lib.work_queue import WorkQueue


def make(stack, **properties):
    return WorkQueue(
        stack,
        "Work",
        **{
            "visibility_timeout": Duration.minutes(12),
            "max_receive_count": 5,
            "removal_policy": RemovalPolicy.RETAIN,
            **properties,
        },
    )


def test_what_fails_moves_to_its_dead_letter_queue(stack):
    """A message that can't be processed would circle until it expires, unseen."""
    work = make(stack)
    Template.from_stack(stack).has_resource_properties(
        "AWS::SQS::Queue",
        {
            "VisibilityTimeout": 720,
            "ReceiveMessageWaitTimeSeconds": 20,
            "RedrivePolicy": {
                "deadLetterTargetArn": stack.resolve(work.dead_letter_queue.queue_arn),
                "maxReceiveCount": 5,
            },
        },
    )


def test_the_dead_letter_queue_keeps_messages_as_long_as_sqs_can(stack):
    """A message that moves keeps its age: with the same retention it would expire on arrival."""
    make(stack)
    template = Template.from_stack(stack)
    template.has_resource_properties(
        "AWS::SQS::Queue", {"MessageRetentionPeriod": 14 * 86400, "RedrivePolicy": Match.absent()}
    )
    template.has_resource_properties(
        "AWS::SQS::Queue", {"MessageRetentionPeriod": 7 * 86400, "RedrivePolicy": Match.any_value()}
    )


def test_both_queues_are_encrypted_take_tls_alone_and_are_kept(stack):
    """Object names would lie or travel in clear; a stack's deletion would delete the work that waits."""
    make(stack)
    template = Template.from_stack(stack)
    template.all_resources("AWS::SQS::Queue", {"DeletionPolicy": "Retain"})
    template.all_resources_properties("AWS::SQS::Queue", {"SqsManagedSseEnabled": True})
    template.resource_count_is("AWS::SQS::QueuePolicy", 2)
    template.all_resources_properties(
        "AWS::SQS::QueuePolicy",
        {
            "PolicyDocument": Match.object_like(
                {
                    "Statement": Match.array_with(
                        [Match.object_like({"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}})]
                    )
                }
            )
        },
    )


@pytest.mark.parametrize(
    ("properties", "named"),
    [
        ({"visibility_timeout": Duration.hours(13)}, "visibility_timeout must be 1-43200 seconds"),
        ({"visibility_timeout": Duration.seconds(0)}, "visibility_timeout must be 1-43200 seconds"),
        ({"max_receive_count": 0}, "max_receive_count must be 1-1000"),
        ({"max_receive_count": 1001}, "max_receive_count must be 1-1000"),
        ({"dead_letter_retention": Duration.days(15)}, "dead_letter_retention must be at most"),
        ({"retention": Duration.days(14)}, "dead_letter_retention .* must be longer than retention"),
    ],
)
def test_what_sqs_refuses_is_refused_at_once(stack, properties, named):
    """CloudFormation would say so in the middle of a deployment, without naming the property."""
    with pytest.raises(PropertyError, match=named):
        make(stack, **properties)
