"""A command's terminal as a picture: ``python -m local.terminal_picture FILE.svg COLUMNS COMMAND…``.

The command runs in a terminal of its own of so many columns; its final state is drawn below
the command itself. For the documentation: a picture is what was printed, not what somebody remembers.
"""

import fcntl
import os
import pty
import re
import shlex
import struct
import sys
import termios
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

LINES = 60
MOST_BYTES = 65_536
UP, ERASE = "\x1b[1A", "\x1b[2K"
"""ECMA-48: the cursor a line up, the line erased."""
FOREIGN_FONT = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)
"""From a third party's server: a reader's browser has a fixed font of its own."""


def printed_by(command: list[str], columns: int) -> str:
    """Return what a command prints on a terminal, colours and all."""
    child, terminal = pty.fork()
    if child == 0:  # the command, whose terminal this is
        os.environ.update(COLUMNS=str(columns), TERM="xterm-256color")
        os.execvp(command[0], command)  # noqa: S606 - there is no shell to quote for
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, columns, 0, 0))
    read = []
    try:
        while chunk := os.read(terminal, MOST_BYTES):
            read.append(chunk)
    except OSError:
        pass  # Linux: what reading gives once the command has closed it
    os.waitpid(child, 0)
    return b"".join(read).decode(errors="replace")


def final_lines(printed: str) -> str:
    """Return the lines as they are at the end: what a spinner has painted over is left out."""
    lines: list[str] = []
    for line in printed.split("\n"):
        painted_over = min(line.count(UP), len(lines))
        del lines[len(lines) - painted_over :]
        lines.append(line.replace(UP, "").replace(ERASE, "\r").rstrip("\r").rpartition("\r")[2])
    return "\n".join(lines)


def draw(printed: str, title: str, columns: int) -> str:
    """Return the picture, an SVG."""
    console = Console(record=True, width=columns, file=StringIO(), force_terminal=True)
    console.print(Text("$ " + title, style="bold"))
    console.print(Text.from_ansi(final_lines(printed)), soft_wrap=True)
    return FOREIGN_FONT.sub("", console.export_svg(title="logrouter"))


def main(file: str, columns: str, *command: str) -> None:
    """Run the command and write its picture."""
    printed = printed_by(list(command), int(columns))
    Path(file).write_text(draw(printed, shlex.join(command).replace(".venv/bin/", ""), int(columns)))


if __name__ == "__main__":
    main(*sys.argv[1:])
