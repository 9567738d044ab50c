"""A poller of the run's own, through the proxy, started anew whenever it ends, as a Deployment would."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local import cluster
from local.loader.writer import web_identity_token
from local.paths import ROOT
from tests.faults.ledger import POLLER, Ledger
from tests.faults.tenants import Place

END_SECONDS = 6.0
"""A poller that is told to end does so when its long poll of 20 s is over; an idle one needn't be waited for."""


@contextmanager
def poller(
    place: Place, environment: dict[str, str], ledger: Ledger, module: str = "runtime.processor", *before: str
) -> Iterator[None]:
    """Run one meanwhile.

    :param environment: what it has more than a deployed one. :param module: of the process, with arguments ``before``
        those that it is started with anyway.
    """
    folder = place.home / "poller"
    folder.mkdir(exist_ok=True)
    ending = threading.Event()

    def keep_running() -> None:
        with (folder / "log").open("ab") as log:
            while not ending.is_set():
                process = subprocess.Popen(
                    (sys.executable, "-m", module, *before, "--mode", "sqs"),
                    env=poller_environment(place, environment, folder),
                    cwd=folder,
                    stdout=log,
                    stderr=log,
                )
                while process.poll() is None and not ending.wait(0.1):
                    pass
                if process.poll() is None:
                    _end(process, ledger)

    thread = threading.Thread(target=keep_running, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()


def _end(process: subprocess.Popen[bytes], ledger: Ledger) -> None:
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        ledger.crashed(POLLER, time.monotonic(), time.monotonic())


def poller_environment(place: Place, more: dict[str, str], folder: Path) -> dict[str, str]:
    """Return the environment of a processor on Kubernetes, pointed at the proxy."""
    token = folder / "token"
    token.write_text(web_identity_token(cluster.ISSUER, cluster.subject(cluster.POLLER)))
    return {
        **json.loads(place.outputs["PollerEnvironment"]),
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT),
        "AWS_ROLE_ARN": place.outputs["ProcessorExecutionRoleArn"],
        "AWS_ROLE_SESSION_NAME": "processor",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(token),
        **more,
    }
