"""Faults of what works beside the processor: parking, resuming, replays, and the reconciler."""

import json
import signal
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random

from local.loader.objects import LogObject
from runtime.messages.delivery_message import DeliveryMessage
from tests.faults.hosts import incomplete
from tests.faults.injected import Fault, LoseAnswer, Refuse, Slow, Strike
from tests.faults.kind import Host, Kind, Turn
from tests.faults.ledger import RECONCILER, RESUMER, WATCH
from tests.faults.plan import Counts, MakeFault, Rule, rule
from tests.faults.scene import Scene
from tests.faults.tenants import put_config, remove_config
from tests.faults.triggers import nothing_starts
from tests.faults.verdict import parked_keys

PART = 3
"""Objects of a round."""

SECONDS = 20.0
"""How long a step of a round may take; a later step finds what is left of it."""

OVER = 2 * 86_400.0
"""Seconds since the first attempt, longer than any schedule: such a delivery is parked when it fails."""

DENIED = rule("logs:*", Refuse(400, "AccessDeniedException"), 1.0, counts=Counts.NONE)
PARK = "dynamodb:TransactWriteItems"


def parking(scene: Scene, kind: Kind, target: int) -> None:
    """Let deliveries whose schedule is over fail, so that they are parked, and resume them; and again."""
    while scene.injected < target and not scene.is_over():
        objects = _without_config(scene)
        scene.begin(DENIED, *(one for one in kind.rules if not one.of))
        for object_ in objects:
            _hand_over(scene, object_)
        scene.wait_for(lambda: len(parked_keys(scene.place, scene.tenant)) >= PART, SECONDS)
        scene.begin(*(one for one in kind.rules if one.of))
        ends = time.monotonic() + SECONDS
        while parked_keys(scene.place, scene.tenant) and time.monotonic() < ends and not scene.is_over():
            scene.resume()
            if scene.injected >= target:
                scene.end()
        scene.end()
        scene.wait_for(partial(_have_arrived, scene, objects), SECONDS)
    scene.end()


def _without_config(scene: Scene) -> list[LogObject]:
    """Write objects while the tenant has no config for its log group, which is owed them nevertheless."""
    right = scene.tenant.configs["cloudwatch"]
    remove_config(scene.place, scene.tenant, "cloudwatch")
    try:
        objects = [scene.send() for _ in range(PART)]
        scene.wait_for(lambda: all(scene.has_arrived(one, "s3") for one in objects), SECONDS)
    finally:
        put_config(scene.place, right)
    return objects


def _hand_over(scene: Scene, object_: LogObject) -> None:
    over = DeliveryMessage(
        scene.place.environment.central_bucket,
        object_.key,
        scene.tenant.tenant_id,
        "cloudwatch",
        attempt=30,
        first_attempt_at=time.time() - OVER,
    )
    sqs = scene.place.central("sqs")
    sqs.send_message(QueueUrl=scene.place.environment.delivery_queue_url, MessageBody=over.write())


def invoke(scene: Scene, output: str, event: object | None = None) -> bytes:
    """Run a function as its schedule does; that it fails, or is killed, is what the fault is for."""
    payload = json.dumps({"source": "aws.events"} if event is None else event)
    answer = scene.place.central("lambda").invoke(FunctionName=scene.place.outputs[output], Payload=payload)
    body: bytes = answer["Payload"].read()
    return body


def replaying(scene: Scene, kind: Kind, target: int) -> None:
    """Write objects that the log group isn't told of, and replay them; and again."""
    api = scene.place.accounts.api_client(scene.place.environment.api_url, scene.place.environment.central_account)
    while scene.injected < target and not scene.is_over():
        objects = _without_config(scene)
        asked = {"type": "cloudwatch", "object_keys": [object_.key for object_ in objects]}
        api.start_replay(scene.tenant.tenant_id, asked)
        scene.begin(*kind.rules)
        ends = time.monotonic() + SECONDS
        while not _have_arrived(scene, objects) and time.monotonic() < ends and not scene.is_over():
            scene.resume()
            if scene.injected >= target:
                scene.end()
        scene.end()
        scene.wait_for(partial(_have_arrived, scene, objects), SECONDS)
    scene.end()


def _have_arrived(scene: Scene, objects: list[LogObject]) -> bool:
    return all(scene.has_arrived(one, scene.tenant.log_group) for one in objects)


