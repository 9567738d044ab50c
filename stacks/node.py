"""Node, which the CDK's library starts when it is imported: where it can't, in its own words what it says."""

import subprocess
import sys
from typing import Final

NEEDS: Final = "the CDK's library runs on Node 22 or newer: put one first on PATH (https://nodejs.org)"


def require_node() -> None:
    """Start it once. Without this, the library fails on the first thing that it reads from Node, which isn't JSON.

    :raises SystemExit: there is no ``node`` on PATH, or it doesn't start.
    """
    try:
        done = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False)  # noqa: S607 - from PATH, as jsii
    except OSError as error:
        sys.exit(f"`node` can't be started ({error.strerror}): {NEEDS}")
    if done.returncode != 0:
        said = "\n".join((done.stderr + done.stdout).strip().splitlines()[-10:])
        sys.exit(f"`node --version` ended with status {done.returncode}:\n{said}\n{NEEDS}")
