"""Our processor as its container runs it: ``python -m benchmarks.contenders.ours ENGINE PIPE``."""

import sys

from benchmarks.contenders.figures import answer_in_background


def main(pipe: int) -> int:
    """Poll until ended."""
    answer_in_background(pipe)
    from runtime.processor.__main__ import main as run  # noqa: PLC0415 - its start is measured with everything in it

    return run(["--mode", "sqs"])


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[2])))
