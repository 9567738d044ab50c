"""The embedded cloud's emulator: MiniStack with `packages/ministack-fidelity`, in an environment of its own."""

import subprocess
from pathlib import Path
from typing import Final

from local.paths import ROOT, TOOLS
from local.toolchain.python_environment import ensure_environment
from ministack_fidelity import server
from ministack_fidelity.server import Server

CENTRAL_ACCOUNT: Final = "111111111111"
REGION: Final = "us-east-1"
PACKAGE: Final = ROOT / "packages" / "ministack-fidelity"


def emulator_python() -> Path:
    """Return the interpreter of the emulator's environment: MiniStack pins an SDK that isn't the project's."""
    return ensure_environment(TOOLS / "emulator", PACKAGE / "requirements.txt", sources=PACKAGE / "src")


def start(home: Path, *, follow_starter: bool) -> tuple[Server, subprocess.Popen[bytes]]:
    """Start it in the central account and return when it is ready.

    :param home: the folder for its files and its log.
    :param follow_starter: whether it ends when this process does, whatever the reason.
    :raises EmulatorDiedError: it ended, or wasn't ready in time.
    """
    python = emulator_python()
    return server.start(home, account=CENTRAL_ACCOUNT, region=REGION, python=python, follow_starter=follow_starter)
