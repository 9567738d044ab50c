"""A queue holds each message once, however many send, receive and delete at the same time.

The emulator works on a queue from several threads: requests, the notifications of S3 and SNS, and the pollers of
Lambda's event sources. Only the last take its lock, so that two receivers could get one message, and a message sent
while another was deleted could vanish. SQS standard queues deliver at least once, but they never lose a message.
"""

import threading

from ministack_fidelity.patching import Target, emulator, one_at_a_time, wrap

QUEUES = "ministack.services.sqs"
REQUESTS = tuple(
    Target(QUEUES, name, ("data", "qurl"))
    for name in (
        "_act_send_message",
        "_act_send_message_batch",
        "_act_delete_message",
        "_act_delete_message_batch",
        "_act_change_visibility",
        "_act_change_visibility_batch",
        "_act_purge_queue",
    )
)
STEPS = (
    Target(QUEUES, "_collect_msgs", ("q", "max_n", "vis_timeout")),
    Target(QUEUES, "_dlq_sweep", ("q",)),
    Target(QUEUES, "_expire_retained", ("q",)),
    Target(QUEUES, "_refresh_counts", ("q",)),
)
NOTIFICATIONS = (
    Target(
        "ministack.services.sns",
        "_deliver_to_sqs",
        (
            "endpoint",
            "envelope",
            "raw",
            "raw_message",
            "message_group_id",
            "message_dedup_id",
            "message_attributes",
            "topic_arn",
        ),
    ),
    Target("ministack.services.s3", "_deliver_event_to_sqs", ("arn", "event_payload", "bucket_region", "bucket_name")),
)
EVENT_SOURCES = (  # these take the lock by themselves
    Target(QUEUES, "_receive_messages_for_esm", ("queue_url", "max_number")),
    Target(QUEUES, "_delete_messages_for_esm", ("queue_url", "receipt_handles")),
)


def apply() -> None:
    """Return the emulator's queues one lock that each step takes, also inside another step."""
    for target in EVENT_SOURCES:
        target.resolve()
    lock = threading.RLock()
    emulator("services.sqs")._queues_lock = lock
    for target in (*REQUESTS, *STEPS, *NOTIFICATIONS):
        wrap(target, lambda original: one_at_a_time(original, lock))
