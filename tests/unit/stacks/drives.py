"""How each alarm is driven into ALARM and back: by the code that runs where it emits the metric, else by AWS's words.

A drive gives data twice: of what is wrong, and of what is right again. Where the metric is the code's own, the data are
the lines that it wrote; where it is a queue's, what the queue itself says after the code has used it; where only AWS
could emit it (a throttle, a latency), values as its documentation describes them.
"""

import json
import time
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from io import StringIO
from types import SimpleNamespace

from ministack_fidelity.patches.embedded_metrics import data as embedded
from ministack_fidelity.patches.queue_metrics import sample
from runtime.delivery_state.destination_status import DestinationStatuses
from runtime.delivery_state.reconciliation_progress import ReconciliationProgress
from runtime.destination_watch.watch import DestinationCheck
from runtime.errors import RetryableError
from runtime.messages.delivery_message import DeliveryMessage
from runtime.metrics.lines import MetricLines
from runtime.reconciliation.comparison import Comparison
from runtime.reconciliation.reconciler import Limits, Reconciler
from runtime.record_log.lines import RecordLine
from runtime.time_budget import TimeBudget
from tests.unit.runtime.alerts.alert_world import AlertWorld
from tests.unit.runtime.aws_world import Fault
from tests.unit.runtime.processor.world import CENTRAL, KEY, body, notification, s3_event
from tests.unit.stacks.alarm_state import Datum, dimensions

LINES, QUEUE, AWS = "the code's own lines", "the queue, after the code has used it", "values as AWS documents them"
AGENT = "values as a real Vector publishes them"  # tests/vector/alarms sees it do so


@dataclass(frozen=True)
class Drive:
    """``bad`` and ``good`` take a world and the alarm, and give data of one period."""

    how: str
    bad: object
    good: object


def written(scene, *arguments):
    """Return the metrics of the lines that a scene writes."""
    out = StringIO()
    with redirect_stdout(out):
        scene(*arguments)
    lines = [line for line in out.getvalue().splitlines() if line.startswith('{"_aws"')]
    return [Datum(ns, name, value, at, dims) for line in lines for ns, name, dims, at, _, value in embedded(line)]


def again(**changes):
    """A delivery message whose schedule is over."""
    message = DeliveryMessage(CENTRAL, KEY, "acme-corp", "s3", attempt=2, first_attempt_at=time.time() - 90_000)
    return replace(message, **changes).write()


def deliver(world):
    """An object is delivered."""
    world.clients.faults.clear()
    world.put_object()
    world.put_config()
    assert world.process(notification())


def park(world):
    """A customer's bucket is gone, and the delivery's schedule is over."""
    deliver(world)
    world.clients.faults["CopyObject"] = Fault("NoSuchBucket", 404)
    assert world.process(again())


def be_denied(world):
    """The central role refuses to be assumed."""
    deliver(world)
    world.clients.faults["AssumeRole"] = Fault("AccessDenied", 403)
    assert world.process(notification())


def set_aside(world):
    """An event is too old for CloudWatch Logs."""
    world.put_object(data=body([{"timestamp": 1, "message": "old"}]))
    world.put_config("cloudwatch")
    assert world.process(notification())


def write_an_invalid_config(world):
    """Another tool writes a config that can't be read."""
    world.put_object()
    world.put_config(bucket_name="UPPER")
    assert world.process(notification())


def open_circuit(world):
    """A destination fails five times in a row, and once more."""
    processor = world.processor()
    deliver(world)
    world.clients.faults["CopyObject"] = Fault("SlowDown", 503)
    for _ in range(6):
        assert world.process(notification(), processor)


def leave_unlabelled(world):
    """A line of a namespace without a tenant label."""
    key = KEY.replace("acme-corp", "_unlabelled")
    world.put_object(key)
    assert world.process(notification(s3_event(key)))


def watch(world, *, hours=0.0):
    """The watch looks, so many hours later than now."""
    statuses = DestinationStatuses(world.clients, "parked")
    look = DestinationCheck(
        world.clients, "configs", statuses, MetricLines(), late_seconds=900, silent_seconds=3600,
        clock=lambda: time.time() + hours * 3600,
    )  # fmt: skip
    look.look()


def be_late(world):
    """A destination has failed since its last success, half an hour ago."""
    world.put_config()
    past = DestinationStatuses(world.clients, "parked", lambda: time.time() - 1800)
    past.succeeded("acme-corp", "s3", 5.0)
    DestinationStatuses(world.clients, "parked").failed("acme-corp", "s3", RetryableError("unavailable"))
    watch(world)


def be_silent(world):
    """Nothing has come of a tenant for two hours."""
    deliver(world)
    watch(world, hours=2)


def be_well(world):
    """Everything is delivered, and the watch sees it."""
    deliver(world)
    watch(world)


def reconcile(world, *, hours=0.0, seconds=1000.0, told=True):
    """The reconciler compares, so many hours later than now; ``told``: there is a record of every object."""
    entries = world.plain("s3").list_objects_v2(Bucket=CENTRAL).get("Contents", ())
    fields = [{"object": entry["Key"], "notified": 1, "tenant_id": "acme-corp"} for entry in entries if told]
    lines = SimpleNamespace(lines=lambda *_, **__: iter(RecordLine(time.time(), each) for each in fields))
    progress = ReconciliationProgress(world.clients, "parked")
    progress.save(time.time() - 6 * 3600)
    Reconciler(
        world.clients, Comparison(world.clients, CENTRAL, lines), progress, world.queues["objects"],
        limits=Limits(older_than=0.0), lines=MetricLines(), clock=lambda: time.time() + hours * 3600,
    ).run(TimeBudget.of_seconds(seconds))  # fmt: skip


