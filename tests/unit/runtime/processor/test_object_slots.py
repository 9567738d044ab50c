"""The slots of objects that are read at once."""

import threading

from runtime.processor.object_slots import Slots


def test_slots_that_arent_free_in_time_arent_taken():
    """An object would be read beside as many as fit already, or its message wait beyond its budget."""
    slots = Slots(3)
    held = slots.take(2, 0.0)
    assert slots.take(2, 0.0) is None
    assert slots.take(1, 0.0) is not None
    held.give_up()
    assert slots.take(2, 0.0) is not None


def test_slots_are_released_once():
    """Two ways out of an attempt would let ever more objects be read at once."""
    slots = Slots(1)
    held = slots.take(1, 0.0)
    held.give_up()
    held.give_up()
    assert slots.take(1, 0.0) is not None
    assert slots.take(1, 0.0) is None


def test_a_wide_object_isnt_passed_by_narrow_ones():
    """A tenant with many destinations would wait as long as others have objects."""
    slots, taken = Slots(2), []
    first = slots.take(1, 0.0)

    def want(name, count):
        taken.append((name, slots.take(count, 10.0)))

    wide = threading.Thread(target=want, args=("wide", 2))
    wide.start()
    while not slots._waiting:
        pass
    assert slots.take(1, 0.01) is None  # one is free, and the wide object is first
    first.give_up()
    wide.join()
    assert [(name, one is not None) for name, one in taken] == [("wide", True)]


def test_an_object_that_is_wider_than_all_slots_takes_them_all():
    """It would wait for ever, and everybody behind it."""
    slots = Slots(2)
    slots.take(5, 0.0).give_up()
    assert slots.take(2, 0.0) is not None


def test_who_gave_up_waiting_keeps_nobody_back():
    """A message whose budget ended would block every later object of the process."""
    slots = Slots(1)
    held = slots.take(1, 0.0)
    assert slots.take(1, 0.01) is None
    held.give_up()
    assert slots.take(1, 0.0) is not None
