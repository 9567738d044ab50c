"""Faults of what runs the processor: it is killed, starved, frozen, told to stop; its queue fails or repeats itself."""

import json
import shutil
import signal
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from urllib.parse import quote_plus

from local.loader.objects import LogObject
from tests.faults.call import POD
from tests.faults.injected import INCOMPLETE, Fault, Hang, LoseAnswer, Pass, Refuse, Slow, Starve, Strike
from tests.faults.kind import Host, Kind, Turn, until_met
from tests.faults.plan import rule
from tests.faults.poller import poller
from tests.faults.redrive import waiting
from tests.faults.scene import Scene

CALLS = "logs:PutLogEvents s3:CopyObject s3:GetObject dynamodb:Query sts:AssumeRole sqs:SendMessage"
RECEIVE, DELETE, HIDE = "sqs:ReceiveMessage", "sqs:DeleteMessageBatch", "sqs:ChangeMessageVisibilityBatch"
POLLERS_CALLS = f"{CALLS} {RECEIVE} {DELETE} {HIDE}"
IDLE_SECONDS = 10.0
UNAVAILABLE = Refuse(503, "ServiceUnavailable")


def _kill(lot: Random) -> Strike:
    return Strike(signal.SIGKILL, lot.random())


def _freeze(lot: Random) -> Strike:
    return Strike(signal.SIGSTOP, lot.random())


def _tell_to_stop(lot: Random) -> Strike:
    return Strike(signal.SIGTERM, lot.random())


def incomplete(lot: Random) -> Fault:
    """Draw one of the answers in which something is absent."""
    return lot.choice(INCOMPLETE)


