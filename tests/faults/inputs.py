"""Objects that other pipelines lost: what they hold is the fault."""

from collections.abc import Callable
from datetime import timedelta

from tests.faults.kind import Kind
from tests.faults.objects import Event
from tests.faults.scene import Scene

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def one_empty_among_200(number: int) -> list[Event]:
    """One empty message, which makes CloudWatch refuse its whole batch."""
    return [Event(HOUR, "" if place == number % 200 else f"{number}/{place}") for place in range(200)]


def spanning_30_hours(number: int) -> list[Event]:
    """Events of 30 hours, more than one call may span."""
    return [Event(timedelta(hours=30) - place * timedelta(hours=0.5), f"{number}/{place}") for place in range(60)]


def one_of_1200_kb(number: int) -> list[Event]:
    """One message over CloudWatch's limit for an event, between small ones."""
    small = [Event(HOUR, f"{number}/{place}") for place in range(20)]
    return [*small[:10], Event(HOUR, f"{number}/" + "x" * 1_200_000), *small[10:]]


def five_too_old(number: int) -> list[Event]:
    """Five events of 15 days ago among young ones: they are set aside, the rest is sent once."""
    old = [Event(timedelta(days=15), f"{number}/old {place}") for place in range(5)]
    return [*old, *(Event(HOUR, f"{number}/{place}") for place in range(20))]


def five_ahead(number: int) -> list[Event]:
    """Five events by a clock that runs three hours ahead: each takes the object's LastModified, and is delivered."""
    new = [Event(-3 * HOUR, f"{number}/ahead {place}") for place in range(5)]
    return [*(Event(HOUR, f"{number}/{place}") for place in range(20)), *new]


def of_one_time(number: int) -> list[Event]:
    """A stack trace: many lines of one time, whose order matters."""
    return [Event(HOUR, f"{number}/line {place:04d}") for place in range(100)]


def _sending(make: Callable[[int], list[Event]]) -> Callable[[Scene, Kind, int], None]:
    def scenario(scene: Scene, kind: Kind, target: int) -> None:
        del kind
        for number in range(target):
            if scene.is_over():
                return
            scene.send(events=make(number))
            scene.inject("such an object")

    return scenario


INPUTS = tuple(
    Kind(name, scenario=_sending(make), target=target)
    for name, make, target in (
        ("an-empty-message-among-200", one_empty_among_200, 200),
        ("events-spanning-30-hours", spanning_30_hours, 200),
        ("a-message-of-1200-kb", one_of_1200_kb, 30),
        ("five-events-too-old", five_too_old, 200),
        ("five-events-ahead", five_ahead, 200),
        ("events-of-one-time", of_one_time, 200),
    )
)
