"""A destination's share of the threads: who waits for a turn, and who is handed over instead."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from runtime.deliveries.method import Delivery
from runtime.delivery_config.model import DeliveryConfig
from runtime.errors import OutOfTimeError
from runtime.objects.key import ObjectKey
from runtime.objects.stored_object import StoredObject
from runtime.processor import destination_shares
from runtime.processor.destination_shares import (
    CROWDED,
    DestinationBusyError,
    DestinationShares,
    DestinationSlowError,
)
from runtime.time_budget import TimeBudget
from tests.unit.runtime.processor.world import CENTRAL, KEY

SOURCE = StoredObject(CENTRAL, ObjectKey.parse(KEY))


def delivery(type_="s3", seconds=30.0):
    return Delivery(SOURCE, DeliveryConfig(tenant_id="acme-corp", type=type_), TimeBudget.of_seconds(seconds))


def held(shares, stack, *deliveries):
    for one in deliveries:
        stack.enter_context(shares.part(one, None))


def loaded(**options):
    """Return shares of a process in which the method has delivered before."""
    shares = DestinationShares(**options)
    assert tried(shares, delivery("s3:warm"))
    return shares


def tried(shares, one):
    with shares.part(one, None):
        return True


def test_a_destination_whose_share_hangs_gets_no_further_thread():
    """One hanging destination would take all threads, and every tenant wait for it."""
    shares = DestinationShares(share=2)
    with ExitStack() as stack:
        held(shares, stack, delivery(), delivery())
        with pytest.raises(DestinationBusyError):
            tried(shares, delivery())
        assert tried(shares, delivery("s3:eu"))
    assert tried(shares, delivery())


def test_while_a_destination_works_the_others_take_turns(monkeypatch):
    """A backlog of a healthy destination would be handed over instead of delivered."""
    monkeypatch.setattr(destination_shares, "STALL_SECONDS", 30.0)
    shares, together, lock = DestinationShares(share=2), [], threading.Lock()
    most = []

    def work():
        with shares.part(delivery(), None):
            with lock:
                together.append(1)
                most.append(len(together))
            with lock:
                together.pop()

    with ThreadPoolExecutor(8) as threads:
        for future in [threads.submit(work) for _ in range(50)]:
            future.result()
    assert max(most) <= 2


def test_acknowledged_batches_are_a_sign_of_life(monkeypatch):
    """A large object of a healthy destination would be taken for a hang."""
    now = [100.0]
    shares = loaded(share=1, clock=lambda: now[0])
    large = delivery()
    waits = []

    def wait(seconds):
        waits.append(seconds)
        now[0] += seconds
        if len(waits) < 4:
            large.progress.acknowledge(len(waits) - 1)

    with ExitStack() as stack:
        held(shares, stack, large)
        monkeypatch.setattr(shares._changed, "wait", wait)
        with pytest.raises(DestinationBusyError):
            tried(shares, delivery())
    assert len(waits) == 4


def test_a_wait_for_the_object_is_not_the_destinations():
    """A slow central bucket would make healthy destinations look slow, and all of theirs be handed over."""

    class Source:
        waiting = True

    now = [100.0]
    shares = DestinationShares(share=1, clock=lambda: now[0])
    with shares.part(delivery(), Source()):
        now[0] += 60
        with pytest.raises(OutOfTimeError):  # it would wait for its turn, as long as its budget lets it
            tried(shares, delivery(seconds=0.0))


def test_in_a_crowd_each_destination_has_one():
    """Some destinations that hang at once would take all threads, each its share."""
    shares = DestinationShares()
    with ExitStack() as stack:
        held(shares, stack, *[delivery(f"s3:{number}") for number in range(CROWDED)])
        held(shares, stack, delivery("s3:new"))
        with pytest.raises(DestinationBusyError):
            tried(shares, delivery("s3:new"))


def test_what_would_be_in_vain_is_refused_before_it_takes_a_place():
    """Objects for a destination that hangs would hold the places of healthy ones, a moment each."""
    now = [100.0]
    shares = loaded(share=1, clock=lambda: now[0])
    with shares.part(delivery(), None):
        assert shares.refuses(delivery().config, first=True) is None  # it may end at any moment: worth a turn
        now[0] += destination_shares.STALL_SECONDS
        assert isinstance(shares.refuses(delivery().config, first=True), DestinationBusyError)
        assert shares.refuses(delivery("s3:eu").config, first=True) is None
    assert shares.refuses(delivery().config, first=True) is None


def test_a_slow_destinations_first_attempts_are_made_apart():
    """Every batch of the function would last as long as the slowest destination in it, and all tenants wait behind."""
    now = [100.0]
    shares = DestinationShares(clock=lambda: now[0])
    with shares.part(delivery(), None):
        now[0] += destination_shares.SLOW_SECONDS
    assert isinstance(shares.refuses(delivery().config, first=True), DestinationSlowError)
    assert shares.refuses(delivery().config, first=False) is None
    assert shares.refuses(delivery("s3:eu").config, first=True) is None
    now[0] += destination_shares.SLOW_FOR_SECONDS
    assert shares.refuses(delivery().config, first=True) is None  # it finds out


def test_the_time_in_a_program_is_no_slowness(monkeypatch):
    """A tenant would wait for another's program, and its healthy destination be taken for a slow one."""
    now = [100.0]
    monkeypatch.setattr("runtime.scheduling.monotonic", lambda: now[0])
    shares = DestinationShares(clock=lambda: now[0])
    one = delivery()
    with shares.part(one, None):
        with one.program_time.counted():
            now[0] += destination_shares.SLOW_SECONDS
            assert shares.refuses(delivery().config, first=True) is None  # it moves: it is in its program
        now[0] += 0.1
    assert shares.refuses(delivery().config, first=True) is None


def test_many_batches_are_no_slowness():
    """A large object's healthy destination would be taken for a slow one."""
    now = [100.0]
    shares = DestinationShares(clock=lambda: now[0])
    large = delivery()
    with shares.part(large, None):
        for index in range(10):
            now[0] += 1.0
            large.progress.acknowledge(index)
    assert shares.refuses(delivery().config, first=True) is None


def test_a_quick_attempt_ends_the_slowness():
    """A destination that has recovered would cost a message more for each object."""
    now = [100.0]
    shares = DestinationShares(clock=lambda: now[0])
    with shares.part(delivery(), None):
        now[0] += destination_shares.SLOW_SECONDS
    with shares.part(delivery(), None):
        now[0] += 0.1
    assert shares.refuses(delivery().config, first=True) is None


def test_loading_is_no_hang():
    """A process that has just started would hand over what it could deliver a moment later."""
    now = [100.0]
    shares = DestinationShares(share=1, clock=lambda: now[0])
    with shares.part(delivery(), None):
        now[0] += destination_shares.STALL_SECONDS
        assert shares.refuses(delivery().config, first=True) is None
        now[0] += destination_shares.LOADING_SECONDS
        assert isinstance(shares.refuses(delivery().config, first=True), DestinationBusyError)


def test_without_a_hand_over_nothing_is_refused():
    """By hand, an object behind a slow destination would be returned though nothing is wrong with it."""
    now = [100.0]
    shares = DestinationShares(share=1, hands_over=False, clock=lambda: now[0])
    with shares.part(delivery(), None):
        now[0] += 60
    assert shares.refuses(delivery().config, first=True) is None
    with shares.part(delivery(), None):
        now[0] += 60
        assert shares.refuses(delivery().config, first=True) is None
        with pytest.raises(OutOfTimeError):  # it waits for its turn, as long as its budget lets it
            tried(shares, delivery(seconds=0.0))
