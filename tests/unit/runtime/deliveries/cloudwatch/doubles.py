"""What the tests of a CloudWatch delivery put in the place of its neighbours."""

from collections.abc import Iterator

from runtime.aws.credentials import Credentials
from runtime.backoff import Retry
from runtime.deliveries.cloudwatch.config import CloudWatchConfig
from runtime.deliveries.cloudwatch.destination import LogDestination
from runtime.deliveries.method import Delivery, DeliveryProgress
from runtime.objects.batches import Batch
from runtime.objects.key import ObjectKey
from runtime.objects.stored_object import StoredObject
from runtime.time_budget import TimeBudget

NOW = 1_795_000_000.0
NOW_MS = int(NOW * 1000)
KEY = "tenant_id=acme-corp/cluster_id=c-1/application=etcd/pod_name=etcd-0/20261123-132140-u.json.gz"
DESTINATION = LogDestination("us-east-1", "/acme/logs", "c-1/etcd/etcd-0", "acme-corp")
CREDENTIALS = Credentials("AKIDEXAMPLE", "secret", "token", NOW + 3600)


class FakeClock:
    """A monotonic clock that moves when told, or when somebody waits."""

    def __init__(self):
        self.now = 0.0
        self.waits = []

    def __call__(self):
        return self.now

    def wait(self, seconds):
        self.waits.append(seconds)
        self.now += seconds


def full_pause(_least, most):
    """Jitter that always takes the longest pause."""
    return most


def retry(clock, attempts=4):
    return Retry(attempts=attempts, first=1.0, longest=4.0, wait=clock.wait, jitter=full_pause)


def batch(index=0, *events):
    """Make a batch of (offset from now in ms, text)."""
    events = events or ((0, "hello"),)
    return Batch(
        index,
        [NOW_MS + offset for offset, _ in events],
        [b'"%b"' % text.encode() for _, text in events],
        [len(text.encode()) for _, text in events],
    )


def config(**fields):
    return CloudWatchConfig(
        **{
            "tenant_id": "acme-corp",
            "type": "cloudwatch",
            "target_region": "us-east-1",
            "log_distribution_role_arn": "arn:aws:iam::222222222222:role/CustomerLogDistributionRole/acme",
            "log_group_name": "/acme/logs",
        }
        | fields
    )


def delivery(clock=None, seconds=300.0, checkpoint=0, key=KEY, **fields):
    budget = TimeBudget.of_seconds(seconds, clock or FakeClock())
    return Delivery(
        StoredObject("central", ObjectKey.parse(key)), config(**fields), budget, DeliveryProgress(checkpoint=checkpoint)
    )


class Source:
    """Batches that were planned beforehand."""

    def __init__(self, *batches, error=None):
        self._batches, self._error = batches, error

    def batches(self, start) -> Iterator[Batch]:
        yield from self._batches[start:]
        if self._error is not None:
            raise self._error


class Engine:
    """Answers each ``send`` with the next thing in the plan: rejections, or an error to raise."""

    name = "fake"
    calls_in_flight = 1

    def __init__(self, *plan, on_send=lambda: None, open_errors=()):
        self.plan, self.on_send, self.open_errors = list(plan), on_send, list(open_errors)
        self.sent, self.closed, self.destination = [], 0, None

    def open(self, destination, credentials, budget):
        if self.open_errors:
            raise self.open_errors.pop(0)
        credentials()
        self.destination = destination
        return self

    def send(self, batch):
        self.on_send()
        answer = self.plan.pop(0) if self.plan else ()
        if isinstance(answer, Exception):
            raise answer
        self.sent.append(batch)
        return answer

    def close(self):
        self.closed += 1


class RoleChain:
    """Gives credentials, or raises what it is told to."""

    def __init__(self, *errors):
        self.errors, self.asked, self.invalidated = list(errors), [], 0

    def customer(self, tenant_id, role_arn, external_id=None, regions=()):
        self.asked.append((tenant_id, role_arn, external_id))
        if self.errors:
            raise self.errors.pop(0)
        return CREDENTIALS

    def invalidate(self, credentials):
        assert credentials is CREDENTIALS
        self.invalidated += 1


class Kept:
    """Remembers what was set aside; fails as often as it is told to."""

    def __init__(self, *errors):
        self.errors, self.events = list(errors), []

    def write(self, _delivery, batch_index, events, *, rest=None):
        error = self.errors.pop(0) if self.errors else None
        if error:
            raise error
        self.events += [(batch_index, event.reason, event.literal) for event in events]
