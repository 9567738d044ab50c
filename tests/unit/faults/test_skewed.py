"""A process whose clock is wrong."""

import subprocess
import sys
import time

import pytest

from local.paths import ROOT

SAYS = """
from tests.faults.skewed import skew
skew({seconds})
import time
from datetime import UTC, datetime
from botocore.compat import get_current_datetime
print(time.time(), datetime.now(UTC).timestamp(), get_current_datetime(remove_tzinfo=False).timestamp())
"""


@pytest.mark.parametrize("seconds", [240, -240])
def test_every_clock_that_the_processor_reads_is_wrong(seconds):
    """The report would say that a wrong clock loses nothing, of a clock that is right."""
    done = subprocess.run(
        [sys.executable, "-c", SAYS.format(seconds=seconds)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    read = [float(text) for text in done.stdout.split()]
    assert read == pytest.approx([time.time() + seconds] * 3, abs=30)
