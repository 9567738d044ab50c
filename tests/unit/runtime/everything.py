"""Everything that the processor, the watch and the reconciler may write down, brought about in a world on moto."""

import gzip
import json
import time
from dataclasses import replace
from types import SimpleNamespace

from runtime.delivery_config.attribute_values import typed
from runtime.delivery_state.destination_status import DestinationStatuses
from runtime.delivery_state.reconciliation_progress import ReconciliationProgress
from runtime.destination_watch.watch import DestinationCheck
from runtime.messages.delivery_message import DeliveryMessage
from runtime.metrics.lines import MetricLines
from runtime.reconciliation.comparison import Comparison
from runtime.reconciliation.reconciler import Limits, Reconciler
from runtime.time_budget import TimeBudget
from tests.unit.runtime.alerts.alert_world import AlertWorld
from tests.unit.runtime.aws_world import Fault
from tests.unit.runtime.processor.world import CENTRAL, KEY, body, notification, s3_event

SECRET = "a-customers-own-words"

ODD_LINES = [
    {"message": f"no time {SECRET}"},
    {"timestamp": "2026-11-23T10:15:00Z"},
    f"no json {SECRET}",
    [1, SECRET],
    {"timestamp": "2026-11-23T10:15:00Z", "message": SECRET * 100_000},
]
FOREIGN = "tenant_id=nobody/cluster_id=c-1/application=etcd/pod_name=etcd-0/20261123-101500-6f9.json.gz"


def again(**changes):
    message = DeliveryMessage(CENTRAL, KEY, "acme-corp", "s3", attempt=2, first_attempt_at=time.time() - 90_000)
    return replace(message, **changes).write()


def deliver(world):
    """What is delivered, with everything that may be odd about an object's lines."""
    lines = [json.dumps(line).encode() if not isinstance(line, str) else line.encode() for line in ODD_LINES]
    lines += [
        b"",
        b'{"timestamp": "2026-11-23T10:15:00Z", "message": "\xff' + SECRET.encode() + b'"}',
        b"y" * 17_000_000,
    ]
    world.put_object(data=gzip.compress(b"\n".join(lines) + b"\n"))
    world.put_config("cloudwatch")
    assert world.process(notification())
    now = int(time.time() * 1000)
    world.put_object(
        data=body(
            [
                {"timestamp": now + 3_600_000, "message": "ahead"},
                {"timestamp": 1, "message": SECRET},
                {"timestamp": now, "message": ""},
            ]
        )
    )
    assert world.process(notification())


def transform(world):
    """A program that drops one event and fails with another, in a config that nothing else is delivered by."""
    program = 'if .message == "drop" { abort }\n.message = parse_json!(.message)'
    world.put_config("cloudwatch", transform=typed({"source": program}))
    now = int(time.time() * 1000)
    world.put_object(data=body([{"timestamp": now, "message": text} for text in ("drop", SECRET, "{}")]))
    assert world.process(notification())


def park(world):
    """A delivery whose schedule is over, and whose destination's circuit opens."""
    processor = world.processor()
    world.put_object()
    world.put_config()
    world.clients.faults["CopyObject"] = Fault("NoSuchBucket", 404)
    for attempt in range(6):
        assert world.process(again(attempt=attempt + 1), processor)


def refuse(world):
    """What nothing is delivered of."""
    processor = world.processor()
    world.put_object()
    world.put_config(bucket_name="UPPER")
    twice = notification(s3_event(sequencer="0A"))
    world.put_config("s3:good")
    for text in (
        "rubbish",
        json.dumps({"Records": [{"eventName": "ObjectCreated:Put", "s3": {"object": SECRET}}]}),
        notification(s3_event(key="nonsense")),
        notification(s3_event(key=FOREIGN)),
        notification(s3_event(key=FOREIGN.replace("nobody", "_unlabelled"))),
        notification(s3_event(name="ObjectRemoved:Delete")),
        again(type="s3:good", checkpoint=1, plan_version=999),
        twice,
        twice,
    ):
        assert world.process(text, processor)
    world.drop_config("s3:good")
    world.put_config(enabled=False)
    assert world.process(notification(), processor)


def be_denied(world):
    """What our own role refuses."""
    world.put_object()
    world.put_config()
    world.clients.faults["Query"] = Fault("AccessDeniedException", 400)
    assert world.process(notification())


def watch(world):
    """What no message tells."""
    statuses = DestinationStatuses(world.clients, "parked")
    DestinationCheck(world.clients, "configs", statuses, MetricLines(), late_seconds=1, silent_seconds=1).look()


def reconcile(world):
    """What the reconciler's run comes to."""
    nothing = SimpleNamespace(lines=lambda *_, **__: iter(()))
    comparison = Comparison(world.clients, CENTRAL, nothing)
    progress = ReconciliationProgress(world.clients, "parked")
    parts = (world.clients, comparison, progress, world.queues["objects"])
    Reconciler(*parts, limits=Limits(), lines=MetricLines()).run(TimeBudget.of_seconds(1000))


def alert(world):
    """Copies of lines of an alert rule's, one of them malformed."""
    alerts = AlertWorld(world.clients)
    alerts.put_rule()
    alerts.take(alerts.message(1, message=SECRET), alerts.message(2, id=SECRET))
    assert len(alerts.received()) == 1


def play(world):
    """Play every scene, one after the other."""
    for scene in (deliver, transform, park, refuse, be_denied, watch, reconcile, alert):
        scene(world)
        world.clients.faults.clear()
        for config in ("s3", "s3:good", "cloudwatch"):
            world.drop_config(config)
