"""The queue of delivery messages: a delivery that did not settle at once, with its checkpoint."""

from aws_cdk import Duration, RemovalPolicy
from constructs import Construct

from constructs_lib.limits import require_longer
from constructs_lib.work_queue import WorkQueue


class DeliveryQueue(WorkQueue):
    """Work queue whose messages are hidden until they are due.

    A delivery message is due up to an hour after it was sent, four times what ``DelaySeconds`` can hold (900 s), and
    the processor hides one that comes early. So a message is received more often than it is tried: the count that
    sends it to the dead-letter queue is no limit of attempts (the delivery schedule is) but the last resort.

    :param delivery_schedule: how long deliveries are tried before they are parked; a message must outlive it.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        visibility_timeout: Duration,
        delivery_schedule: Duration,
        removal_policy: RemovalPolicy,
        max_receive_count: int = 20,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            visibility_timeout=visibility_timeout,
            max_receive_count=max_receive_count,
            removal_policy=removal_policy,
        )
        require_longer(
            ("dead_letter_retention", self.dead_letter_retention),
            ("delivery_schedule", delivery_schedule),
            "a delivery must be parked before its message expires",
        )
