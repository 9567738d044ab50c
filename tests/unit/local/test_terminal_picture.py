"""A command's terminal as a picture."""

import sys

from local.terminal_picture import draw, final_lines, printed_by

PROGRAM = "import os, sys; print(sys.stdout.isatty(), os.get_terminal_size().columns); print('\\x1b[32mgood\\x1b[0m')"


def test_the_command_has_a_terminal_of_so_many_columns():
    """The documentation would show what a pipe gets: TSV, no colours."""
    printed = printed_by([sys.executable, "-c", PROGRAM], 72)
    assert printed.splitlines()[0] == "True 72"
    assert "\x1b[32mgood" in printed


def test_a_spinner_leaves_its_last_state_alone():
    """A picture would be hundreds of lines of what was painted over."""
    assert final_lines("⠋ working\r\x1b[2K⠙ working\r\x1b[2K✓ 1.0 s\r\nend\r\n") == "✓ 1.0 s\nend\n"
    assert final_lines("⠙ working\n\r\x1b[1A\x1b[2K✓ 1.0 s\nend\n") == "✓ 1.0 s\nend\n"


def test_a_picture_asks_nobody_for_a_font():
    """A reader's browser would ask a third party."""
    picture = draw("\x1b[31mfailing\x1b[0m\n", "logrouter status", 40)
    assert "failing" in picture
    assert "logrouter&#160;status" in picture
    assert "@font-face" not in picture
    assert "https://" not in picture.replace("https://www.textualize.io", "").replace("https://rich", "")
