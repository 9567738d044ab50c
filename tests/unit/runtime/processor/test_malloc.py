"""What the C library is told about memory."""

import ctypes
import resource
import subprocess
import sys

import pytest

PIECE = 2 * 2**20
PAGES = PIECE // resource.getpagesize()
MEASURE = f"""
import resource
from runtime.processor.malloc import tune_malloc
assert tune_malloc()
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
bytes(bytearray({PIECE}))
before = faults()
for _ in range(10):
    bytearray({PIECE})
print(faults() - before)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="not glibc: it has no such setting")
def test_a_batchs_memory_is_used_again():
    """Each body of a request would cost some hundred page faults, a fifth of the CPU of a large object."""
    faults = int(subprocess.run([sys.executable, "-c", MEASURE], capture_output=True, check=True, text=True).stdout)
    assert faults < PAGES
