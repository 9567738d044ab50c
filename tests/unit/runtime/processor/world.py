"""A whole processor on moto: central bucket, queues, tables, a tenant's destinations, and a host's message."""

import gzip
import json
import time
from dataclasses import dataclass, field
from typing import Any

from moto.logs.models import logs_backends
from moto.sqs.models import sqs_backends

from runtime.delivery_config.attribute_values import typed
from runtime.delivery_state.destination_status import DestinationStatuses
from runtime.messages.delivery_message import DeliveryMessage, is_delivery_message
from runtime.messages.queue_message import QueueMessage
from runtime.processor.assembly import make_processor
from runtime.processor.settings import ProcessorSettings
from runtime.time_budget import TimeBudget
from tests.unit.runtime.aws_world import (
    CENTRAL_ROLE,
    CUSTOMER_ACCOUNT,
    CUSTOMER_ROLE,
    REGION,
    MotoClients,
    RecordingClients,
)

PROCESSORS_ACCOUNT = "123456789012"  # moto's own, for credentials that no role gave
CENTRAL = "central-logs"
CUSTOMER = "acme-bucket"
KEY = "tenant_id=acme-corp/cluster_id=c-1/application=etcd/pod_name=etcd-0/20261123-101500-6f9.json.gz"
NOW_MS = int(time.time() * 1000)  # CloudWatch refuses what is older than 14 days
PARKED_INDEXES = {
    "by-reason": ("reason", "first_attempt_at"),
    "by-destination": ("destination", "turn"),
    "by-work": ("work", "due_at"),
}
EVENTS = [{"timestamp": NOW_MS + number, "message": f"line {number}"} for number in range(5)]


def key_schema(partition, sort):
    """A table's or an index' key."""
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]


def body(events=EVENTS):
    """An object's bytes."""
    return gzip.compress(b"".join(json.dumps(event).encode() + b"\n" for event in events), mtime=0)


def s3_event(key=KEY, bucket=CENTRAL, name="ObjectCreated:Put", **object_fields):
    """One record of a notification; ``key`` as it is encoded."""
    return {
        "eventSource": "aws:s3",
        "eventName": name,
        "s3": {"bucket": {"name": bucket}, "object": {"key": key.replace("=", "%3D"), **object_fields}},
    }


def notification(*records):
    """S3 in SNS, as it lies in the queue."""
    inner = json.dumps({"Records": list(records or [s3_event()])})
    return json.dumps({"Type": "Notification", "MessageId": "sns-1", "TopicArn": "arn:aws:sns:::t", "Message": inner})


