"""The CPU that the cost model goes by."""

from benchmarks.cases import SMALL_BYTES
from benchmarks.processor_cpu import REAL_BYTES, figures


def row(case, **more):
    return {"case": case, "contender": "ours", "destinations": 1, "latency_ms": 0, "calls": {"GetObject": 300}, **more}


def test_an_objects_own_cpu_is_told_from_its_bytes():
    """A GiB in small objects would be counted as dear twice, or an object as free."""
    per_byte = 1 / REAL_BYTES
    rows = [row("real", cpu_seconds=1.0), row("small", cpu_seconds=300 * (0.004 + SMALL_BYTES * per_byte))]
    rows.append(row("small", cpu_seconds=99.0) | {"contender": "stdlib"})
    assert figures(rows) == {"cpu_seconds_per_gib": 16.0, "cpu_seconds_per_object": 0.004}
