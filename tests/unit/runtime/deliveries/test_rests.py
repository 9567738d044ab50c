"""A batch that one attempt can't end: what is settled of it is carried to the next one, and settled once."""

import json
from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.deliveries.event_request import Rejection, Verdicts
from runtime.deliveries.method import MAX_RESTS, DeliveryProgress, Rest
from runtime.deliveries.requests import MAX_EXTRA_REQUESTS
from runtime.deliveries.set_aside import set_aside_key
from runtime.delivery_config.facts import MethodFacts, Order, Placement, RequestLimits
from runtime.errors import DeliveryError, OutOfRequestsError, RequestRefusedError, RequestTooLargeError, RetryableError
from runtime.messages.delivery_message import DeliveryMessage
from tests.unit.runtime.deliveries.cloudwatch.doubles import Source
from tests.unit.runtime.deliveries.test_requests import Config, Destination, Method, events, letters, made

MOST_ATTEMPTS = 100


ROOMY = RequestLimits(events=1000, bytes=100_000, event_bytes=40, overhead_bytes=2)


class RoomyConfig(Config):
    facts = MethodFacts("made", "Made up", Placement.INSIDE, Order.NONE, reads_events=True, limits=ROOMY)


class RoomyMethod(Method):
    """Takes a thousand events a request, as a webhook does."""

    config_model = RoomyConfig


class Bucket:
    """Keeps set-aside objects by their key, as S3 does: a second one of the same key replaces the first."""

    def __init__(self, *errors):
        self.errors, self.objects = list(errors), {}

    def write(self, delivery, batch_index, events, *, rest=None):
        if error := self.errors.pop(0) if self.errors else None:
            raise error
        self.objects[set_aside_key(delivery, batch_index, rest)] = [each.literal.decode().strip('"') for each in events]

    def events(self):
        return sorted(text for texts in self.objects.values() for text in texts)


def carried(progress):
    """Return what the next attempt knows: through a message of the delivery queue."""
    sent = DeliveryMessage("central", "k", "acme-corp", "made", checkpoint=progress.checkpoint, rests=progress.rests)
    read = DeliveryMessage.read(json.loads(sent.write()))
    return DeliveryProgress(checkpoint=read.checkpoint, rests=read.rests, unkept=progress.unkept)


def until_delivered(destination, *batches, bucket, method=RoomyMethod):
    """Return each attempt's progress and error."""
    attempts, progress = [], DeliveryProgress()
    for _ in range(MOST_ATTEMPTS):
        one = made(carried(progress))
        try:
            method(destination, bucket).deliver(one, Source(*batches))
        except DeliveryError as error:
            attempts.append((one.progress, error))
        else:
            return [*attempts, (one.progress, None)]
        progress = one.progress
    raise AssertionError("the batch never ends")


def refusing(bad):
    return Destination(lambda names: RequestRefusedError("refused") if bad & {*names} else None)


@pytest.mark.parametrize(
    "bad", [set(letters(1000)[::5]), set(letters(1000)[:200]), set(letters(1000)[800:]), set(letters(1000)[1:])]
)
def test_a_batch_with_more_bad_events_than_one_attempt_finds_comes_to_its_end(bad):
    """Its tenant would be parked for ever behind it, each attempt doubling what the one before had delivered."""
    destination, bucket = refusing(bad), Bucket()
    attempts = until_delivered(destination, events(*letters(1000)), bucket=bucket)
    assert sorted(destination.taken) == sorted(set(letters(1000)) - bad)
    assert bucket.events() == sorted(bad)
    assert sum(progress.events for progress, _ in attempts) == 1000 - len(bad)
    assert sum((progress.set_aside for progress, _ in attempts), Counter()) == {"refused": len(bad)}
    assert {type(error) for _, error in attempts[:-1]} == {OutOfRequestsError}
    assert (attempts[-1][0].checkpoint, attempts[-1][0].rests) == (1, ())


