"""Starting and ending the emulator's process."""

import json
import os
import socket
import subprocess
import urllib.request
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from local.emulator import run as runner
from local.emulator.installation import emulator_python
from local.processes import command_line, end_group, members
from local.waiting import wait_until

CENTRAL_ACCOUNT = "111111111111"
REGION = "us-east-1"
READY_SECONDS = 60.0
SCRIPT = Path(runner.__file__)


class EmulatorDiedError(RuntimeError):
    """The emulator ended by itself while it was starting; the message has the end of its log."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running emulator: its process, which leads a group of its own, and its port on loopback."""

    pid: int
    port: int
    home: str

    @property
    def endpoint_url(self) -> str:
        """Where every AWS client is pointed to."""
        return f"http://127.0.0.1:{self.port}"

    def processes(self) -> list[int]:
        """Give the ids of what runs of it: itself and its functions' workers, never another group that got its id."""
        return [pid for pid in members(self.pid) if any(mark in command_line(pid) for mark in (str(SCRIPT), self.home))]

    def save(self) -> None:
        """Write down what `load` needs."""
        _record(Path(self.home)).write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, home: Path) -> Self | None:
        """Give the one that was started in this home, or None if nothing of it runs any more."""
        with suppress(FileNotFoundError):
            server = cls(**json.loads(_record(home).read_text()))
            return server if server.processes() else None
        return None

    def end(self, process: subprocess.Popen[bytes] | None = None) -> None:
        """End it together with the workers of its functions. Raises ``ProcessLeftError`` if one stays."""
        if process is not None or self.processes():
            end_group(self.pid, process)
        if process is not None and process.stdin is not None:
            process.stdin.close()


def start(home: Path, *, follow_starter: bool) -> tuple[Server, subprocess.Popen[bytes]]:
    """Start it on a free port and wait until it answers.

    :param home: the folder for its files and its log.
    :param follow_starter: whether it ends when this process does, whatever the reason.
    """
    python = emulator_python()
    for folder in ("tmp", "state", "home"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    port = free_port()
    with (home / "emulator.log").open("wb") as log:
        process = subprocess.Popen(
            [python, SCRIPT, *([runner.FOLLOW_STARTER] if follow_starter else [])],
            stdin=subprocess.PIPE if follow_starter else subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment(home, port),
            cwd=home,
            start_new_session=True,
        )
    server = Server(pid=process.pid, port=port, home=str(home))
    try:
        wait_until(lambda: _is_ready(server, process), what="the emulator", timeout_seconds=READY_SECONDS)
    except BaseException:
        server.end(process)
        raise
    server.save()
    return server, process


def environment(home: Path, port: int) -> dict[str, str]:
    """Give all of its environment: made anew, so that no credential or endpoint of the user's reaches it."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home / "home"),
        "TMPDIR": str(home / "tmp"),
        "STATE_DIR": str(home / "state"),
        "LANG": "C.UTF-8",
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_ACCOUNT_ID": CENTRAL_ACCOUNT,
        "MINISTACK_REGION": REGION,
        "AUTH": "true",
        "IOT_MTLS_ENABLED": "0",
        "LAMBDA_EXECUTOR": "local",
        "LOG_LEVEL": "WARNING",
    }


def free_port() -> int:
    """Give a loopback port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_ready(server: Server, process: subprocess.Popen[bytes]) -> bool:
    if process.poll() is not None:
        tail = "\n".join((Path(server.home) / "emulator.log").read_text(errors="replace").splitlines()[-15:])
        raise EmulatorDiedError(f"the emulator ended with status {process.returncode}:\n{tail}")
    with suppress(OSError):  # nobody listens yet, or an error status
        urllib.request.urlopen(f"{server.endpoint_url}/_ministack/ready", timeout=5).close()  # noqa: S310  # our own
        return True
    return False


def _record(home: Path) -> Path:
    return home / "server.json"
