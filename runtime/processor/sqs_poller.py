"""The container host: long polling of one or two queues, until it is stopped.

A queue has one loop. It receives while there is room for messages, begins each at once, and deletes what is settled: no
message waits for another that was received with it.
"""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from runtime import scheduling
from runtime.aws.clients import AwsClients
from runtime.backoff import Backoff
from runtime.logs import without_message
from runtime.messages.queue_message import QueueMessage
from runtime.processor.deletion import Deletions
from runtime.processor.heartbeat import Heartbeats
from runtime.processor.pipeline import MessageProcessor
from runtime.processor.visibility import VISIBILITY_SECONDS, Visibility
from runtime.time_budget import TimeBudget

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef, ReceiveMessageRequestTypeDef

MESSAGES_A_RECEIVE: Final = 10  # SQS API reference, ReceiveMessage: at most 10
IDLE_WAIT_SECONDS: Final = 20  # the same page, WaitTimeSeconds: at most 20
BUSY_WAIT_SECONDS: Final = 1  # ours: so long messages at work wait for an empty queue
SHORT_SECONDS: Final = 0.1  # ours: most messages have ended by then, and the queue is asked once for them
MESSAGES_AT_WORK: Final = 32
"""Ours, of each queue: more than ``destination_shares`` lets hang. ``attempts`` bounds how many objects are read."""
MOST_UNDELETED: Final = 1_000
"""Ours, of each queue: settled messages that can't be deleted and are kept hidden; then nothing more is received."""
OBJECT_SECONDS = 600.0  # ours: what one message may take before the rest is handed over
SETTLE_SECONDS = 15.0
GRACE_SECONDS = 60.0  # ours: from SIGTERM until running deliveries are handed over; below Kubernetes' grace period
PAUSES: Final = Backoff(2.0, 60.0)
"""Between receives while the queue can't be read, or deliveries can't be begun: a table of ours that is down."""
type Received = MessageTypeDef
"""A message as ReceiveMessage gives it."""
logger = logging.getLogger("logrouter.poller")


