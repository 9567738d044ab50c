"""Faults of whatever runs the processor: it is killed, starved, frozen; its queue repeats itself."""

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from urllib.parse import quote_plus

from local import cluster
from local.faults.injected import Pass, Starve, Strike
from local.faults.kind import Bound, Host, Kind, until_met
from local.faults.plan import rule
from local.faults.redrive import waiting
from local.faults.scene import Scene
from local.faults.triggers import nothing_starts
from local.loader.objects import LogObject
from local.loader.writer import web_identity_token
from local.paths import ROOT

CALLS = "logs:PutLogEvents s3:CopyObject s3:GetObject dynamodb:Query sts:AssumeRole sqs:SendMessage"
POLLERS_CALLS = f"{CALLS} sqs:ReceiveMessage sqs:DeleteMessageBatch sqs:ChangeMessageVisibilityBatch"
IDLE_SECONDS = 30.0
POLLER_SECONDS = 30.0
"""A poller that is told to end does so when its long poll of 20 s is over."""


def _kill(lot: Random) -> Strike:
    return Strike(signal.SIGKILL, lot.random())


def _freeze(lot: Random) -> Strike:
    return Strike(signal.SIGSTOP, lot.random())


def through_a_poller(scene: Scene, kind: Kind, target: int) -> None:
    """Let a poller do what else the function does, and start it anew whenever it ends.

    What the last one killed had received comes back after 120 s (`runtime/processor/visibility.py`), to the function.
    """
    with nothing_starts(scene.place, scene.place.environment.processor_function_name), poller(scene):
        until_met(scene, kind, target)


def with_a_wrong_clock(scene: Scene, kind: Kind, target: int) -> None:
    """Let a poller work whose clock is fast, then one whose clock is slow, as far as AWS still takes its signatures."""
    with nothing_starts(scene.place, scene.place.environment.processor_function_name):
        for part, seconds in enumerate(SKEWS, 1):
            with poller(scene, "local.faults.skewed", str(seconds)):
                until_met(scene, kind, target * part // len(SKEWS))
                scene.wait_for(lambda: not waiting(scene.place)[0], IDLE_SECONDS)


SKEWS = (240, -240)
"""Seconds. AWS refuses signatures that are more than five minutes off; a poller further off receives nothing."""


@contextmanager
def poller(scene: Scene, module: str = "runtime.processor", *before: str) -> Iterator[None]:
    """Run a poller through the proxy, as a Deployment would: whenever it ends, another one is started."""
    folder = scene.place.home / "poller"
    folder.mkdir(exist_ok=True)
    ending = scene.ending
    ending.clear()

    def keep_running() -> None:
        with (folder / "log").open("ab") as log:
            while not ending.is_set():
                process = subprocess.Popen(
                    (sys.executable, "-m", module, *before, "--mode", "sqs"),
                    env=poller_environment(scene, folder),
                    cwd=folder,
                    stdout=log,
                    stderr=log,
                )
                while process.poll() is None and not ending.wait(0.1):
                    pass
                if process.poll() is None:
                    process.terminate()
                    try:
                        process.wait(POLLER_SECONDS)
                    except subprocess.TimeoutExpired:
                        process.kill()
                        process.wait()

    threads = [scene.thread(keep_running)]
    try:
        yield
    finally:
        ending.set()
        for thread in threads:
            thread.join(POLLER_SECONDS + 5)


def poller_environment(scene: Scene, folder: Path) -> dict[str, str]:
    """Give the environment of a processor on Kubernetes, pointed at the proxy."""
    token = folder / "token"
    token.write_text(web_identity_token(cluster.ISSUER, cluster.subject(cluster.POLLER)))
    return {
        **json.loads(scene.place.outputs["PollerEnvironment"]),
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT),
        "AWS_ROLE_ARN": scene.place.outputs["ProcessorExecutionRoleArn"],
        "AWS_ROLE_SESSION_NAME": "processor",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(token),
        **scene.more_environment,
    }


def duplicated(scene: Scene, kind: Kind, target: int) -> None:
    """Send every object's notification a second time, as SQS may."""
    del kind
    while scene.injected < target and not scene.is_over():
        object_ = scene.send()
        _notify(scene, object_)
        scene.inject("sqs:duplicate")


def reordered(scene: Scene, kind: Kind, target: int) -> None:
    """Write objects, and send more notifications of them in another order."""
    del kind
    while scene.injected < target and not scene.is_over():
        objects = [scene.send() for _ in range(10)]
        random.Random(scene.injected).shuffle(objects)  # noqa: S311 - repeatable is what it has to be
        for object_ in objects:
            _notify(scene, object_)
        scene.inject("sqs:reordered", len(objects))


def _notify(scene: Scene, object_: LogObject) -> None:
    environment = scene.place.environment
    entity = {"key": quote_plus(object_.key, safe="/"), "size": len(object_.body)}
    s3 = {"bucket": {"name": environment.central_bucket}, "object": entity}
    record = {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": s3}
    body = json.dumps({"Records": [record]})
    scene.place.central("sqs").send_message(QueueUrl=environment.object_queue_url, MessageBody=body)


CRASH = Kind("", target=30, alone=True, bound=Bound.CRASH)
HOSTS = (
    replace(CRASH, name="function-killed", rules=(rule(CALLS, _kill, 0.06),)),
    replace(CRASH, name="function-frozen-until-its-timeout", rules=(rule(CALLS, _freeze, 0.06),)),
    replace(CRASH, name="function-out-of-memory", rules=(rule(CALLS, Starve(), 0.06),)),
    replace(
        CRASH,
        name="poller-killed",
        host=Host.POLLER,
        rules=(rule(POLLERS_CALLS, _kill, 0.03, host=True),),
        scenario=through_a_poller,
    ),
    Kind(
        "poller-with-a-wrong-clock",
        (rule(CALLS, Pass(), 1.0),),
        with_a_wrong_clock,
        host=Host.POLLER,
        alone=True,
    ),
    Kind("notifications-doubled", scenario=duplicated, bound=Bound.RESENT),
    Kind("notifications-reordered", scenario=reordered, bound=Bound.RESENT),
)
