"""The processor by hand, with its own figures as the last line: ``python -m benchmarks.measured LIMIT < EVENT``."""

import json
import resource
import runpy
import sys

from benchmarks.contenders.figures import figures


def main(limit: int) -> None:
    """Run ``python -m runtime.processor --mode stdin`` in this process; a limit of 0 bytes is none."""
    if limit:
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    sys.argv = ["processor", "--mode", "stdin"]
    status: object = 0
    try:
        runpy.run_module("runtime.processor", run_name="__main__")
    except SystemExit as end:
        status = end.code
    print("\n" + json.dumps(figures()), flush=True)
    sys.exit(int(status) if isinstance(status, int) else bool(status))


if __name__ == "__main__":
    main(int(sys.argv[1]))