def test_requests_that_are_too_large_are_searched_for_within_the_same_bound():
    """An endpoint that takes ten events would get a thousand extra requests in one attempt."""
    destination = Destination(lambda names: RequestTooLargeError("request-too-large") if len(names) > 10 else None)
    attempts = until_delivered(destination, events(*letters(1000)), bucket=Bucket())
    assert sorted(destination.taken) == letters(1000)
    assert len(attempts) > 1
    assert len(destination.requests) <= len(attempts) * (1 + MAX_EXTRA_REQUESTS)


def test_requests_that_were_acknowledged_are_not_sent_again_after_a_failure_of_another():
    """Nine requests of a batch would arrive twice because the tenth was throttled; and the rest have another id."""
    seen, names = [], letters(12)

    def judge(names):
        return RetryableError("unavailable") if names[0] == "0004" and len(seen) < 6 else None

    destination = Destination(judge)

    def send(request):
        seen.append(request.id)
        return destination(request)

    attempts = until_delivered(send, events(*names), bucket=Bucket(), method=Method)
    assert [error and error.reason for _, error in attempts] == ["unavailable", None]
    assert destination.taken == names
    assert [progress.events for progress, _ in attempts] == [4, 8]
    assert seen[1] == seen[-2]


@given(st.data())
@settings(max_examples=60)
def test_whatever_fails_each_event_arrives_once_or_is_set_aside_once(data):
    """Some mixture of refusals, throttling and outages would lose an event, or settle it twice."""
    bad = data.draw(st.sets(st.sampled_from(letters(40)), max_size=20))
    large = data.draw(st.sets(st.sampled_from(letters(40)), max_size=4))

    def judge(names):
        kind = data.draw(st.integers(0, 9))
        if kind == 0:
            return RetryableError("timeout")  # not repeated in the process
        if kind == 1:
            return RequestTooLargeError("request-too-large") if len(names) > 1 else None
        if large & {*names}:
            return RequestTooLargeError("request-too-large")
        if kind == 2:
            retry = [at for at, name in enumerate(names) if name not in bad][1::2]
            refused = [Rejection("refused", [at for at, name in enumerate(names) if name in bad])]
            return Verdicts(retry, refused, RetryableError("timeout") if retry else None)
        return RequestRefusedError("refused") if bad & {*names} else None

    destination, bucket = Destination(judge), Bucket()
    named = letters(40)
    with suppress(AssertionError):  # one that refuses everything is blocked; what it has taken is known all the same
        until_delivered(destination, events(*named[:25]), events(*named[25:], index=1), bucket=bucket)
    assert len(destination.taken) == len(set(destination.taken))
    assert len(bucket.events()) == len(set(bucket.events()))
    assert set(bucket.events()).isdisjoint(destination.taken)


def test_what_can_not_be_set_aside_is_tried_again_with_its_batch():
    """It would be counted as settled and be nowhere."""
    bad = set(letters(1000)[::5])
    bucket = Bucket(*[RetryableError("set-aside-failed")] * 4)
    attempts = until_delivered(refusing(bad), events(*letters(1000)), bucket=bucket)
    assert bucket.events() == sorted(bad)
    assert attempts[0][0].rests == ()
    assert sum((progress.set_aside for progress, _ in attempts), Counter()).total() == 200


def test_more_rests_than_a_message_carries_are_sent_again():
    """A message would be too large for the queue, and its delivery be nowhere."""
    progress = DeliveryProgress()
    for batch in range(MAX_RESTS):
        assert progress.note_rest(Rest(batch, True, ((1, 2),)))
    assert progress.note_rest(Rest(0, True, ((1, 3),)))
    assert not progress.note_rest(Rest(99, True, ((1, 2),)))
    assert progress.rest_of(99) is None


def test_a_destination_without_a_checkpoint_has_no_rests():
    """Another destination would never get what the one before it had taken."""
    progress = DeliveryProgress(rests=(Rest(0, True, ((1, 2),)),))
    progress.start_over("destination-changed")
    assert progress.rests == ()
