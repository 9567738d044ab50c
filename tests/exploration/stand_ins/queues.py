"""SQS: visibility, delays, receive counts, dead letters, the limit of what is in flight. Retention isn't modelled."""

from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from tests.exploration.stand_ins.calls import ServiceError, json_answer

IN_FLIGHT = 120_000
LONG_POLL_SECONDS = 20
AGAIN_SECONDS = (20.0, 100.0)
"""After which a message comes again that SQS delivers twice: a usual one has been worked off by then."""


@dataclass(slots=True)
class Message:
    """One message. ``visible_at``, ``sent_at``: epoch seconds. ``receipt``: of the last receive."""

    id: str
    body: str
    sent_at: float
    visible_at: float
    attributes: dict[str, Any] = field(default_factory=dict)
    group: str | None = None
    receives: int = 0
    receipt: str = ""


class Queue:
    """One queue. ``visibility`` in seconds; ``dead_letters``: where a message goes that was received too often."""

    def __init__(self, simulation, name, *, visibility=30.0, max_receives=None, dead_letters=None):
        self.name = name
        self.url = f"https://sqs.us-east-1.amazonaws.com/111111111111/{name}"
        self.messages = {}
        self.visibility = visibility
        self.max_receives = max_receives
        self.dead_letters = dead_letters
        self.changes = 0
        self._simulation = simulation
        self._numbers = count(1)

    def send(self, body, delay=0, attributes=None, group=None):
        """Put a message; return it."""
        now = self._simulation.now()
        message = Message(f"{self.name}-{next(self._numbers)}", body, now, now + delay, attributes or {}, group)
        self.messages[message.id] = message
        self.changes += 1
        return message

    def receive(self, most, visibility=None, wait=0.0, *, twice=lambda: False, until=lambda: False):
        """Return what is visible, in no order; wait for it. ``twice``: it comes again though it is deleted."""
        deadline = self._simulation.now() + wait
        while not (found := self._visible()):
            now, seen = self._simulation.now(), self.changes
            if now >= deadline or until():
                return []
            next_at = min((one.visible_at for one in self.messages.values()), default=deadline)
            self._simulation.block(
                lambda seen=seen: self.changes != seen or until(), min(deadline, max(now, next_at)) - now
            )
        self._simulation.random.shuffle(found)
        hidden_until = self._simulation.now() + (self.visibility if visibility is None else visibility)
        for message in found[:most]:
            message.receives += 1
            message.receipt = f"{message.id}#{message.receives}"
            message.visible_at = hidden_until
            if twice():
                again_at = self._simulation.now() + self._simulation.random.uniform(*AGAIN_SECONDS)
                again = replace(message, id=f"{message.id}-again", visible_at=again_at, receives=0)
                self.messages[again.id] = again
        return found[:most]

    def _visible(self):
        now = self._simulation.now()
        if self.in_flight() >= IN_FLIGHT:
            raise ServiceError("OverLimit", 403)
        visible = [one for one in self.messages.values() if one.visible_at <= now]
        if self.max_receives is not None:
            for message in [one for one in visible if one.receives >= self.max_receives]:
                visible.remove(message)
                del self.messages[message.id]
                self.dead_letters.take_over(message)
        return visible

    def visible(self):
        """Count what a receive would show."""
        now = self._simulation.now()
        return sum(one.visible_at <= now for one in self.messages.values())

    def take_over(self, message):
        """Take a message that another queue gives up: it keeps its id and its time."""
        message.receives, message.visible_at = 0, self._simulation.now()
        self.messages[message.id] = message
        self.changes += 1

    def in_flight(self):
        """Count what was received and is hidden."""
        now = self._simulation.now()
        return sum(one.visible_at > now and one.receives > 0 for one in self.messages.values())

    def of(self, receipt):
        """Return the message of a receipt, if that is its last one."""
        message = self.messages.get(receipt.partition("#")[0])
        return message if message and message.receipt == receipt else None

    def delete(self, receipt):
        """Delete a message; an older receipt deletes nothing, and SQS doesn't say so."""
        message = self.of(receipt)
        if message:
            del self.messages[message.id]

    def hide(self, receipt, seconds):
        """Hide a message from now on; false where it isn't in flight."""
        message = self.of(receipt)
        if message is None or message.visible_at <= self._simulation.now():
            return False
        message.visible_at = self._simulation.now() + seconds
        self.changes += 1
        return True


