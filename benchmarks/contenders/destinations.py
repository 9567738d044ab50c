"""One contender of ``benchmarks.destinations`` in a process of its own: a job as JSON in, its figures as JSON out.

``read`` only reads the object; ``ours`` delivers it by the method; ``straightforward`` is what one writes first: gzip
and json, requests by urllib3 (signed by Standard Webhooks' own library) or a producer of confluent-kafka, ids from a
counter, an end at the first failure.
"""

import gzip
import json
import ssl
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import urllib3
from confluent_kafka import Producer
from standardwebhooks.webhooks import Webhook

from benchmarks.contenders.figures import figures
from runtime.deliveries.elasticsearch.delivery import ElasticsearchDelivery
from runtime.deliveries.event_method import EventMethod
from runtime.deliveries.kafka.delivery import KafkaDelivery
from runtime.deliveries.method import Delivery, DeliveryServices
from runtime.deliveries.settings import DeliverySettings
from runtime.deliveries.webhook.delivery import WebhookDelivery
from runtime.objects.batches import Batch, plan
from runtime.objects.events import ReadStats, read_events
from runtime.objects.key import ObjectKey
from runtime.objects.stored_object import StoredObject
from runtime.objects.stream import decompress
from runtime.time_budget import FOREVER

if TYPE_CHECKING:
    from runtime.aws.clients import AwsClients

METHODS: dict[str, type[EventMethod]] = {
    "elasticsearch": ElasticsearchDelivery,
    "kafka": KafkaDelivery,
    "webhook": WebhookDelivery,
}
BULK_DOCUMENTS, POSTED_EVENTS = 655, 1_000  # as ours
KEY = "tenant_id=bench/cluster_id=c-1/application=etcd/pod_name=etcd-0/20261123-132140-{}.json.gz"


@dataclass(frozen=True, slots=True)
class ObjectFile:
    """The batches of a local object."""

    path: Path

    def batches(self, start: int) -> Iterator[Batch]:
        """Yield the batches from number ``start`` on."""
        with self.path.open("rb") as file:
            blocks = read_events(
                decompress(file.read, max_bytes=1 << 40), last_modified_ms=2_000_000_000_000, stats=ReadStats()
            )
            for batch in plan(blocks):
                if batch.index >= start:
                    yield batch


class OneSecret:
    """Secrets Manager, as ``AwsClients`` calls it."""

    def __init__(self, value: str) -> None:
        self._value = value

    def call(self, service: str, action: str, request: object) -> dict[str, str]:
        """Return the secret, whichever is asked for."""
        del service, action, request
        return {"SecretString": self._value}


def ours(method: str, path: Path, config: dict[str, Any], secret: str) -> None:
    """Deliver by the method."""
    class_ = METHODS[method]
    clients = cast("AwsClients", OneSecret(secret))
    settings = DeliverySettings(central_bucket="central", aws_region="us-east-1", allow_loopback=True)
    made = class_(DeliveryServices(clients, cast("Any", None), settings))
    stored = StoredObject("central", ObjectKey.parse(KEY.format(uuid.uuid4().hex)), uuid.uuid4().hex)
    try:
        made.deliver(Delivery(stored, class_.config_model(**config), FOREVER), ObjectFile(path))
    finally:
        made.close()


def read(path: Path) -> None:
    """Read the object's batches."""
    for _ in ObjectFile(path).batches(0):
        pass


def straightforward_elasticsearch(path: Path, url: str, index: str) -> None:
    """Index every line."""
    http, unique = urllib3.PoolManager(), uuid.uuid4().hex
    lines: list[str] = []

    def send() -> None:
        answer = http.request(
            "POST",
            f"{url}/{index}/_bulk",
            body="\n".join([*lines, ""]),
            headers={"content-type": "application/x-ndjson"},
        )
        if answer.status != 200 or answer.json()["errors"]:  # noqa: PLR2004 - a success
            raise RuntimeError(answer.data[:500])
        lines.clear()

    for number, event in enumerate(_events(path)):
        lines.append(json.dumps({"create": {"_id": f"{unique}-{number}"}}))
        lines.append(json.dumps({"@timestamp": event["timestamp"], "message": event["message"], "pod_name": "etcd-0"}))
        if len(lines) == 2 * BULK_DOCUMENTS:
            send()
    if lines:
        send()


def straightforward_webhook(path: Path, url: str, ca: str, secret: str) -> None:
    """Post every line, signed."""
    http = urllib3.PoolManager(ssl_context=ssl.create_default_context(cadata=ca))
    signer, unique = Webhook(secret), uuid.uuid4().hex
    lines: list[str] = []

    def send(number: int) -> None:
        body, id_, now = "\n".join([*lines, ""]), f"{unique}-{number}", datetime.now(UTC)
        headers = {
            "content-type": "application/x-ndjson",
            "webhook-id": id_,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signer.sign(id_, now, body),
        }
        answer = http.request("POST", url, body=body, headers=headers)
        if answer.status // 100 != 2:  # noqa: PLR2004 - a success
            raise RuntimeError(answer.data[:500])
        lines.clear()

    origin = dict(part.split("=", 1) for part in KEY.split("/")[:4])
    for number, event in enumerate(_events(path)):
        document = {"id": f"{unique}-{number}", "timestamp": event["timestamp"], "message": event["message"], **origin}
        lines.append(json.dumps(document))
        if len(lines) == POSTED_EVENTS:
            send(number)
    if lines:
        send(-1)


def straightforward_kafka(path: Path, settings: dict[str, Any], topic: str) -> None:
    """Send every line."""
    producer, failed = Producer({**settings, "enable.idempotence": True, "compression.type": "zstd"}), []

    def report(error: object, message: object) -> None:
        del message
        if error is not None:
            failed.append(error)

    for number, event in enumerate(_events(path)):
        while True:
            try:
                producer.produce(
                    topic,
                    event["message"].encode(),
                    b"etcd-0",
                    on_delivery=report,
                    headers={"id": str(number).encode()},
                )
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)
    if producer.flush(60) or failed:
        raise RuntimeError(failed[:1])


def _events(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path) as file:
        yield from map(json.loads, cast("IO[bytes]", file))


def main() -> None:
    """Do as standard input says."""
    job = json.load(sys.stdin)
    path = Path(job["path"])
    match job["contender"], job["method"]:
        case "read", _:
            read(path)
        case "ours", method:
            ours(method, path, job["config"], job["secret"])
        case _, "elasticsearch":
            straightforward_elasticsearch(path, job["config"]["url"], job["config"]["index"])
        case _, "webhook":
            straightforward_webhook(path, job["config"]["url"], job["config"]["ca"], job["secret"])
        case _:
            straightforward_kafka(path, job["settings"], job["config"]["topic"])
    print(json.dumps(figures()))


if __name__ == "__main__":
    main()
