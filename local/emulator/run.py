"""The emulator with its patches: run by path, with the interpreter of the emulator's own environment.

Its functions' workers inherit its environment variables but not its module path: the checkout is put on that path
here and not in PYTHONPATH, so that a deployed function can only import what its asset brings.
"""

import os
import signal
import sys
import threading
from pathlib import Path

FOLLOW_STARTER = "--follow-starter"


def main() -> None:
    """Patch the emulator, then serve until told to end (or, with ``--follow-starter``, until stdin closes)."""
    sys.path[0] = str(Path(__file__).resolve().parents[2])
    from local.fidelity import apply_all  # noqa: PLC0415  # not importable before the line above
    from local.fidelity.patching import emulator  # noqa: PLC0415

    apply_all()
    if FOLLOW_STARTER in sys.argv:
        threading.Thread(target=_end_with_starter, daemon=True).start()
    sys.argv = sys.argv[:1]  # the emulator parses the rest as its own
    emulator("app").main()


def _end_with_starter() -> None:
    """End this whole group when the starter is gone, however it went: its end of the pipe closes."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
