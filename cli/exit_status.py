"""What the command's exit status says: a script decides by it. One failure, one status, in every command."""

from enum import IntEnum


class ExitStatus(IntEnum):
    """The statuses, as docs/command-line.md has them. 130: interrupted by Ctrl-C."""

    OK = 0
    FINDINGS = 1
    """It was answered, and the answer is that something isn't in order."""
    USAGE = 2
    """A word, an option or a setting is wrong or missing; nothing was asked. As most commands have it."""
    NOT_FOUND = 3
    """There is no such tenant, delivery config, replay or object."""
    REFUSED = 4
    """Understood and refused: an invalid field, a conflict, a precondition that doesn't hold."""
    DENIED = 5
    """There are no credentials, or they may not do it."""
    UNAVAILABLE = 6
    """It can't be reached, is overloaded or failed: the same command may work later."""
    INTERNAL = 70
    """A fault of this command. sysexits.h, EX_SOFTWARE."""
