"""The operator's own command, run against an embedded cloud: the same process and options as anyone would use."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from local.processes import CommandFailedError

SECONDS: Final = 60.0
COLUMNS: Final = 100
NOT_THE_USERS: Final = ("AWS_", "LOGROUTER_")


def logrouter(home: Path, *arguments: str, statuses: tuple[int, ...] = (0,)) -> str:
    """Run ``logrouter --local`` on the cloud whose files lie in ``home``, and return what it printed.

    :raises CommandFailedError: its status is none of those expected.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(NOT_THE_USERS)}
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "--local", "--environment", home / "environment.json", *arguments],
        env={**kept, "LOGROUTER_FORCE_TTY": str(COLUMNS)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode not in statuses:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise CommandFailedError(f"`logrouter {' '.join(arguments)}` ended with status {done.returncode}:\n{tail}")
    return done.stdout
