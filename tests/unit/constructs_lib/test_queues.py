import pytest
from aws_cdk import Duration, RemovalPolicy
from aws_cdk.assertions import Match, Template

from constructs_lib.limits import PropertyError
from constructs_lib.queues import DeliveryQueue, ObjectQueue, WorkQueue


def make_work_queue(stack, **properties):
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
    work = make_work_queue(stack)
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
    make_work_queue(stack)
    template = Template.from_stack(stack)
    template.has_resource_properties(
        "AWS::SQS::Queue", {"MessageRetentionPeriod": 14 * 86400, "RedrivePolicy": Match.absent()}
    )
    template.has_resource_properties(
        "AWS::SQS::Queue", {"MessageRetentionPeriod": 7 * 86400, "RedrivePolicy": Match.any_value()}
    )


def test_both_queues_are_encrypted_take_tls_alone_and_are_kept(stack):
    """Object names would lie or travel in clear; a stack's deletion would delete the work that waits."""
    make_work_queue(stack)
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
        make_work_queue(stack, **properties)


def make_object_queue(stack, topic):
    return ObjectQueue(
        stack,
        "ObjectQueue",
        topic=topic.topic,
        visibility_timeout=Duration.minutes(12),
        removal_policy=RemovalPolicy.DESTROY,
    )


def test_the_subscription_has_a_dead_letter_queue_of_its_own(stack, topic):
    """Where SNS can't reach the queue, notifications would be gone, and with them their objects."""
    queue = make_object_queue(stack, topic)
    Template.from_stack(stack).has_resource_properties(
        "AWS::SNS::Subscription",
        {
            "Protocol": "sqs",
            "TopicArn": stack.resolve(topic.topic_arn),
            "Endpoint": stack.resolve(queue.queue.queue_arn),
            "RedrivePolicy": {"deadLetterTargetArn": stack.resolve(queue.undelivered_notifications.queue_arn)},
        },
    )


def test_only_this_topic_may_send_to_both(stack, topic):
    """Another topic could order the processor to deliver any object; or SNS couldn't reach its dead-letter queue."""
    queue = make_object_queue(stack, topic)
    for each in (queue.queue, queue.undelivered_notifications):
        Template.from_stack(stack).has_resource_properties(
            "AWS::SQS::QueuePolicy",
            {
                "Queues": [stack.resolve(each.queue_url)],
                "PolicyDocument": {
                    "Statement": Match.array_with(
                        [
                            {
                                "Sid": "AllowNotificationTopic",
                                "Effect": "Allow",
                                "Principal": {"Service": "sns.amazonaws.com"},
                                "Action": "sqs:SendMessage",
                                "Resource": stack.resolve(each.queue_arn),
                                "Condition": {
                                    "ArnEquals": {"aws:SourceArn": stack.resolve(topic.topic_arn)},
                                    "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
                                },
                            }
                        ]
                    )
                },
            },
        )


def test_nobody_else_may_send_to_them(stack, topic):
    """A statement that the construct library adds by itself would let SNS in from any account."""
    make_object_queue(stack, topic)
    for policy in Template.from_stack(stack).find_resources("AWS::SQS::QueuePolicy").values():
        allowed = [s for s in policy["Properties"]["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"]
        assert [s["Sid"] for s in allowed] in ([], ["AllowNotificationTopic"])


def test_the_queues_let_the_topic_in_before_it_is_subscribed(stack, topic):
    """What is published between subscription and policy would be refused."""
    make_object_queue(stack, topic)
    template = Template.from_stack(stack)
    subscription = next(iter(template.find_resources("AWS::SNS::Subscription").values()))
    allowing = {
        name
        for name, policy in template.find_resources("AWS::SQS::QueuePolicy").items()
        if any(s.get("Sid") == "AllowNotificationTopic" for s in policy["Properties"]["PolicyDocument"]["Statement"])
    }
    assert len(allowing) == 2
    assert allowing <= set(subscription["DependsOn"])


def make_delivery_queue(stack, schedule):
    return DeliveryQueue(
        stack,
        "DeliveryQueue",
        visibility_timeout=Duration.minutes(12),
        delivery_schedule=schedule,
        removal_policy=RemovalPolicy.DESTROY,
    )


def test_unsettled_receives_leave_room_before_the_dead_letter_queue(stack):
    """Functions that are killed while they work would send a delivery to the dead letters before its schedule ends."""
    make_delivery_queue(stack, Duration.days(1))
    Template.from_stack(stack).has_resource_properties(
        "AWS::SQS::Queue", {"RedrivePolicy": Match.object_like({"maxReceiveCount": 20})}
    )


def test_the_schedule_must_end_before_messages_expire(stack):
    """A delivery would vanish from the queue instead of being parked."""
    with pytest.raises(PropertyError, match=r"dead_letter_retention .* must be longer than delivery_schedule"):
        make_delivery_queue(stack, Duration.days(14))
