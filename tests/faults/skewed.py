"""The poller with a wrong clock, all else being the real one's: `python -m tests.faults.skewed SECONDS --mode sqs`."""

import datetime as dt
import runpy
import sys
import time


def skew(seconds: float) -> None:
    """Let this process' clock, but not its stopwatch, be wrong by that much. Before anything else is imported."""
    right, by = time.time, dt.timedelta(seconds=seconds)

    class Skewed(dt.datetime):
        """Says what the wrong clock says."""

        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> "Skewed":
            """Return the time by the wrong clock."""
            return super().now(tz) + by

    time.time = lambda: right() + seconds
    dt.datetime = Skewed  # type: ignore[misc]  # a class in place of a class


if __name__ == "__main__":
    skew(float(sys.argv.pop(1)))
    runpy.run_module("runtime.processor", run_name="__main__", alter_sys=True)
