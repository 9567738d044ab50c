"""The whole processor in a process of its own, against a light sink: memory, and an object under a hard limit."""

import pytest

from benchmarks.log_objects import MIB, write_object
from benchmarks.processor_run import run_processor

pytestmark = pytest.mark.memory

LIMIT = 160 * MIB


def test_an_object_of_64_mib_is_delivered_under_the_limit(tmp_path):
    """A step that held the whole object would be killed by the function's memory limit, and so would its retries."""
    log_object = write_object(tmp_path / "object.json.gz", uncompressed_bytes=64 * MIB)
    run = run_processor(log_object, memory_limit_bytes=512 * MIB)
    assert (run.exit_status, run.content) == (0, log_object.content), run.output
    assert run.peak_rss_bytes < LIMIT


def test_a_ten_times_larger_object_needs_no_more(tmp_path):
    """Memory that grows with the object would lose the largest ones first."""
    log_object = write_object(tmp_path / "object.json.gz", uncompressed_bytes=640 * MIB)
    run = run_processor(log_object)
    assert (run.exit_status, run.content) == (0, log_object.content), run.output
    assert run.peak_rss_bytes < LIMIT