def with_a_wrong_clock(scene: Scene, kind: Kind, target: int) -> None:
    """Let a poller work whose clock is fast, then one whose clock is slow, as far as AWS still takes its signatures."""
    for part, seconds in enumerate(SKEWS, 1):
        with poller(scene.place, scene.more_environment, scene.ledger, "tests.faults.skewed", str(seconds)):
            until_met(scene, kind, target * part // len(SKEWS))
            scene.wait_for(lambda: not waiting(scene.place)[0], IDLE_SECONDS)


SKEWS = (240, -240)
"""Seconds. AWS refuses signatures that are more than five minutes off; a poller further off receives nothing."""


def with_the_vector_engine(scene: Scene, kind: Kind, target: int) -> None:
    """Let a poller deliver through Vector."""
    environment = {**scene.more_environment, "CLOUDWATCH_ENGINE": "vector"}
    with poller(scene.place, environment, scene.ledger):
        until_met(scene, kind, target)
        scene.wait_for(lambda: not waiting(scene.place)[0], IDLE_SECONDS)


def notifying(
    choose: Callable[[list[LogObject], Random], list[list[LogObject]]], sequencer: str = ""
) -> Callable[[Scene, Kind, int], None]:
    """Return a scenario: write objects, and send more notifications of them.

    :param choose: which, and in what order; several in a message.
    """

    def scenario(scene: Scene, kind: Kind, target: int) -> None:
        del kind
        while scene.injected < target and not scene.is_over():
            objects = [scene.send() for _ in range(min(NOTIFIED, target - scene.injected))]
            messages = choose(objects, Random(scene.injected))
            for message in messages:
                _notify(scene, message, sequencer)
            scene.inject("sqs:notification", len(objects))

    return scenario


NOTIFIED = 10


def _notify(scene: Scene, objects: Sequence[LogObject], sequencer: str) -> None:
    environment = scene.place.environment
    records = []
    for object_ in objects:
        entity = {"key": quote_plus(object_.key, safe="/"), "size": len(object_.body)}
        entity |= {"sequencer": sequencer} if sequencer else {}
        s3 = {"bucket": {"name": environment.central_bucket}, "object": entity}
        records.append({"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": s3})
        pod = POD.search(object_.key)
        assert pod is not None
        scene.ledger.repeated(scene.tenant.tenant_id, pod[0])
    body = json.dumps({"Records": records})
    scene.place.central("sqs").send_message(QueueUrl=environment.object_queue_url, MessageBody=body)


def one_by_one(objects: list[LogObject], lot: Random) -> list[list[LogObject]]:
    """Tell of each once more."""
    del lot
    return [[one] for one in objects]


def shuffled(objects: list[LogObject], lot: Random) -> list[list[LogObject]]:
    """Tell of each once more, in another order."""
    lot.shuffle(objects)
    return [[one] for one in objects]


def in_one_message(objects: list[LogObject], lot: Random) -> list[list[LogObject]]:
    """Tell of all in one message."""
    del lot
    return [objects]


CRASH = Kind("", target=30, turn=Turn.ALONE)
POLLER = replace(CRASH, host=Host.POLLER)
HOSTS: tuple[Kind, ...] = (
    replace(CRASH, name="function-killed", rules=(rule(CALLS, _kill, 0.1),)),
    replace(CRASH, name="function-frozen-until-its-timeout", rules=(rule(CALLS, _freeze, 0.1),)),
    replace(CRASH, name="function-out-of-memory", rules=(rule(CALLS, Starve(), 0.15),)),
    replace(POLLER, name="poller-killed", rules=(rule(POLLERS_CALLS, _kill, 0.03, host=True),)),
    replace(POLLER, name="poller-stopped", rules=(rule(POLLERS_CALLS, _tell_to_stop, 0.02, host=True),)),
    replace(POLLER, name="poller-receive-hanging", rules=(rule(RECEIVE, Hang(1.5), 0.3, host=True),)),
    replace(POLLER, name="poller-receive-answer-lost", rules=(rule(RECEIVE, LoseAnswer(), 0.2, host=True),)),
    replace(POLLER, name="poller-receive-incomplete", rules=(rule(RECEIVE, incomplete, 0.3, host=True),)),
    replace(POLLER, name="poller-queue-5xx", rules=(rule(f"{RECEIVE} {DELETE}", UNAVAILABLE, 0.3, host=True),)),
    replace(POLLER, name="poller-queue-slow", rules=(rule(f"{RECEIVE} {DELETE}", Slow(0.5), 0.5, host=True),)),
    replace(POLLER, name="poller-delete-answer-lost", rules=(rule(DELETE, LoseAnswer(), 0.5, host=True),)),
    replace(POLLER, name="poller-delete-incomplete", rules=(rule(DELETE, incomplete, 0.5, host=True),)),
    replace(POLLER, name="poller-logs-hanging", rules=(rule("logs:PutLogEvents", Hang(), 0.2),)),
    replace(POLLER, name="poller-logs-slow", rules=(rule("logs:PutLogEvents", Slow(0.6), 0.6),)),
    replace(POLLER, name="poller-logs-5xx", rules=(rule("logs:PutLogEvents", UNAVAILABLE, 0.4),)),
    Kind(
        "poller-with-a-wrong-clock",
        (rule(CALLS, Pass(), 1.0),),
        with_a_wrong_clock,
        host=Host.POLLER,
        turn=Turn.ALONE,
        own_process=True,
    ),
    Kind("notifications-doubled", scenario=notifying(one_by_one)),
    Kind("notifications-reordered", scenario=notifying(shuffled)),
    Kind("notifications-of-several-objects", scenario=notifying(in_one_message)),
    Kind("notifications-doubled-with-a-sequencer", scenario=notifying(one_by_one, "0A" * 8)),
)
WITH_VECTOR = Kind("", scenario=with_the_vector_engine, host=Host.POLLER, turn=Turn.ALONE, own_process=True)
VECTOR: tuple[Kind, ...] = (
    replace(WITH_VECTOR, name="vector-engine-logs-5xx", rules=(rule("logs:PutLogEvents", UNAVAILABLE, 0.3),)),
    replace(WITH_VECTOR, name="vector-engine-logs-incomplete", rules=(rule("logs:PutLogEvents", incomplete, 0.3),)),
)
if shutil.which("vector"):
    HOSTS += VECTOR
