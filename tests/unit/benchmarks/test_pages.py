"""Pages whose figures a command writes."""

import pytest

from benchmarks.pages import renewed

PAGE = "above\n<!-- x: begin -->\nold\n<!-- x: end -->\nbelow\n"


def test_only_what_is_between_the_marks_is_renewed():
    """Broken: a command would eat the page's own words."""
    assert renewed(PAGE, "x", "new") == PAGE.replace("old", "new")


def test_a_page_without_marks_is_refused():
    """Broken: a command would append its figures to a page, or drop the page's end."""
    with pytest.raises(ValueError, match="lacks the marks"):
        renewed(PAGE, "y", "new")
