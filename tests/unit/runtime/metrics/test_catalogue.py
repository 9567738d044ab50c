"""The catalogue holds every metric, and the code that runs emits each of them."""

import gzip
import json
import time
from dataclasses import fields, replace

import pytest

from runtime.destination_watch.watch import DestinationWatch
from runtime.metrics import catalogue
from runtime.metrics.catalogue import EMITTED, PUBLISHED_BY_THE_AGENT, READ, Metric
from runtime.metrics.lines import MetricLines
from runtime.objects.events import ReadStats
from runtime.parked_deliveries.status import DestinationStatuses
from runtime.processor.delivery_message import DeliveryMessage
from tests.unit.runtime.aws_world import (
    Fault,
    recording_clients,  # noqa: F401 - the fixture "clients"
)
from tests.unit.runtime.processor.world import CENTRAL, KEY, World, body, notification, s3_event

ODD_LINES = [
    {"message": "no time"},
    {"timestamp": "2026-11-23T10:15:00Z"},
    "no json",
    [1, 2],
    {"timestamp": "2026-11-23T10:15:00Z", "message": "x" * 2_000_000},
]
FOREIGN = "tenant_id=nobody/cluster_id=c-1/application=etcd/pod_name=etcd-0/20261123-101500-6f9.json.gz"


@pytest.fixture
def world(clients):
    return World(clients)


def again(**changes):
    message = DeliveryMessage(CENTRAL, KEY, "acme-corp", "s3", attempt=2, first_attempt_at=time.time() - 90_000)
    return replace(message, **changes).write()


def deliver(world):
    """What is delivered, with everything that may be odd about an object's lines."""
    lines = [json.dumps(line).encode() if not isinstance(line, str) else line.encode() for line in ODD_LINES]
    lines += [b"", b'{"timestamp": "2026-11-23T10:15:00Z", "message": "\xff"}', b"y" * 17_000_000]
    world.put_object(data=gzip.compress(b"\n".join(lines) + b"\n"))
    world.put_config("cloudwatch")
    assert world.process(notification())
    now = int(time.time() * 1000)
    world.put_object(data=body([{"timestamp": 1, "message": "too old"}, {"timestamp": now, "message": ""}]))
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
        notification(s3_event(key="nonsense")),
        notification(s3_event(key=FOREIGN)),
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
    assert not world.process(notification())


def watch(world):
    """What no message tells."""
    statuses = DestinationStatuses(world.clients, "parked")
    DestinationWatch(world.clients, "configs", statuses, MetricLines(), late_seconds=1, silent_seconds=1).look()


def emitted(capsys):
    """Give each metric of the lines so far, with its namespace, dimension sets and unit."""
    found = {}
    for line in map(json.loads, filter(lambda text: '"_aws"' in text, capsys.readouterr().out.splitlines())):
        for directive in line["_aws"]["CloudWatchMetrics"]:
            for metric in directive["Metrics"]:
                assert isinstance(line[metric["Name"]], int | float)
                sets = found.setdefault((directive["Namespace"], metric["Name"], metric["Unit"]), set())
                sets.update(map(tuple, directive["Dimensions"]))
                assert all(isinstance(line[name], str) for each in directive["Dimensions"] for name in each)
    return found


def test_every_metric_of_the_catalogue_is_emitted_and_no_other(world, capsys):
    """An alarm would wait for a metric that nobody emits, or a failure be counted where nobody looks."""
    for scene in (deliver, park, refuse, be_denied, watch):
        scene(world)
        world.clients.faults.clear()
        for config in ("s3", "s3:good", "cloudwatch"):
            world.drop_config(config)
    expected = {
        (catalogue.NAMESPACE, metric.name, metric.unit.value): {tuple(map(str, each)) for each in metric.sets}
        for metric in EMITTED
    }
    assert emitted(capsys) == expected


def test_no_metric_stands_outside_of_the_list():
    """It could be emitted while no test asks whether anybody watches it."""
    named = {value for value in vars(catalogue).values() if isinstance(value, Metric)} | set(READ.values())
    assert named == {*EMITTED, *PUBLISHED_BY_THE_AGENT.values()}
    assert len({metric.name for metric in EMITTED}) == len(EMITTED)


def test_everything_that_is_counted_while_reading_has_its_metric():
    """A counter that was added to the reader would fail every object that has such a line."""
    assert set(READ) == {field.name for field in fields(ReadStats)} - {"events"}


def test_only_two_metrics_grow_with_the_tenants():
    """The bill for custom metrics would grow with tenants times metrics times outcomes."""
    growing = {metric.name for metric in EMITTED for each in metric.sets if catalogue.Dimension.TENANT in each}
    assert growing == {"Deliveries", "AgeOfOldestEvent"}