@dataclass
class World:
    """What a test looks at and changes."""

    clients: RecordingClients
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self):
        s3 = self.plain("s3")
        for bucket in (CENTRAL, CUSTOMER):
            s3.create_bucket(Bucket=bucket)
        sqs = self.plain("sqs")
        self.queues = {
            name: sqs.create_queue(QueueName=name)["QueueUrl"]
            for name in ("objects", "deliveries", "objects-dlq", "deliveries-dlq")
        }
        dynamodb = self.plain("dynamodb")
        dynamodb.create_table(
            TableName="tenants",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "tenant_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "tenant_id", "AttributeType": "S"}],
        )
        for table, sort_key, indexes in (("configs", "type", {}), ("parked", "delivery", PARKED_INDEXES)):
            pairs = {None: ("tenant_id", sort_key), **indexes}
            dynamodb.create_table(
                TableName=table,
                BillingMode="PAY_PER_REQUEST",
                KeySchema=key_schema(*pairs[None]),
                AttributeDefinitions=[
                    {"AttributeName": name, "AttributeType": "N" if name == "due_at" else "S"}
                    for name in dict.fromkeys(name for pair in pairs.values() for name in pair)
                ],
                **(
                    {
                        "GlobalSecondaryIndexes": [
                            {
                                "IndexName": name,
                                "KeySchema": key_schema(*pair),
                                "Projection": {"ProjectionType": "ALL"},
                            }
                            for name, pair in indexes.items()
                        ]
                    }
                    if indexes
                    else {}
                ),
            )

    def plain(self, service):
        """A client whose calls aren't recorded and don't fail."""
        return self.plain_clients.client(service)

    @property
    def plain_clients(self):
        if not hasattr(self, "_moto_clients"):
            self._moto_clients = MotoClients()
        return self._moto_clients

    def settings(self, **changes):
        """The processor's settings."""
        values = {
            "tenant_config_table": "configs",
            "central_log_distribution_role_arn": CENTRAL_ROLE,
            "central_bucket": CENTRAL,
            "aws_region": REGION,
            "delivery_queue_url": self.queues["deliveries"],
            "object_dlq_url": self.queues["objects-dlq"],
            "delivery_dlq_url": self.queues["deliveries-dlq"],
            "parked_deliveries_table": "parked",
            "tenants_table": "tenants",
            "sqs_queue_url": self.queues["objects"],
            "config_cache_seconds": 0,
        }
        return ProcessorSettings(**{**values, **self.options, **changes})

    def processor(self, methods=None, **changes):
        """A processor as a host makes it."""
        return make_processor(self.settings(**changes), clients=self.clients, methods=methods)

    def process(self, text, processor=None, *, seconds=30.0, receipt=None):
        """Run one message through; whether it may be settled."""
        budget = TimeBudget.of_seconds(seconds, settle_seconds=2)
        return (processor or self.processor()).process(QueueMessage(text, "message-1", receipt), budget)

    def put_object(self, key=KEY, data=None):
        """Write an object into the central bucket; return its ETag."""
        answer = self.plain("s3").put_object(Bucket=CENTRAL, Key=key, Body=body() if data is None else data)
        return answer["ETag"].strip('"')

    def put_config(self, type_="s3", tenant_id="acme-corp", **fields):
        """Write a delivery config; values may be typed already."""
        defaults = {
            "s3": {"bucket_name": CUSTOMER},
            "cloudwatch": {"log_distribution_role_arn": CUSTOMER_ROLE, "log_group_name": "/acme"},
        }.get(type_.partition(":")[0], {})
        plain = {"tenant_id": tenant_id, "type": type_, **defaults, **fields}
        item = {name: value if isinstance(value, dict) else typed(value) for name, value in plain.items()}
        self.plain("dynamodb").put_item(TableName="configs", Item=item)

    def put_record(self, tenant_id="acme-corp", **fields):
        """Write a tenant's record; values may be typed already."""
        plain = {"tenant_id": tenant_id, "version": 1, **fields}
        item = {name: value if isinstance(value, dict) else typed(value) for name, value in plain.items()}
        self.plain("dynamodb").put_item(TableName="tenants", Item=item)

    def drop_config(self, type_="s3", tenant_id="acme-corp"):
        """Delete a delivery config."""
        key = {"tenant_id": {"S": tenant_id}, "type": {"S": type_}}
        self.plain("dynamodb").delete_item(TableName="configs", Key=key)

    def messages(self, queue):
        """Everything in a queue, delayed messages too, as moto holds it."""
        return list(sqs_backends[PROCESSORS_ACCOUNT][REGION].queues[queue]._messages)

    def empty(self, queue):
        """Take everything out of a queue."""
        sqs_backends[PROCESSORS_ACCOUNT][REGION].queues[queue]._messages.clear()

    def handed_over(self):
        """The delivery messages that wait in the delivery queue."""
        documents = [json.loads(message.body) for message in self.messages("deliveries")]
        return [DeliveryMessage.read(document) for document in documents if is_delivery_message(document)]

    def put_off(self):
        """The notifications that wait in the delivery queue: how often each was put off."""
        documents = [json.loads(message.body) for message in self.messages("deliveries")]
        return [document["put_offs"] for document in documents if not is_delivery_message(document)]

    def streams(self):
        """The messages in the customer's log streams, by stream."""
        groups = logs_backends[CUSTOMER_ACCOUNT][REGION].groups
        return {
            stream.log_stream_name: [event.message for event in stream.events]
            for group in groups.values()
            for stream in group.streams.values()
        }

    def times(self):
        """The messages in the customer's log streams, with their times (epoch ms)."""
        groups = logs_backends[CUSTOMER_ACCOUNT][REGION].groups
        streams = [stream for group in groups.values() for stream in group.streams.values()]
        return [(event.message, event.timestamp) for stream in streams for event in stream.events]

    def parked(self):
        """The items of parked deliveries."""
        items = self.plain("dynamodb").scan(TableName="parked")["Items"]
        return [item for item in items if not item["delivery"]["S"].startswith("!")]

    def status(self, type_="s3", tenant_id="acme-corp"):
        """A destination's status."""
        return DestinationStatuses(self.plain_clients, "parked").of(tenant_id, type_)

    def copies(self, bucket=CUSTOMER):
        """The keys in a customer's bucket."""
        return [each["Key"] for each in self.plain("s3").list_objects_v2(Bucket=bucket).get("Contents", ())]
