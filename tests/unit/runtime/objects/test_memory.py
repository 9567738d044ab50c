"""Peak memory of reading and planning, in a process of its own."""

import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys, zlib
import botocore.session, pydantic  # what the processor has loaded besides
from runtime.deliveries.cloudwatch.destination import LogDestination
from runtime.deliveries.cloudwatch.native.engine import put_log_events_body
from runtime.objects.reading import read_batches
from runtime.objects.events import ReadStats
from runtime.time_budget import TimeBudget

line = sys.argv[1].encode().decode("unicode_escape").encode("latin-1")
if line == b"long":
    line = b'{"message":"' + b"x" * 10_000_000 + b'"}\\n'
size = int(sys.argv[2])

class Body:
    # Compresses as it is read: the object itself takes no memory.
    last_modified_ms = 1
    left = size // len(line)
    packer = zlib.compressobj(0, zlib.DEFLATED, 31)  # stored as it is: what repeats would be refused for its ratio
    def read(self, size):
        out = b""
        while not out and self.left > 0:
            lines = min(self.left, max(1, 65536 // len(line)))
            self.left -= lines
            out = self.packer.compress(line * lines)
            if not self.left:
                out += self.packer.flush()
        return out
    def close(self):
        pass

stats = ReadStats()
for batch in read_batches(Body, max_uncompressed_bytes=1 << 40, stats=stats, budget=TimeBudget.of_seconds(3600)):
    put_log_events_body(LogDestination("us-east-1", "g", "s", "t"), batch)
if sys.platform == "linux":  # the kernel's ru_maxrss remembers the process that started this one
    (peak,) = (int(row.split()[1]) * 1024 for row in open("/proc/self/status") if row.startswith("VmHWM"))
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(stats.events, peak)
"""
MIB = 1024 * 1024
LINE = r'{"timestamp":"2026-11-23T13:21:40.123456789Z","message":"' + "x" * 330 + r'"}\n'


def peak(line, size):
    done = subprocess.run([sys.executable, "-c", PROGRAM, line, str(size)], capture_output=True, check=True, text=True)
    events, peak_bytes = map(int, done.stdout.split())
    assert events
    print(f"{size // MIB} MiB: peak {peak_bytes / MIB:.0f} MiB, {events} events")  # noqa: T201 - a figure that people ask for
    return peak_bytes


@pytest.mark.memory
def test_memory_does_not_grow_with_the_object():
    """A large object would end the function for want of memory."""
    small, large = peak(LINE, 64 * MIB), peak(LINE, 640 * MIB)
    assert small < 160 * MIB
    assert large < small + 4 * MIB  # the allocator's own grain


@pytest.mark.memory
@pytest.mark.parametrize(
    ("line", "size"),
    [
        pytest.param('{"message":"' + "x" * 99 + r'\\n"}\n', 32 * MIB, id="escapes"),
        pytest.param(r"\x00", 64 * MIB, id="one endless line that takes six bytes a byte in JSON"),
        pytest.param(r"{}\n", 8 * MIB, id="tiny events"),
        pytest.param("long", 40 * MIB, id="lines of 10 MB"),
    ],
)
def test_no_kind_of_line_takes_more(line, size):
    """A line made to expand would end the function, and every delivery of its batch with it."""
    assert peak(line, size) < 160 * MIB