class StopSignal:
    """The signal that the host stops, and when running work must end (monotonic seconds)."""

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
        """Whether it was stopped."""
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Pause, at most until it is stopped."""
        return self._event.wait(seconds)

    def deadline(self) -> float:
        """When running work must end."""
        return self._deadline


class QueuePoller:
    """Receives from one queue and settles what the processor says is settled. Used by one thread."""

    def __init__(
        self,
        processor: MessageProcessor,
        clients: AwsClients,
        queue_url: str,
        *,
        stop: StopSignal,
        heartbeats: Heartbeats | None = None,
        pauses: Backoff = PAUSES,
    ) -> None:
        self._processor = processor
        self._clients = clients
        self._queue_url = queue_url
        self._stop = stop
        self._heartbeats = heartbeats or Heartbeats(None)
        self._pauses = pauses
        self._failures = 0
        self._quiet_until = 0.0  # monotonic seconds
        self._at_work: dict[Future[bool], Received] = {}
        self._ending = False  # whether a message has ended in the last round
        self._deletions = Deletions(clients, queue_url)
        self._visibility = Visibility(clients, queue_url)

    @property
    def busy(self) -> bool:
        """Whether a message is at work, or settled and not deleted yet."""
        return bool(self._at_work or (self._deletions and not self._deletions.failing))

    def run(self, threads: ThreadPoolExecutor) -> None:
        """Poll until stopped. Returns when everything received is settled or left in its queue, or time is up.

        A loop that ends for any other reason stops its siblings: better started again than half alive.
        """
        try:
            while not self._stop.is_set() or self._at_work or self._may_still_delete():
                self.poll_once(threads)
        finally:
            self._stop.set()

    def _may_still_delete(self) -> bool:
        return bool(self._deletions) and scheduling.monotonic() < self._stop.deadline()

    def poll_once(self, threads: ThreadPoolExecutor) -> None:
        """Receive what there is room for, begin it, and settle what has ended meanwhile."""
        self._heartbeats.beat(self._queue_url)
        room = min(MESSAGES_A_RECEIVE, MESSAGES_AT_WORK - len(self._at_work))
        # A receive for fewer than ten costs as much: while messages end, there will soon be room for ten.
        asked = room > 0 and not (self._ending and room < MESSAGES_A_RECEIVE) and self._may_receive()
        messages = self._receive(room) if asked else ()
        self._visibility.add(message["ReceiptHandle"] for message in messages)
        for message in messages:
            self._at_work[threads.submit(self._process, message)] = message
        at_once = len(messages) == MESSAGES_A_RECEIVE
        self._settle(0.0 if at_once else SHORT_SECONDS if asked else BUSY_WAIT_SECONDS, asked=asked)

    def _may_receive(self) -> bool:
        if self._stop.is_set() or len(self._deletions) >= MOST_UNDELETED:
            return False
        quiet = self._quiet_until - scheduling.monotonic()
        if quiet > 0:
            if not self._at_work:
                self._stop.wait(quiet)
            return False
        if self._processor.is_ready():
            return True
        self._hold_off("deliveries can't be started: nothing is received")
        return False

    def _receive(self, room: int) -> Sequence[Received]:
        request: ReceiveMessageRequestTypeDef = {
            "QueueUrl": self._queue_url,
            "MaxNumberOfMessages": room,
            "WaitTimeSeconds": BUSY_WAIT_SECONDS if self.busy else IDLE_WAIT_SECONDS,
            "VisibilityTimeout": VISIBILITY_SECONDS,
            "MessageSystemAttributeNames": ["ApproximateReceiveCount"],
        }
        try:
            answer = self._clients.call("sqs", "ReceiveMessage", request)
        except Exception as error:  # noqa: BLE001 - whatever it is: it is tried again, ever more slowly
            self._hold_off("the queue can't be read", **without_message(error))
            return ()
        self._failures = 0
        return answer.get("Messages", ())

    def _hold_off(self, why: str, **extra: object) -> None:
        """Pause receiving, longer each time; running work continues."""
        self._failures += 1
        pause = self._pauses.pause(self._failures)
        logger.warning(why, extra={"pause_seconds": pause, **extra})
        if self.busy:
            self._quiet_until = scheduling.monotonic() + pause
        else:
            self._stop.wait(pause)

    def _settle(self, seconds: float, *, asked: bool) -> None:
        """Wait so long for a message to end; delete what is settled. ``asked``: the queue was, in this round."""
        if self._at_work:
            done, _ = scheduling.wait(self._at_work.keys(), seconds, FIRST_COMPLETED)
            self._ending = bool(done)
            ended = [(self._at_work.pop(future), future.result()) for future in done]
            # Before anything else happens to a message that isn't settled.
            self._visibility.put_back({one["ReceiptHandle"]: _receives(one) for one, settled in ended if not settled})
            self._deletions.add(one["ReceiptHandle"] for one, settled in ended if settled)
        elif not asked and self._deletions.failing:
            scheduling.sleep(BUSY_WAIT_SECONDS)
        self._visibility.release(self._deletions.delete(idle=not self._at_work))
        self._visibility.extend()

    def _process(self, message: Received) -> bool:
        if self._stop.is_set():  # received, but not begun: it comes back to another poller
            return False
        budget = TimeBudget.of_seconds(OBJECT_SECONDS, settle_seconds=SETTLE_SECONDS, stop_by=self._stop.deadline)
        queue_message = QueueMessage(message["Body"], message["MessageId"], message["ReceiptHandle"])
        return self._processor.process(queue_message, budget)


def _receives(message: Received) -> int:
    """Return how often a message was received, this time included."""
    return int(message.get("Attributes", {}).get("ApproximateReceiveCount", 1))


def run(
    processor: MessageProcessor,
    clients: AwsClients,
    queue_urls: Sequence[str],
    *,
    stop: StopSignal,
    heartbeat_file: Path | None = None,
) -> bool:
    """Poll each queue in a loop and threads of its own, so that many retries never take the place of new objects.

    :returns: whether every loop ended because it was stopped; false: one has crashed.
    """
    heartbeats = Heartbeats(heartbeat_file)
    crashed: list[str] = []
    with ExitStack() as pools:
        loops: list[scheduling.Thread] = []
        for url in dict.fromkeys(queue_urls):
            threads = pools.enter_context(scheduling.thread_pool(MESSAGES_AT_WORK, "message"))
            poller = QueuePoller(processor, clients, url, stop=stop, heartbeats=heartbeats)
            heartbeats.beat(url)  # one that is stuck before its first round is seen, too
            loops.append(scheduling.thread(partial(_guarded, poller, threads, crashed), f"poll-{len(loops)}"))
        for loop in loops:
            loop.start()
        for loop in loops:
            loop.join()
    return not crashed


def _guarded(poller: QueuePoller, threads: ThreadPoolExecutor, crashed: list[str]) -> None:
    try:
        poller.run(threads)
    except BaseException as error:  # noqa: BLE001 - the process ends with it, as its exit status says
        crashed.append(type(error).__name__)
        logger.critical("a loop of the poller crashed: the process ends", extra=without_message(error))