def lose_a_notification(world):
    """An object lies in the bucket since two hours ago, and nothing has told of it."""
    past = time.strftime("%Y%m%d-%H%M%S", time.gmtime(time.time() - 7200))
    world.put_object(KEY.replace("20261123-101500", past))
    reconcile(world, told=False)


def have_no_time(world):
    """The reconciler has not come to its end for two days."""
    reconcile(world, hours=48, seconds=1.0)


def notify(world):
    """A copy fires a rule, and the customer's topic takes the notification."""
    world.clients.faults.clear()
    alerts = AlertWorld(world.clients)
    alerts.put_rule()
    alerts.take(alerts.message(1))


def be_sent_a_foreign_copy(world):
    """A cluster sends a copy of another one's line."""
    alerts = AlertWorld(world.clients)
    alerts.take(alerts.message(1, cluster_id="c2"))


def give_up(world):
    """A customer's topic refuses a notification for more than a day."""
    alerts = AlertWorld(world.clients)
    alerts.put_rule()
    world.clients.faults["Publish"] = Fault("AuthorizationError", 403)
    alerts.take(alerts.message(1))
    alerts.sweep(after=86_500)


def by_lines(bad, good=deliver):
    """Drive by scenes that write lines."""
    return Drive(LINES, lambda world, _: written(bad, world), lambda world, _: written(good, world))


def queue_says(world, name, alarm, *, later=0.0):
    """Return the alarm's metric of a queue, from its messages as they lie there."""
    messages = [
        {"visible_at": one.visible_at / 1000, "sent_at": one.sent_timestamp / 1000, "receive_count": 0}
        for one in world.messages(name)
    ]
    value = sample(messages, time.time() + later)[alarm["MetricName"]]
    return [Datum("AWS/SQS", alarm["MetricName"], value, time.time(), dimensions(alarm))]


def by_dead_letter(name, text):
    """Drive by a message that the processor sends to a dead-letter queue; cleared by emptying it, as a redrive does."""

    def bad(world, alarm):
        with redirect_stdout(StringIO()):
            assert world.process(text)
        return queue_says(world, name, alarm)

    def good(world, alarm):
        world.empty(name)
        return queue_says(world, name, alarm)

    return Drive(QUEUE, bad, good)


def by_age(name, hours):
    """Drive by a message that nobody takes for some hours; cleared by its being worked off."""

    def bad(world, alarm):
        world.plain("sqs").send_message(QueueUrl=world.queues[name], MessageBody=notification())
        return queue_says(world, name, alarm, later=hours * 3600)

    def good(world, alarm):
        (message,) = world.messages(name)
        with redirect_stdout(StringIO()):
            deliver(world)
            assert world.process(message.body)
        world.empty(name)
        return queue_says(world, name, alarm)

    return Drive(QUEUE, bad, good)


def by_values(bad, good, how=AWS):
    """Drive by values of a metric that AWS, or the agent, emits."""

    def of(value):
        return lambda _, alarm: [
            Datum(alarm["Namespace"], alarm["MetricName"], value, time.time(), dimensions(alarm)),
        ]

    return Drive(how, of(bad), of(good))


RUBBISH = json.dumps({"nobody": "knows"})
DRIVES = {
    "silent-cluster": by_values(0, 1, AGENT),
    "agent-discards": by_values(1, 0, AGENT),
    "agent-buffer": by_values(6 * 1024**3, 1024, AGENT),
    "undelivered-notifications": by_values(1, 0),
    "object-dlq-not-empty": by_dead_letter("objects-dlq", RUBBISH),
    "delivery-dlq-not-empty": by_dead_letter("deliveries-dlq", again(bucket="somebody-elses")),
    "object-queue-age": by_age("objects", 0.5),
    "delivery-queue-age": by_age("deliveries", 3),
    "central-access-denied": by_lines(be_denied),
    "parked-deliveries": by_lines(park),
    "invalid-configs": by_lines(write_an_invalid_config),
    "circuit-open": by_lines(open_circuit),
    "set-aside-events": by_lines(set_aside),
    "unlabelled-objects": by_lines(leave_unlabelled),
    "late-destinations": by_lines(be_late, be_well),
    "silent-tenants": by_lines(be_silent, be_well),
    "missed-notifications": by_lines(lose_a_notification, reconcile),
    "reconciliation-lag": by_lines(have_no_time, reconcile),
    "alert-dlq-not-empty": by_values(1, 0),
    "alert-queue-age": by_values(600, 5),
    "refused-alert-copies": by_lines(be_sent_a_foreign_copy, notify),
    "alerts-given-up": by_lines(give_up, notify),
    "function-errors": by_values(1, 0),
    "function-throttles": by_values(10, 0),
    "function-duration": by_values(900_000, 50),
    "table-throttles": by_values(1, 0),
    "api-errors": by_values(5, 0),
    "api-latency": by_values(3_000, 20),
}
"""By the section of each alarm's runbook."""
