"""The container host: long polling of one or two queues, until it is told to stop."""

import logging
import random
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from runtime import scheduling
from runtime.aws.clients import AwsClients
from runtime.logs import without_message
from runtime.messages.queue_message import QueueMessage
from runtime.processor.pipeline import Processor
from runtime.processor.visibility import Visibility
from runtime.time_budget import TimeBudget

MESSAGES_A_RECEIVE = 10  # SQS API reference, ReceiveMessage: at most 10
WAIT_SECONDS = 20  # the same page: at most 20
MESSAGES_SIDE_BY_SIDE = 4  # of each queue; bounds memory
LOOPS_A_QUEUE = 2  # one slow object holds up the receive of its own ten, not of the next
OBJECT_SECONDS = 600.0  # ours: what one message may take before the rest is handed over
SETTLE_SECONDS = 15.0
GRACE_SECONDS = 60.0  # ours: from SIGTERM until running deliveries are handed over; below Kubernetes' grace period
LONGEST_PAUSE_SECONDS = 60.0
logger = logging.getLogger("logrouter.poller")


class StopSignal:
    """Says that the host was told to stop, and when running work must end (monotonic seconds)."""

    def __init__(self, clock: Callable[[], float] = scheduling.monotonic) -> None:
        self._clock = clock
        self._event = scheduling.event()
        self._deadline = float("inf")

    def set(self) -> None:
        """Stop: no new messages, running ones end within the grace period."""
        if not self._event.is_set():
            self._deadline = self._clock() + GRACE_SECONDS
            self._event.set()

    def is_set(self) -> bool:
        """Whether it was told to stop."""
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Pause, but no longer than until it is told to stop."""
        return self._event.wait(seconds)

    def deadline(self) -> float:
        """When running work must end."""
        return self._deadline


class QueuePoller:
    """Receives from one queue and settles what the processor says is settled."""

    def __init__(
        self,
        processor: Processor,
        clients: AwsClients,
        queue_url: str,
        *,
        stop: StopSignal,
        heartbeat_file: Path | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._processor = processor
        self._clients = clients
        self._queue_url = queue_url
        self._stop = stop
        self._heartbeat_file = heartbeat_file
        self._jitter = jitter
        self._failures = 0

    def run(self, threads: ThreadPoolExecutor) -> None:
        """Poll until told to stop. Returns when everything received is settled or left in its queue.

        A loop that ends for any other reason stops its siblings: better started anew than half alive.
        """
        try:
            while not self._stop.is_set():
                self.poll_once(threads)
        finally:
            self._stop.set()

    def poll_once(self, threads: ThreadPoolExecutor) -> None:
        """Receive up to ten messages and work them off."""
        self._beat()
        messages = self._receive()
        if messages:
            self._work_off(messages, threads)

    def _receive(self) -> Sequence[dict[str, Any]]:
        try:
            request = {
                "QueueUrl": self._queue_url,
                "MaxNumberOfMessages": MESSAGES_A_RECEIVE,
                "WaitTimeSeconds": WAIT_SECONDS,
            }
            answer = self._clients.call("sqs", "ReceiveMessage", request)
        except Exception as error:  # noqa: BLE001 - whatever it is: it is tried again, ever more slowly
            self._failures += 1
            pause = min(LONGEST_PAUSE_SECONDS, 2.0 ** min(self._failures, 10)) * self._jitter()
            logger.warning("the queue can't be read", extra={"pause_seconds": pause, **without_message(error)})
            self._stop.wait(pause)
            return ()
        self._failures = 0
        messages: Sequence[dict[str, Any]] = answer.get("Messages", ())
        return messages

    def _work_off(self, messages: Sequence[dict[str, Any]], threads: ThreadPoolExecutor) -> None:
        handles = [message["ReceiptHandle"] for message in messages]
        with Visibility(self._clients, self._queue_url, handles) as visibility:
            futures = {threads.submit(self._process, message): message for message in messages}
            pending: set[Future[bool]] = set(futures)
            while pending:
                done, pending = scheduling.wait(pending, timeout=visibility.interval_seconds)
                self._beat()
                settled = [futures[future]["ReceiptHandle"] for future in done if future.result()]
                # Before anything else happens to a message that isn't settled: it may just have been hidden.
                visibility.release(futures[future]["ReceiptHandle"] for future in done)
                self._delete(settled)
                visibility.extend()

    def _process(self, message: dict[str, Any]) -> bool:
        if self._stop.is_set():  # received, but not begun: it comes back to another poller
            return False
        budget = TimeBudget.of_seconds(OBJECT_SECONDS, settle_seconds=SETTLE_SECONDS, stop_by=self._stop.deadline)
        queue_message = QueueMessage(message["Body"], message["MessageId"], message["ReceiptHandle"])
        return self._processor.process(queue_message, budget)

    def _delete(self, receipt_handles: list[str]) -> None:
        if not receipt_handles:
            return
        entries = [{"Id": str(place), "ReceiptHandle": handle} for place, handle in enumerate(receipt_handles)]
        try:
            answer = self._clients.call("sqs", "DeleteMessageBatch", {"QueueUrl": self._queue_url, "Entries": entries})
            failed = len(answer.get("Failed", ()))
        except Exception as error:  # noqa: BLE001 - they come back and are delivered again: at least once
            logger.warning("settled messages can't be deleted", extra=without_message(error))
        else:
            if failed:
                logger.warning("settled messages can't be deleted", extra={"count": failed})

    def _beat(self) -> None:
        """Touch the heartbeat file: a probe sees that the loop is alive, not merely the process."""
        if self._heartbeat_file is not None:
            try:
                self._heartbeat_file.touch()
            except OSError as error:
                logger.warning("the heartbeat file can't be touched", extra=without_message(error))


def run(
    processor: Processor,
    clients: AwsClients,
    queue_urls: Sequence[str],
    *,
    stop: StopSignal,
    heartbeat_file: Path | None = None,
) -> None:
    """Poll each queue in loops and threads of its own, so that many retries never take the place of new objects."""
    with ExitStack() as pools:
        loops: list[scheduling.Thread] = []
        for url in dict.fromkeys(queue_urls):
            threads = pools.enter_context(scheduling.thread_pool(MESSAGES_SIDE_BY_SIDE, "message"))
            for _ in range(LOOPS_A_QUEUE):
                poller = QueuePoller(processor, clients, url, stop=stop, heartbeat_file=heartbeat_file)
                loops.append(scheduling.thread(partial(poller.run, threads), f"poll-{len(loops)}"))
        for loop in loops:
            loop.start()
        for loop in loops:
            loop.join()
