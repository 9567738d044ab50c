"""Run MiniStack with every patch: ``python -m ministack_fidelity [--follow-starter]``, configured as MiniStack is."""

import os
import signal
import sys
import threading

from ministack_fidelity import apply_all
from ministack_fidelity.patching import emulator
from ministack_fidelity.server import FOLLOW_STARTER


def main() -> None:
    """Patch the emulator, then serve until SIGTERM (or, with ``--follow-starter``, until stdin closes)."""
    apply_all()
    if FOLLOW_STARTER in sys.argv:
        threading.Thread(target=_end_with_starter, daemon=True).start()
    sys.argv = sys.argv[:1]  # the emulator parses the rest as its own
    emulator("app").main()


def _end_with_starter() -> None:
    """End this whole process group when the starter is gone: its end of the pipe closes, whatever ended it."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
