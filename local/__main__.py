"""`python -m local`: the embedded cloud's commands."""

import sys

from local.commands import app
from local.processes import CommandFailedError
from local.reporting import console
from local.verification.deployment import AlreadyThereError
from local.verification.profiles import ProfilesError
from local.verification.removal import LeftOverError
from local.waiting import WaitedTooLongError
from ministack_fidelity.processes import ProcessLeftError
from ministack_fidelity.server import EmulatorDiedError

EXPECTED = (
    AlreadyThereError,
    CommandFailedError,
    EmulatorDiedError,
    LeftOverError,
    ProcessLeftError,
    ProfilesError,
    WaitedTooLongError,
)


def main() -> None:
    """Run a command; what can go wrong on a machine is said without a traceback."""
    try:
        app(prog_name="python -m local")
    except EXPECTED as error:
        console.print(str(error), style="red", markup=False, highlight=False)
        sys.exit(1)


if __name__ == "__main__":
    main()
