"""The pool: each producer one delivery's at a time, few in all, none that was left alone for long."""

import pytest

from runtime.deliveries.kafka.producer_pool import MAX_IDLE_SECONDS, ProducerPool
from runtime.errors import RetryableError


class Producer:
    """Counts as usable until it is closed."""

    def __init__(self):
        self.usable, self.closed = True, 0

    def close(self):
        self.usable, self.closed = False, self.closed + 1


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def pool(clock):
    return ProducerPool(2, clock)


def use(pool, key):
    producer = pool.take(key, Producer)
    pool.give_back(key, producer)
    return producer


def test_a_producer_is_kept_for_the_same_settings_alone(pool):
    """Each delivery would sign in again; or one tenant's records go by another's connection."""
    first = use(pool, "a")
    assert use(pool, "a") is first
    assert use(pool, "b") is not first


def test_two_deliveries_never_share_one(pool):
    """What one takes back at its deadline would be the other's."""
    first, second = pool.take("a", Producer), pool.take("a", Producer)
    assert first is not second


def test_an_idle_one_makes_room(pool):
    """A thousand configs would need a thousand producers."""
    first, second = use(pool, "a"), use(pool, "b")
    third = pool.take("c", Producer)
    assert (first.closed, second.closed, third.closed) == (1, 0, 0)


def test_as_many_as_there_may_be_are_in_use(pool):
    """Threads and descriptors of a function would run out; or the destination be blamed for it."""
    taken = [pool.take(key, Producer) for key in "ab"]
    with pytest.raises(RetryableError, match="clients-busy") as caught:
        pool.take("c", Producer)
    assert caught.value.call.hop == "EXECUTION"
    pool.give_back("a", taken[0])
    assert pool.take("c", Producer)


def test_one_that_cannot_be_made_takes_no_place(pool):
    """A config with a broken setting would use up the process's producers."""

    def broken():
        raise ValueError

    for _ in range(5):
        with pytest.raises(ValueError):
            pool.take("a", broken)
    assert [pool.take(key, Producer) for key in "ab"]


def test_one_that_failed_is_thrown_away(pool):
    """A producer with records of unknown fate would be used for the next delivery."""
    producer = pool.take("a", Producer)
    producer.usable = False
    pool.give_back("a", producer)
    assert producer.closed == 1
    assert pool.take("a", Producer) is not producer


def test_one_that_was_left_alone_is_thrown_away(pool, clock):
    """After a function's freeze a delivery would wait for a dead connection."""
    producer = use(pool, "a")
    clock.now += MAX_IDLE_SECONDS
    assert use(pool, "a") is producer
    clock.now += MAX_IDLE_SECONDS + 1
    assert pool.take("b", Producer) is not producer
    assert producer.closed == 1


def test_closing_closes_the_idle_ones(pool):
    """A process would end with connections open."""
    producer = use(pool, "a")
    pool.close()
    assert producer.closed == 1
