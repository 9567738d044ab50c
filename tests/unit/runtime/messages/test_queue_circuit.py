"""What is sent to a queue of which it isn't known whether it took the last message."""

from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from runtime.aws.response import ConnectionClosedError
from runtime.messages.delivery_message import DeliveryMessage
from runtime.messages.hand_over import HandOver, Schedule
from runtime.messages.queue_circuit import QueueCircuit, QueueUncertainError
from tests.unit.runtime.processor.world import CENTRAL, KEY

REFUSED = ClientError({"Error": {"Code": "InternalFailure"}, "ResponseMetadata": {"HTTPStatusCode": 500}}, "Send")
LOST = ConnectionClosedError("in the head")
INCOMPLETE = TimeoutError()


class Queue:
    """A circuit, and a clock that is turned."""

    def __init__(self):
        self.now = 0.0
        self.circuit = QueueCircuit(clock=lambda: self.now)

    def send(self, error=None):
        """Send; whether it was let through."""
        try:
            with self.circuit.sending():
                if error:
                    raise error
        except QueueUncertainError:
            return False
        except type(error):
            pass
        return True


@pytest.mark.parametrize("error", [LOST, INCOMPLETE])
def test_after_a_lost_answer_nothing_is_sent_for_a_while(error):
    """Each attempt at each delivery would leave a further copy in the queue while answers are lost."""
    queue = Queue()
    assert queue.send(error)
    sent = 0
    for second in range(1, 601):
        queue.now = float(second)
        sent += queue.send(error)
    assert sent == 12  # after 5, 10, 20, 40 and then 60 s
    queue.now += 60.0
    assert queue.send()
    assert queue.send()


def test_one_message_finds_out_for_all():
    """When a pause is over, every thread would send its own, and each could be a copy."""
    queue = Queue()
    queue.send(LOST)
    queue.now = 5.0
    with queue.circuit.sending():
        assert not queue.send()
    assert queue.send()


def test_a_refusal_is_an_answer():
    """A queue that throttles for a moment would park every delivery for a minute."""
    queue = Queue()
    assert queue.send(REFUSED)
    assert queue.send(REFUSED)


def test_an_unanswered_hand_over_is_the_last_one_for_now():
    """The circuit would be there, and nothing would ask it."""
    sent = []

    def send_message(**request):
        sent.append(request)
        raise LOST

    clients = SimpleNamespace(client=lambda _: SimpleNamespace(send_message=send_message))
    hands, message = HandOver(clients, "queue", Schedule()), DeliveryMessage(CENTRAL, KEY, "acme-corp", "s3")
    with pytest.raises(ConnectionClosedError):
        hands.send(message)
    for again in (hands.send, hands.send_again, hands.put_off):
        with pytest.raises(QueueUncertainError):
            again(message)
    assert len(sent) == 1
