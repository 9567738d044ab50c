import pytest
from aws_cdk import Duration, RemovalPolicy
from aws_cdk.assertions import Match, Template

from constructs_lib.delivery_queue import DeliveryQueue
from constructs_lib.limits import PropertyError


def make(stack, schedule):
    return DeliveryQueue(
        stack,
        "DeliveryQueue",
        visibility_timeout=Duration.minutes(12),
        delivery_schedule=schedule,
        removal_policy=RemovalPolicy.DESTROY,
    )


def test_early_arrivals_leave_room_before_the_dead_letter_queue(stack):
    """A message due in an hour arrives early several times: a low count would end it before it was ever tried."""
    make(stack, Duration.days(1))
    Template.from_stack(stack).has_resource_properties(
        "AWS::SQS::Queue", {"RedrivePolicy": Match.object_like({"maxReceiveCount": 20})}
    )


def test_the_schedule_must_end_before_messages_expire(stack):
    """A delivery would vanish from the queue instead of being parked."""
    with pytest.raises(PropertyError, match=r"dead_letter_retention .* must be longer than delivery_schedule"):
        make(stack, Duration.days(14))
