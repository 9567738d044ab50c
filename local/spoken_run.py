"""Runs a command, and says every ten seconds that it goes on: ``python spoken_run.py WHAT COMMAND...``.

For commands that are silent until their end, before anything is installed: it needs the standard library alone. The
exit status is the command's.
"""

import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Final

SAY_SECONDS: Final = 10.0
INTERRUPTED: Final = 130
"""Exit status of a shell for Ctrl-C."""


def run(what: str, command: Sequence[str], say_seconds: float = SAY_SECONDS) -> int:
    """Run it to its end, and return its exit status."""
    begun = time.monotonic()
    process = subprocess.Popen(command)
    try:
        while True:
            try:
                return process.wait(say_seconds)
            except subprocess.TimeoutExpired:
                print(f"… {time.monotonic() - begun:5.1f} s  {what}", flush=True)  # noqa: T201 - what it is for
    except KeyboardInterrupt:
        process.wait()  # the terminal has interrupted it, too
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(run(sys.argv[1], sys.argv[2:]))