class Queues:
    """The service. ``doubled``: whether a receive shows its messages to others, too.

    ``idle_wait``: seconds that a receive of 20 s lasts while nothing of its queue is in flight: so the many receives of
    a day in which nothing happens aren't made.
    """

    def __init__(self, simulation, queues):
        self.simulation = simulation
        self.queues = {queue.url: queue for queue in queues}
        self.idle_wait = 20.0
        self.doubled = lambda queue: False

    def answer(self, call):
        """Do what a call asks for."""
        request = call.request
        queue = self.queues.get(request.get("QueueUrl"))
        if queue is None:
            raise ServiceError("com.amazonaws.sqs#QueueDoesNotExist")
        return json_answer(getattr(self, f"_{call.action}")(queue, request))

    def _SendMessage(self, queue, request):
        if len(request["MessageBody"].encode()) > 1_048_576:
            raise ServiceError("InvalidParameterValue")
        if not 0 <= request.get("DelaySeconds", 0) <= 900:
            raise ServiceError("InvalidParameterValue")
        message = queue.send(
            request["MessageBody"],
            request.get("DelaySeconds", 0),
            request.get("MessageAttributes"),
            request.get("MessageGroupId"),
        )
        return {"MessageId": message.id}

    def _ReceiveMessage(self, queue, request):
        process = self.simulation.current.process
        wait = request.get("WaitTimeSeconds", 0)
        found = queue.receive(
            request.get("MaxNumberOfMessages", 1),
            request.get("VisibilityTimeout"),
            self.idle_wait if wait == LONG_POLL_SECONDS and not queue.in_flight() else wait,
            twice=lambda: self.doubled(queue),
            until=lambda: process.killed or process.stopping,
        )
        return {"Messages": [_shown(message) for message in found]} if found else {}

    def _DeleteMessage(self, queue, request):
        queue.delete(request["ReceiptHandle"])
        return {}

    def _DeleteMessageBatch(self, queue, request):
        for entry in request["Entries"]:
            queue.delete(entry["ReceiptHandle"])
        return {"Successful": [{"Id": entry["Id"]} for entry in request["Entries"]]}

    def _ChangeMessageVisibilityBatch(self, queue, request):
        answer = {"Successful": [], "Failed": []}
        for entry in request["Entries"]:
            if queue.hide(entry["ReceiptHandle"], entry["VisibilityTimeout"]):
                answer["Successful"].append({"Id": entry["Id"]})
            else:
                failed = {"Id": entry["Id"], "SenderFault": True, "Code": "InvalidParameterValue"}
                answer["Failed"].append(failed)
        return answer

    def _GetQueueAttributes(self, queue, request):
        now = self.simulation.now()
        hidden = sum(one.visible_at > now for one in queue.messages.values())
        counts = {
            "": len(queue.messages) - hidden,
            "NotVisible": queue.in_flight(),
            "Delayed": hidden - queue.in_flight(),
        }
        return {"Attributes": {f"ApproximateNumberOfMessages{name}": str(value) for name, value in counts.items()}}


def _shown(message):
    attributes = {"SentTimestamp": str(int(message.sent_at * 1000)), "ApproximateReceiveCount": str(message.receives)}
    return {
        "MessageId": message.id,
        "ReceiptHandle": message.receipt,
        "Body": message.body,
        "Attributes": attributes | ({"MessageGroupId": message.group} if message.group else {}),
        **({"MessageAttributes": message.attributes} if message.attributes else {}),
    }
