"""Start and end the patched emulator as a process of its own, on a free loopback port."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

import psutil

from ministack_fidelity.processes import INTERVAL_SECONDS, end_group, members

READY_SECONDS = 60.0
MODULE = "ministack_fidelity"
FOLLOW_STARTER = "--follow-starter"
RECORD = "server.json"


class EmulatorDiedError(RuntimeError):
    """The emulator ended by itself, or wasn't ready in time; the message has the end of its log."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running emulator: its process, which leads a group of its own, and its port on loopback."""

    pid: int
    port: int
    home: str

    @property
    def endpoint_url(self) -> str:
        """The endpoint for every AWS client."""
        return f"http://127.0.0.1:{self.port}"

    def processes(self) -> list[int]:
        """Return the ids of itself and its functions' workers, never of another group that got its id since."""
        return [process.pid for process in members(self.pid) if self._owns(process)]

    def _owns(self, process: psutil.Process) -> bool:
        with suppress(psutil.Error):
            line = process.cmdline()
            return MODULE in line or any(self.home in word for word in line)
        return False

    def save(self) -> None:
        """Write the record that `load` reads."""
        (Path(self.home) / RECORD).write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, home: Path) -> Self | None:
        """Return the server that was started in this home, or None if it doesn't run any more."""
        with suppress(FileNotFoundError):
            server = cls(**json.loads((home / RECORD).read_text()))
            return server if server.processes() else None
        return None

    def end(self, process: subprocess.Popen[bytes] | None = None) -> None:
        """End it together with the workers of its functions. Raises ``ProcessLeftError`` if one stays."""
        if process is not None or self.processes():
            end_group(self.pid, process)
        if process is not None and process.stdin is not None:
            process.stdin.close()


def start(
    home: Path,
    *,
    account: str,
    region: str,
    python: str | Path = sys.executable,
    follow_starter: bool = True,
    settings: Mapping[str, str] | None = None,
) -> tuple[Server, subprocess.Popen[bytes]]:
    """Start it on a free port and return when it is ready.

    :param home: the folder for its files and its log.
    :param account: the account of a request that names none.
    :param python: an interpreter that has this package and MiniStack.
    :param follow_starter: whether it ends when this process does, whatever the reason.
    :param settings: variables of MiniStack, or of a patch, beside or instead of those of ``environment``.
    :raises EmulatorDiedError: it ended, or wasn't ready within a minute.
    """
    for folder in ("tmp", "state", "home"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    port = free_port()
    with (home / "emulator.log").open("wb") as log:
        process = subprocess.Popen(
            [python, "-P", "-m", MODULE, *([FOLLOW_STARTER] if follow_starter else [])],
            stdin=subprocess.PIPE if follow_starter else subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**environment(home, port, account, region), **(settings or {})},
            cwd=home,
            start_new_session=True,
        )
    server = Server(pid=process.pid, port=port, home=str(home))
    try:
        _wait_until_ready(server, process)
    except BaseException:
        server.end(process)
        raise
    server.save()
    return server, process


def environment(home: Path, port: int, account: str, region: str) -> dict[str, str]:
    """Return its whole environment: no credential or endpoint of the user's is in it."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home / "home"),
        "TMPDIR": str(home / "tmp"),
        "STATE_DIR": str(home / "state"),
        "LANG": "C.UTF-8",
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_ACCOUNT_ID": account,
        "MINISTACK_REGION": region,
        "AUTH": "true",
        "IOT_MTLS_ENABLED": "0",
        "LAMBDA_EXECUTOR": "local",
        "LOG_LEVEL": "WARNING",
    }


def free_port() -> int:
    """Return a loopback port on which nothing listens right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(server: Server, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not _is_ready(server):
        if process.poll() is not None or time.monotonic() > deadline:
            tail = "\n".join((Path(server.home) / "emulator.log").read_text(errors="replace").splitlines()[-15:])
            raise EmulatorDiedError(f"the emulator isn't ready, status {process.returncode}:\n{tail}")
        time.sleep(INTERVAL_SECONDS)


def _is_ready(server: Server) -> bool:
    with suppress(OSError):  # nothing listens yet, or an error status
        urllib.request.urlopen(f"{server.endpoint_url}/_ministack/ready", timeout=5).close()  # noqa: S310 - loopback
        return True
    return False
