"""The end of a run: wait until the queues are empty, redrive what lies in the dead-letter queues, wait again."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from cli.operation.queues import depth
from local.waiting import WaitedTooLongError, wait_until
from tests.faults.call import TENANT
from tests.faults.tenants import Place

INTERVAL_SECONDS = 1.0

type Progress = Callable[[str], None]


def waiting(place: Place) -> tuple[int, int]:
    """Return how many objects and how many deliveries the queues hold, in whatever state."""
    sqs, environment = place.central("sqs"), place.environment
    urls = (environment.object_queue_url, environment.delivery_queue_url, environment.outside_queue_url)
    objects, deliveries, outside = (depth(sqs, url).total for url in urls)
    return objects, deliveries + outside


def settle(place: Place, seconds: float, progress: Progress, foreign: int = 0) -> bool:
    """Wait until nothing is left in the queues; says whether it came to that.

    :param foreign: deliveries that waited before the run began, and aren't its own.
    """

    def empty() -> bool:
        objects, deliveries = waiting(place)
        progress(f"{objects} objects and {deliveries} deliveries wait")
        return not objects and deliveries <= foreign

    try:
        return wait_until(empty, what="empty queues", timeout_seconds=seconds, interval_seconds=INTERVAL_SECONDS)
    except WaitedTooLongError:
        return False


def redrive(place: Place) -> Counter[str]:
    """Send every dead-lettered message to its queue again; gives how many, by tenant."""
    environment = place.environment
    moved: Counter[str] = Counter()
    for dead, queue in (
        (environment.object_dlq_url, environment.object_queue_url),
        (environment.delivery_dlq_url, environment.delivery_queue_url),
        (place.outputs["OutsideDlqUrl"], environment.outside_queue_url),
    ):
        moved += _move(place.central("sqs"), dead, queue)
    return moved


def _move(sqs: Any, dead: str, queue: str) -> Counter[str]:
    """Send before deleting: a crash in between repeats a message and loses none."""
    moved: Counter[str] = Counter()
    while messages := sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10, WaitTimeSeconds=0).get("Messages"):
        for message in messages:
            sqs.send_message(QueueUrl=queue, MessageBody=message["Body"])
            sqs.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])
            tenant = TENANT.search(message["Body"])
            moved[tenant[0] if tenant else ""] += 1
    return moved
