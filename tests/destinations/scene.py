"""Deliveries of made-up objects by the real methods: what a test sends, and what a method is given to send it with."""

import uuid
from types import SimpleNamespace

from runtime.backoff import Retry
from runtime.deliveries.method import Delivery, DeliveryProgress
from runtime.errors import RetryableError
from runtime.objects.batches import Batch
from runtime.objects.event_ids import RecordNumbers, Run
from runtime.objects.key import ObjectKey
from runtime.objects.stored_object import StoredObject
from runtime.time_budget import TimeBudget

NOW_MS = 1_795_000_000_000


class Secrets:
    """Secrets Manager, as ``AwsClients`` calls it: values by reference."""

    def __init__(self, **values):
        self.values = values

    def call(self, service, action, request):
        assert (service, action) == ("secretsmanager", "GetSecretValue")
        return {"SecretString": self.values[request["SecretId"].rpartition("/")[2]]}


class KeptEvents:
    """Takes what is set aside: (reason, literal)."""

    def __init__(self):
        self.events = []

    def write(self, delivery, batch_index, events, *, rest=None):
        self.events += [(event.reason, event.literal) for event in events]


class Objects:
    """The planned batches of one object."""

    def __init__(self, *batches):
        self._batches = batches

    def batches(self, start):
        yield from self._batches[start:]


def services(**secrets):
    """Return what a method is constructed with."""
    settings = SimpleNamespace(central_bucket="central", allow_loopback=True)
    return SimpleNamespace(clients=Secrets(**secrets), role_chain=None, settings=settings, marks=None)


def method(class_, *, extra=None, **secrets):
    """Return a method and what it sets aside. It waits little between attempts. ``extra``: what it is made with."""
    kept = KeptEvents()
    made = {"set_aside": kept, "retry": Retry(attempts=8, first=0.05, longest=0.5)} | (extra or {})
    return class_(services(**secrets), **made), kept


def batch(*texts, index=0, step_ms=1):
    """Return a planned batch of these messages, each a step later than the one before."""
    literals = [b'"%b"' % text.encode() for text in texts]
    times = [NOW_MS + position * step_ms for position in range(len(texts))]
    numbers = RecordNumbers((Run(0, index * 10_000, 0),))
    return Batch(index, times, literals, [len(text.encode()) for text in texts], records=numbers)


def delivery(config, *, pod="etcd-0", name=None, seconds=60.0, checkpoint=0):
    """Return a delivery of an object of its own; of the one with that name again."""
    name = name or uuid.uuid4().hex
    key = ObjectKey.parse(
        f"tenant_id={config.tenant_id}/cluster_id=c-1/application=etcd/pod_name={pod}/20261123-132140-{name}.json.gz"
    )
    stored = StoredObject("central", key, etag=f'"{name}"')
    return Delivery(stored, config, TimeBudget.of_seconds(seconds), DeliveryProgress(checkpoint=checkpoint))


def lines(count, size=430):
    """Return messages that differ."""
    return [f"{number:08d} " + "x" * (size - 9) for number in range(count)]


def handed_over(method, one, batches, attempts):
    """Deliver, and be handed over as often as it takes, ``attempts`` times at most: then what fails is raised."""
    for left in reversed(range(attempts)):
        try:
            method.deliver(one, Objects(*batches))
        except RetryableError:
            if not left:
                raise
        else:
            return
