"""Pages of ``docs/`` whose figures are written by a command, between two marks."""


def renewed(page: str, mark: str, section: str) -> str:
    """Return a page with a section between ``<!-- mark: begin -->`` and ``<!-- mark: end -->``, which it must have."""
    begin, end = (f"<!-- {mark}: {side} -->" for side in ("begin", "end"))
    before, found, rest = page.partition(begin)
    _, found_too, after = rest.partition(end)
    if not (found and found_too):
        raise ValueError(f"the page lacks the marks {begin} and {end}")
    return f"{before}{begin}\n{section}\n{end}{after}"


def dollars(amount: float) -> str:
    """Write US dollars, cents where they matter."""
    return f"${amount:,.2f}" if amount < 100 else f"${amount:,.0f}"  # noqa: PLR2004 - cents matter below it
