"""An installation on moto, whose delivery records are given by the test."""

from types import SimpleNamespace

from cli.installation import Installation
from cli.operation.sources import Sources
from runtime.record_log.lines import RecordLine
from tests.unit.runtime.processor.world import CENTRAL, World

NOW = 1_795_000_000.0
OBJECT = "tenant_id={}/cluster_id=c-1/application=etcd/pod_name=p-0/{}-1.json.gz"


def record(at, *, tenant="acme-corp", type_="cloudwatch", outcome="delivered", name="20261118-112600", **more):
    """A delivery's record, so many seconds before now."""
    counts = {"Events": 10, "Bytes": 1_000, "attempts": 1}
    fields = {
        "message": "delivery", "tenant_id": tenant, "type": type_, "Outcome": outcome,
        "Method": type_.partition(":")[0], "object": OBJECT.format(tenant, name),
    }  # fmt: skip
    return RecordLine(NOW - at, {**fields, **counts, **more})


class Scene:
    """``records`` are what the log holds."""

    def __init__(self, clients):
        self.world = World(clients)
        self.records = []
        installation = Installation(clients)
        installation.__dict__["outside"] = {}
        installation.__dict__["outputs"] = {
            "ObjectQueueUrl": self.world.queues["objects"],
            "DeliveryQueueUrl": self.world.queues["deliveries"],
            "ObjectDlqUrl": self.world.queues["objects-dlq"],
            "DeliveryDlqUrl": self.world.queues["deliveries-dlq"],
            "UndeliveredNotificationsUrl": self.world.queues["objects-dlq"],
            "ParkedDeliveriesTableName": "parked",
            "TenantConfigTableName": "configs",
            "CentralBucketName": CENTRAL,
        }
        self.sources = Sources(installation, lambda: NOW)
        self.sources.__dict__["records"] = SimpleNamespace(lines=self.lines)

    def lines(self, since, until, **wanted):
        for line in sorted(self.records, key=lambda each: each.at):
            if since <= line.at < until and all(line.fields.get(name) == value for name, value in wanted.items()):
                yield line

    def put_object(self, tenant="acme-corp", name="20261118-112600"):
        self.world.put_object(OBJECT.format(tenant, name), b"x")
