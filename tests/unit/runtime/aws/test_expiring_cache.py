"""The cache behind role sessions and delivery configs."""

import threading

import pytest

from runtime.aws.expiring_cache import ExpiringCache


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_a_value_is_asked_for_once_until_it_expires(clock):
    """Every object would cost a call, or an expired session would be used."""
    cache, asked = ExpiringCache(10, clock), []

    def load():
        asked.append(clock.now)
        return len(asked), clock.now + 10

    assert [cache.get("a", load), cache.get("a", load)] == [1, 1]
    clock.now = 110.0
    assert cache.get("a", load) == 2


def test_the_least_recently_used_value_goes_first(clock):
    """Memory would grow with the number of tenants, or the busiest one would be forgotten."""
    cache = ExpiringCache(2, clock)
    for key in "ab":
        cache.get(key, lambda key=key: (key, 1e9))
    cache.get("a", lambda: pytest.fail("a is there"))
    cache.get("c", lambda: ("c", 1e9))
    cache.get("a", lambda: pytest.fail("a is there"))
    assert cache.get("b", lambda: ("again", 1e9)) == "again"


def test_threads_that_miss_together_make_one_call(clock):
    """A burst of objects of one tenant would be throttled by STS."""
    cache, asked, may_answer, waiting = ExpiringCache(10, clock), [], threading.Event(), threading.Barrier(5)

    def load():
        asked.append(1)
        may_answer.wait(10)
        return "session", 1e9

    got = []

    def want():
        waiting.wait()
        got.append(cache.get("a", load))

    threads = [threading.Thread(target=want) for _ in range(4)]
    for thread in threads:
        thread.start()
    waiting.wait()
    may_answer.set()
    for thread in threads:
        thread.join()
    assert (got, asked) == (["session"] * 4, [1])


def test_a_failure_is_told_to_everyone_and_not_remembered(clock):
    """One throttled call would fail a tenant for as long as a session lasts."""
    cache = ExpiringCache(10, clock)

    def fail():
        raise OSError("down")

    with pytest.raises(OSError, match="down"):
        cache.get("a", fail)
    assert cache.get("a", lambda: ("up", 1e9)) == "up"


def test_what_is_unwanted_is_asked_for_again(clock):
    """A session that AWS calls expired would be used until its clock runs out."""
    cache = ExpiringCache(10, clock)
    cache.get("a", lambda: ("bad", 1e9))
    cache.get("b", lambda: ("good", 1e9))
    cache.forget(lambda value: value == "bad")
    assert cache.get("a", lambda: ("new", 1e9)) == "new"
    assert cache.get("b", lambda: pytest.fail("b is there")) == "good"
