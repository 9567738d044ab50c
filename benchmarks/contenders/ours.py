"""Our processor as its container runs it: ``python -m benchmarks.contenders.ours ENGINE PIPE``."""

import runpy
import sys

from benchmarks.contenders.figures import answer_in_background


def main(pipe: int) -> None:
    """Poll until ended."""
    answer_in_background(pipe)
    sys.argv = ["runtime.processor", "--mode", "sqs"]
    runpy.run_module("runtime.processor", run_name="__main__")


if __name__ == "__main__":
    main(int(sys.argv[2]))
