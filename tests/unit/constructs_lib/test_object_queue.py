from aws_cdk import Duration, RemovalPolicy
from aws_cdk.assertions import Match, Template

from constructs_lib.object_queue import ObjectQueue


def make(stack, topic):
    return ObjectQueue(
        stack,
        "ObjectQueue",
        topic=topic.topic,
        visibility_timeout=Duration.minutes(12),
        removal_policy=RemovalPolicy.DESTROY,
    )


def test_the_subscription_has_a_dead_letter_queue_of_its_own(stack, topic):
    """Where SNS can't reach the queue, notifications would be gone, and with them their objects."""
    queue = make(stack, topic)
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
    queue = make(stack, topic)
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
    make(stack, topic)
    for policy in Template.from_stack(stack).find_resources("AWS::SQS::QueuePolicy").values():
        allowed = [s for s in policy["Properties"]["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"]
        assert [s["Sid"] for s in allowed] in ([], ["AllowNotificationTopic"])


def test_the_queues_let_the_topic_in_before_it_is_subscribed(stack, topic):
    """What is published between subscription and policy would be refused."""
    make(stack, topic)
    template = Template.from_stack(stack)
    subscription = next(iter(template.find_resources("AWS::SNS::Subscription").values()))
    allowing = {
        name
        for name, policy in template.find_resources("AWS::SQS::QueuePolicy").items()
        if any(s.get("Sid") == "AllowNotificationTopic" for s in policy["Properties"]["PolicyDocument"]["Statement"])
    }
    assert len(allowing) == 2
    assert allowing <= set(subscription["DependsOn"])
