"""The verdict on one delivery config: what was expected, what is there, what is missing or doubled."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from local.accounting.events import SentEvent, events_of, rejoin_split, text_of, without_empty
from local.loader.objects import LogObject
from runtime.objects.key import ObjectKey


@dataclass(frozen=True, slots=True)
class Count:
    """Records of one delivery config: split events joined, empty ones left out.

    When all is well, ``expected = delivered + set_aside``. ``applications`` counts the delivered ones by application.
    """

    tenant_id: str
    type: str
    expected: int
    delivered: int
    set_aside: int
    lost: int
    doubled: int
    left_out: int
    applications: Counter[str] = field(default_factory=Counter)

    @property
    def complete(self) -> bool:
        """Whether everything is there, once."""
        return not self.lost and not self.doubled and self.expected == self.delivered + self.set_aside


def count_log_group(
    tenant_id: str, type_: str, sent: Iterable[LogObject], found: list[SentEvent], set_aside: Iterable[SentEvent]
) -> Count:
    """Compare a log group with the objects sent for it: stream, time and text of every event."""
    everything = [event for object_ in sent for event in events_of(object_)]
    expected, there = Counter(without_empty(everything)), Counter(rejoin_split(found, everything))
    aside = Counter(set_aside)
    good = expected & there
    return Count(
        tenant_id=tenant_id,
        type=type_,
        expected=expected.total(),
        delivered=good.total(),
        set_aside=(aside & (expected - there)).total(),
        lost=(expected - there - aside).total(),
        doubled=(there - expected).total(),
        left_out=len(everything) - expected.total(),
        applications=_by_application(good),
    )


def count_bucket(tenant_id: str, type_: str, sent: Iterable[LogObject], found: dict[str, bytes], prefix: str) -> Count:
    """Compare a bucket with the objects sent for it: each at its own key, with the same lines, and nothing else."""
    objects = {destination_key(prefix, object_.key): object_ for object_ in sent}
    good = {key for key, object_ in objects.items() if key in found and text_of(found[key]) == text_of(object_.body)}
    events = {key: events_of(object_) for key, object_ in objects.items()}
    delivered = Counter(event for key in good for event in without_empty(events[key]))
    everything = [event for its_events in events.values() for event in its_events]
    expected = len(without_empty(everything))
    return Count(
        tenant_id=tenant_id,
        type=type_,
        expected=expected,
        delivered=delivered.total(),
        set_aside=0,
        lost=expected - delivered.total(),
        doubled=sum(text_of(body).count(b"\n") for key, body in found.items() if key not in good),
        left_out=len(everything) - expected,
        applications=_by_application(delivered),
    )


def destination_key(prefix: str, key: str) -> str:
    """Return an object's key in a customer's bucket (contract §4)."""
    found = ObjectKey.parse(key)
    return f"{prefix}{found.tenant_id}/{found.cluster_id}/{found.application}/{found.pod_name}/{found.filename}"


def _by_application(events: Counter[SentEvent]) -> Counter[str]:
    found: Counter[str] = Counter()
    for event, count in events.items():
        found[event.application] += count
    return found
