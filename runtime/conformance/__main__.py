"""``python -m runtime.conformance NAME…``: one line a check; the exit status is 1 if one fails."""

import argparse
import sys
import time

from runtime.conformance.checks import CHECKS, run
from runtime.conformance.finding import UnknownStandInError, find_stand_in


def main(arguments: list[str] | None = None) -> int:
    """Run all checks on each method that is named."""
    parser = argparse.ArgumentParser(prog="python -m runtime.conformance")
    parser.add_argument("names", nargs="+", metavar="NAME", help="a method's name, or module:Class of a stand-in")
    failed = 0
    for name in parser.parse_args(arguments).names:
        try:
            stand_in = find_stand_in(name)
        except UnknownStandInError as error:
            sys.stderr.write(f"{error}\n")
            return 2
        for check in CHECKS:
            begun = time.monotonic()
            try:
                run(check, stand_in)
                ended = "ok"
            except AssertionError as error:
                failed += 1
                ended = f"FAILED: {error}"
            sys.stdout.write(f"{name} {check.__name__} {ended} ({time.monotonic() - begun:.1f} s)\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
