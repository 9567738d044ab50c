"""The API's figures on their page."""

from benchmarks.api import FIRST
from benchmarks.api_process import REQUESTS
from benchmarks.api_report import MARK, PAGE, section
from benchmarks.pages import renewed

TIMES = {"p50": 1.0, "p99": 2.0, "least": 0.5}
COLD = {f"{mode} {first}": TIMES for mode in ("lazy", "eager") for first in FIRST}
REPORT = {
    "cold_ms": COLD,
    "cold_cpu_ms": COLD,
    "warm_ms": dict.fromkeys(REQUESTS, TIMES),
    "rounds": 7,
    "requests": 200,
    "machine": "x86_64, 2 cores, Python 3.13.0",
    "load_at_start": 0.1,
}


def rows(text):
    """Name the tables' rows."""
    return [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")]


def test_the_page_has_a_row_for_each_endpoint_that_is_measured():
    """An endpoint would be added, measured, and shown to nobody; or one that is gone would keep its figures."""
    page = PAGE.read_text()
    shown = page[page.index(f"<!-- {MARK}: begin -->") : page.index(f"<!-- {MARK}: end -->")]
    assert rows(shown) == rows(section(REPORT))


def test_the_machines_load_is_told():
    """Figures of a busy machine would pass for those of a quiet one."""
    assert "load 0.1" in renewed(PAGE.read_text(), MARK, section(REPORT))
