"""The Lambda host: takes batches of both queues, returns the messages that must come back (partial batch response).

Nothing closes its delivery methods at the end: Lambda tells a function of its end only where it has an extension
(Lambda developer guide, "Execution environment lifecycle", shutdown phase), and this one has none. Nothing is lost by
that, as no method holds an event between deliveries; connections end with the environment.
"""

import math
import os
import random
from functools import cache
from typing import TYPE_CHECKING, Any

from runtime import scheduling
from runtime.messages.queue_message import QueueMessage
from runtime.processor.deferred_gc import deferred_gc_import
from runtime.processor.malloc import tune_malloc
from runtime.time_budget import TimeBudget

if TYPE_CHECKING:
    from runtime.aws.clients import AwsClients, Service
    from runtime.processor.pipeline import MessageProcessor

SERVICES: "tuple[Service, ...]" = ("dynamodb", "logs", "s3", "sqs", "sts")  # an object's, in the processor's Region
MESSAGES_SIDE_BY_SIDE = 10  # all of a batch: none waits for another that hangs
SETTLE_SECONDS = 10.0  # kept at the end, for handing over what isn't done
SETTLE_SHARE = 0.2  # of what is left, where the function's timeout is short


@cache
def clients() -> "AwsClients":
    """Make the clients, once an execution environment."""
    from runtime.aws.clients import AwsClients
    from runtime.processor.settings import ProcessorSettings

    return AwsClients(ProcessorSettings.read().aws_region)


@cache
def processor() -> "MessageProcessor":
    """Make the processor, once an execution environment."""
    with deferred_gc_import():
        from runtime.logs import configure
        from runtime.processor.assembly import make_processor
        from runtime.processor.settings import ProcessorSettings

        settings = ProcessorSettings.read()
        configure(settings.log_level)
        tune_malloc()
        return make_processor(settings, clients=clients())


def load_everything() -> None:
    """Load all that an object may need, also the SDK and its clients: a snapshot is taken once, restored often."""
    processor()
    for service in SERVICES:
        clients().client(service)


def after_restore() -> None:
    """Forget what one snapshot's environments must not share: connections, credentials, the state of randomness."""
    if processor.cache_info().currsize:
        processor().close()
    clients().forget()
    clients.cache_clear()
    processor.cache_clear()
    random.seed()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Process the records of an SQS event; whichever queue they are from, their bodies say what they are.

    What a message takes is taken from those behind it: so it gets a share of the time, and each of them is begun. One
    that came back without having been begun would be counted as received, and at last be a dead letter.

    An operator's ``{"probe": {"tenant_id": …, "type": …}}`` tries the roles of a delivery config instead,
    ``{"external_ids": {"tenant_id": …}}`` the ExternalIds of a tenant at its roles.

    :returns: ``{"batchItemFailures": [{"itemIdentifier": message id}, …]}``: these stay in their queue.
    """
    if "probe" in event:
        return _probe(**event["probe"])
    if "external_ids" in event:
        return _try_external_ids(**event["external_ids"])
    messages = [_message(record) for record in event.get("Records", ())]
    if not messages:
        return {"batchItemFailures": []}
    budget = time_budget(context.get_remaining_time_in_millis() / 1000)
    ours = processor()  # before the threads: after a restore each of them would make one, with caches of its own

    def process(index: int) -> bool:
        rounds = math.ceil((len(messages) - index) / MESSAGES_SIDE_BY_SIDE)
        return ours.process(messages[index], budget.share(rounds))

    with scheduling.thread_pool(MESSAGES_SIDE_BY_SIDE, "message") as threads:
        settled = list(threads.map(process, range(len(messages))))
    failed = [message.message_id for message, done in zip(messages, settled, strict=True) if not done]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _probe(tenant_id: str, type: str) -> dict[str, Any]:  # noqa: A002 - the event's word
    from runtime.processor.probe import probe
    from runtime.processor.settings import ProcessorSettings

    return {"failure": probe(ProcessorSettings.read(), clients(), tenant_id, type)}


def _try_external_ids(tenant_id: str) -> dict[str, object]:
    from runtime.processor.external_ids import try_external_ids
    from runtime.processor.settings import ProcessorSettings

    return try_external_ids(ProcessorSettings.read(), clients(), tenant_id)


def time_budget(remaining_seconds: float) -> TimeBudget:
    """Derive an invocation's budget from what Lambda leaves it: deliveries stop early enough to be handed over."""
    settle = min(SETTLE_SECONDS, remaining_seconds * SETTLE_SHARE)
    return TimeBudget.of_seconds(remaining_seconds - settle, settle_seconds=settle)


def _message(record: dict[str, Any]) -> QueueMessage:
    return QueueMessage(record["body"], record["messageId"], record.get("receiptHandle"))


_initialization = os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE")
if _initialization == "snap-start":
    from snapshot_restore_py import register_after_restore, register_before_snapshot

    register_before_snapshot(load_everything)
    register_after_restore(after_restore)
elif _initialization:
    # The initialisation has a whole CPU to itself, whatever the function's memory: load there what every event wants.
    processor()