def reconciling(scene: Scene, kind: Kind, target: int) -> None:
    """Write objects whose notifications get lost, and let the reconciler find them; and again."""
    name = scene.place.environment.processor_function_name
    while scene.injected < target and not scene.is_over():
        with nothing_starts(scene.place, name):
            objects = [scene.send(waits=False) for _ in range(PART)]
            _lose_notifications(scene, len(objects))
        scene.settle(SECONDS / 4)
        hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        event = {
            "since": (hour - timedelta(hours=1)).isoformat(),
            "until": (hour + timedelta(hours=1)).isoformat(),
            "older_than_seconds": 0,
        }
        scene.begin(*kind.rules)
        begun = time.monotonic()
        while not _have_arrived(scene, objects) and time.monotonic() < begun + 2 * SECONDS:
            invoke(scene, "ReconciliationFunctionName", event)
            if scene.injected >= target or time.monotonic() > begun + SECONDS / 2:
                scene.end()
            scene.settle(SECONDS / 4)
        scene.end()
    scene.end()


def _lose_notifications(scene: Scene, count: int) -> None:
    sqs, url = scene.place.central("sqs"), scene.place.environment.object_queue_url
    ends = time.monotonic() + SECONDS
    while count and time.monotonic() < ends:
        answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        for message in answer.get("Messages", ()):
            if scene.tenant.tenant_id in message["Body"]:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                count -= 1


def watching(scene: Scene, kind: Kind, target: int) -> None:
    """Let the watch look, while its calls fail: a look that couldn't see everything is an error, and says nothing."""
    scene.send()
    scene.begin(*kind.rules)
    while scene.injected < target and not scene.is_over():
        before = scene.injected
        body = invoke(scene, "DestinationWatchFunctionName")
        if scene.injected > before + RETRIES and b"errorMessage" not in body:
            raise AssertionError(f"the watch has seen {body!r} of calls that failed")
    scene.end()


RETRIES = 6


def _kill(lot: Random) -> Strike:
    return Strike(signal.SIGKILL, lot.random())


def _of(host: str, calls: str, *, every: bool = False) -> dict[str, tuple[Rule, ...]]:
    """Return what a worker's calls can meet, by name."""
    met: dict[str, tuple[Fault | MakeFault, float]] = {
        "5xx": (Refuse(500, "InternalServerError"), 0.4),
        "answer-lost": (LoseAnswer(), 0.2),
        "incomplete": (incomplete, 0.4),
        "slow": (Slow(0.3), 0.4),
        "killed": (_kill, 0.2),
    }
    return {name: (rule(calls, fault, chance, host=every, of=host),) for name, (fault, chance) in met.items()}


RESUMERS = "dynamodb:Query dynamodb:GetItem dynamodb:UpdateItem dynamodb:DeleteItem dynamodb:PutItem sqs:SendMessage"
REPLAYS = f"{RESUMERS} dynamodb:TransactWriteItems s3:ListObjectVersions s3:ListObjectsV2 s3:HeadObject"
RECONCILERS = (
    "logs:FilterLogEvents s3:ListObjectVersions s3:ListObjectsV2 dynamodb:UpdateItem dynamodb:GetItem sqs:SendMessage"
)
RECONCILERS += " sqs:GetQueueAttributes"
WATCHS = "dynamodb:Scan dynamodb:BatchGetItem"

WORKERS: tuple[Kind, ...] = (
    Kind(
        "parking-conflict",
        (rule(PARK, Refuse(400, "TransactionCanceledException"), 0.5),),
        parking,
        target=50,
        weight=3.0,
    ),
    Kind("parking-5xx", (rule(PARK, Refuse(500, "InternalServerError"), 0.5),), parking, target=50, weight=3.0),
    Kind("parking-answer-lost", (rule(PARK, LoseAnswer(), 0.5),), parking, target=50, weight=3.0),
    Kind("parking-incomplete", (rule(PARK, incomplete, 0.5),), parking, target=50, weight=3.0),
    *(
        Kind(f"resumer-{name}", rules, parking, target=30, host=Host.RESUMER, weight=3.0)
        for name, rules in _of(RESUMER, RESUMERS).items()
    ),
    *(
        Kind(f"replay-{name}", rules, replaying, target=30, host=Host.RESUMER, weight=3.0)
        for name, rules in _of(RESUMER, REPLAYS).items()
    ),
    *(
        Kind(f"reconciler-{name}", rules, reconciling, target=10, host=Host.RECONCILER, turn=Turn.QUIET)
        for name, rules in _of(RECONCILER, RECONCILERS, every=True).items()
    ),
    Kind(
        "watch-5xx",
        (rule(WATCHS, Refuse(500, "InternalServerError"), 1.0, host=True, of=WATCH),),
        watching,
        target=10,
        host=Host.WATCH,
        turn=Turn.QUIET,
    ),
)
