"""Bugs planted in the runtime, one at a time: exploration that doesn't find them finds nothing.

Each is a context manager that replaces a small part of the runtime, as a change that looks harmless might.
"""

from contextlib import contextmanager, nullcontext
from dataclasses import replace
from unittest.mock import patch

from runtime.aws import botocore_transport, direct_call
from runtime.aws.direct_call import DirectCall
from runtime.deliveries.event_method import EventMethod
from runtime.deliveries.set_aside import SetAside
from runtime.delivery_state.parked_deliveries import ParkedDeliveries
from runtime.delivery_state.replays import Replays
from runtime.messages.hand_over import HandOver
from runtime.messages.queue_circuit import QueueCircuit
from runtime.processor import lambda_handler, object_deliveries, settlement
from runtime.processor.destination_shares import DestinationShares
from runtime.processor.parking import Parking
from runtime.processor.pipeline import DeduplicationCache, MessageProcessor
from runtime.processor.settlement import Settlement
from runtime.processor.sqs_poller import QueuePoller
from runtime.processor.visibility import Visibility
from runtime.resumption.resumer import Resumer
from tests.exploration.run import run
from tests.exploration.schedule import draw


def deleted_before_it_is_delivered():
    """The poller deletes a message when it receives it."""
    receive = QueuePoller._receive

    def early(self, room):
        messages = receive(self, room)
        if messages:
            self._deletions.add(message["ReceiptHandle"] for message in messages)
            self._deletions.delete(idle=True)
        return messages

    return patch.object(QueuePoller, "_receive", early)


@contextmanager
def empty_answer_is_success():
    """An answer without its proof counts as done."""
    members = DirectCall.members

    def believed(self, credentials, request):
        try:
            return members(self, credentials, request)
        except direct_call.AnswerIncompleteError:
            return {}

    with (
        patch.object(DirectCall, "members", believed),
        patch.object(botocore_transport, "check_head", lambda *_: None),
        patch.object(botocore_transport, "check_body", lambda *_, **__: None),
    ):
        yield


def checkpoint_is_forgotten():
    """A delivery that is handed over begins again at its first batch."""
    send = HandOver.send
    return patch.object(
        HandOver, "send", lambda self, message, **how: send(self, replace(message, checkpoint=0, ahead=()), **how)
    )


def failed_hand_over_settles():
    """A message is settled although its delivery couldn't be handed over."""
    settle = Settlement.outcomes

    def settled(self, attempts, **how):
        outcomes = settle(self, attempts, **how)
        return [one if one.value != "returned" else type(one).PARKED for one in outcomes]

    return patch.object(Settlement, "outcomes", settled)


def unset_aside_is_acknowledged():
    """What the destination refuses is dropped where it can't be set aside."""
    write = SetAside.write

    def forgiving(self, *given, **named):
        try:
            write(self, *given, **named)
        except Exception:  # noqa: BLE001 - the bug
            return

    return patch.object(SetAside, "write", forgiving)


def sent_before_it_is_set_aside():
    """What is known to be refused is set aside after the rest was sent, and not noted where that fails."""
    keep = EventMethod._keep

    def late(self, delivery, account, refused):
        self._later = getattr(self, "_later", {})
        self._later[id(account)] = (delivery, account, refused)

    send = EventMethod._send

    def sent(self, *given):
        result = send(self, *given)
        for each in list(getattr(self, "_later", {}).values()):
            del self._later[id(each[1])]
            keep(self, *each)
        return result

    @contextmanager
    def both():
        with patch.object(EventMethod, "_keep", late), patch.object(EventMethod, "_send", sent):
            yield

    return both()


def nothing_is_remembered():
    """What was settled is delivered again when the queue shows it again."""
    return patch.object(DeduplicationCache, "__contains__", lambda *_: False)


