"""The page on cost: its figures are today's."""

from benchmarks import cost
from benchmarks.pages import renewed
from runtime.costs.assumptions import Assumptions


def test_the_page_is_current():
    """The page shows yesterday's prices, CPU or assumptions. Mend it: python -m benchmarks.cost --write."""
    page = cost.PAGE.read_text()
    assert renewed(page, cost.MARK, cost.section(Assumptions())) == page
