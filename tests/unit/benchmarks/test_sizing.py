"""The sizing page's tables, from figures given here."""

from itertools import pairwise

from benchmarks.sizing import BATCH_SECONDS, PAGE, TENANT_RATES, buffer, cpu, objects

STAGES = {"source": 10.0, "source and programs": 25.0, "whole agent": 40.0, "a plain agent": 60.0}
WHOLE = {
    "line_bytes": 250,
    "load": 0.5,
    "rows": [
        {"stage": name, "microseconds_per_event": each, "events_per_second_and_core": 1e6 / each, "peak_bytes": 1 << 27}
        for name, each in STAGES.items()
    ],
}


def test_what_the_programs_take_is_the_difference():
    """Broken: the page would count the source's work as the programs', or compare with another agent."""
    text = cpu(WHOLE, {"rows": [{"kind": "mixed", "microseconds_per_event": 8.0, "ratio_to_plain": 2.5}]})
    assert "| whole agent | 40.0 | 25,000 | 128 MiB |" in text
    assert "the programs take 15.0 µs" in text
    assert "1.5 times what the plain one does" in text


def test_the_buffer_lasts_as_long_as_its_bytes():
    """Broken: an operator would reckon with an outage that the buffer doesn't outlast."""
    assert "| 1,000 | 0.72 MB/s | 4.1 h |" in buffer(720)


def test_more_objects_cost_more():
    """Broken: the page would advise short batches for nothing, or hide what they cost."""
    rows = [line.split("|")[3 : 3 + len(TENANT_RATES)] for line in objects().splitlines()[2:]]
    counts = [[float(cell.partition(":")[0].replace(",", "")) for cell in row] for row in rows]
    dollars = [[float(cell.rpartition("$")[2]) for cell in row] for row in rows]
    assert len(rows) == len(BATCH_SECONDS)
    assert all(earlier > later for column in zip(*dollars, strict=True) for earlier, later in pairwise(column))
    assert counts[0][0] == 10 * 3600 / 10
    assert counts[-1][-1] > counts[-1][0], "size closes an object before time does"


def test_the_page_has_every_mark():
    """Broken: the command can't renew the page."""
    page = PAGE.read_text()
    assert all(f"<!-- {mark}: begin -->" in page for mark in ("cpu", "buffer", "objects", "compression"))