def everything_of_an_object_is_one():
    """A sibling counts as delivered once another type of the object is."""
    return patch.object(
        DeduplicationCache,
        "add",
        lambda self, identity, add=DeduplicationCache.add: (
            add(self, identity),
            [add(self, (identity[0], type_)) for type_ in ("s3", "cloudwatch", "cloudwatch:second")]
            if isinstance(identity, tuple)
            else None,
        )[0],
    )


def visibility_is_never_extended():
    """What is at work for long is shown to others."""
    return patch.object(Visibility, "extend", lambda _: None)


def removed_before_it_is_sent():
    """The resumer removes a parked delivery before it is sent."""

    def resume(self, parked, *, probe):
        if not self._parked.claim(parked, self._clock()):
            return False
        self._parked.remove(parked)
        self._hand_over.send(replace(parked.message, probe=probe), at_once=True)
        return True

    return patch.object(Resumer, "_resume", resume)


def resumed_ones_stay():
    """The resumer doesn't remove what it has sent."""
    return patch.object(ParkedDeliveries, "remove", lambda *_: True)


def replay_progress_is_not_saved():
    """A replay begins anew each time."""
    save = Replays.save
    return patch.object(
        Replays, "save", lambda self, seen, changed: save(self, seen, replace(changed, after="", objects=0))
    )


def parked_without_a_probe():
    """A delivery is parked, and nobody is told to look after it."""

    def park(self, message, object_, error):
        from runtime.delivery_state.parked_delivery import ParkedDelivery

        parked = ParkedDelivery.of(message, error, now=self._clock(), expires_at=None)
        self._table._table.transact({"Put": {"Item": parked.write()}})

    return patch.object(Parking, "park", park)


def unreadable_table_is_an_unknown_tenant():
    """Where the configs can't be read, an object counts as unwanted."""
    deliver = MessageProcessor._put_off
    return patch.object(
        MessageProcessor,
        "_put_off",
        lambda self, error, send: True if error is not None else deliver(self, error, send),
    )


def early_ones_are_dropped():
    """A message that comes before it is due is settled, and not sent again."""
    put_off = MessageProcessor._put_off
    return patch.object(
        MessageProcessor, "_put_off", lambda self, error, send: True if error is None else put_off(self, error, send)
    )


def returned_ones_are_settled_by_the_function():
    """The function says that all of its messages are settled."""
    handler = lambda_handler.handler
    return patch.object(lambda_handler, "handler", lambda *given: {**handler(*given), "batchItemFailures": []})


def checkpoint_holds_for_any_destination():
    """A delivery goes on in another log group where it was in the old one."""
    return patch.object(object_deliveries, "_why_to_start_over", lambda *_: "")


@contextmanager
def lost_answers_are_sent_again():
    """A message of which it isn't known whether the queue took it is sent again at each attempt."""
    with (
        patch.object(QueueCircuit, "sending", lambda _: nullcontext()),
        patch.object(settlement, "is_uncertain", lambda _: False),
    ):
        yield


def no_shares():
    """One destination that hangs may take all threads."""
    return patch.object(DestinationShares, "_taken", lambda *_: None)


ALL = {
    bug.__name__.replace("_", " "): bug
    for bug in (
        deleted_before_it_is_delivered,
        empty_answer_is_success,
        checkpoint_is_forgotten,
        failed_hand_over_settles,
        unset_aside_is_acknowledged,
        sent_before_it_is_set_aside,
        nothing_is_remembered,
        everything_of_an_object_is_one,
        visibility_is_never_extended,
        removed_before_it_is_sent,
        resumed_ones_stay,
        replay_progress_is_not_saved,
        parked_without_a_probe,
        unreadable_table_is_an_unknown_tenant,
        early_ones_are_dropped,
        returned_ones_are_settled_by_the_function,
        checkpoint_holds_for_any_destination,
        lost_answers_are_sent_again,
        no_shares,
    )
}


def first_finding(seeds, bug):
    """Return the first seed whose schedule fails with a planted bug."""
    with ALL[bug]():
        return next((seed for seed in seeds if run(draw(seed)).failures), None)
