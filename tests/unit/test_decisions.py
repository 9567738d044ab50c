"""The pages of decisions and their index."""

import re

import pytest

from tests.decision_index import FOLDER, INDEX, MalformedPageError, Page, index, pages

PAGES = pages()
SUPERSEDED = [page for page in PAGES if page.status != "accepted"]


def slug(title):
    """Return the part of the file's name that repeats the title."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower().replace("'s", "s")).strip("-")


def test_the_index_is_the_pages():
    """A decision would be missing in the index, or have an old title or status there: run `make decisions`."""
    assert INDEX.read_text(encoding="utf-8") == index(PAGES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.number))
def test_a_page_is_found_by_its_title_and_number(page):
    """A search for the title's words would miss the file, or two decisions would share a number."""
    assert page.name == f"{page.number:04d}-{slug(page.title)}.md"
    assert [other.name for other in PAGES if other.number == page.number] == [page.name]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.number))
def test_a_page_names_alternatives(page):
    """A reader would ask again for what was already considered."""
    text = (FOLDER / page.name).read_text(encoding="utf-8")
    assert re.search(r"^## Alternatives considered\n\n\S", text, re.MULTILINE)


@pytest.mark.parametrize("page", SUPERSEDED, ids=lambda page: str(page.number))
def test_a_superseded_page_leads_to_a_later_one(page):
    """A reader of an old decision would not find the one that holds, or would be led in a circle."""
    number, name = re.search(r"\[(\d+)\]\(([^)]+)\)", page.status).groups()
    assert int(number) > page.number
    assert name in {other.name for other in PAGES if other.number == int(number)}


def test_the_decisions_on_settings_and_hot_calls_are_superseded():
    """Somebody would follow a decision that the code no longer follows."""
    assert {page.number for page in SUPERSEDED} >= {18, 21, 49}


def test_a_page_without_status_is_refused(tmp_path):
    """A page without date or status would silently be left out of the index."""
    page = tmp_path / "0001-a.md"
    page.write_text("# 1. A\n\n- Date: 2026-01-01\n\nText\n")
    with pytest.raises(MalformedPageError):
        Page.read(page)
    page.write_text("# 1. A\n\n- Date: 2026-01-01\n- Status: accepted\n\nText\n")
    assert "| 1 | [A](0001-a.md) | 2026-01-01 | accepted |" in index([Page.read(page)])
    assert "Withdrawn numbers: 1, 2." in index([Page("0003-c.md", 3, "C", "2026-01-01", "accepted")])
