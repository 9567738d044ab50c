"""Each alarm has its runbook, and the runbooks name what there is."""

import re
from pathlib import Path

import pytest

from constructs_lib.saved_queries import QUERIES
from tests.unit.stacks.drives import DRIVES

PAGE = (Path(__file__).parents[3] / "docs" / "operations.md").read_text()
RUNBOOKS = PAGE.partition("\n## Runbooks\n")[2].partition("\n## ")[0]
PARTS = ("**Means**", "**Look at**", "**Do**", "**It worked**")


def anchor(heading):
    """Return the anchor that a heading has where Markdown is rendered."""
    return re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")


SECTIONS = {anchor(part.partition("\n")[0]): part.partition("\n")[2] for part in RUNBOOKS.split("\n### ")[1:]}


@pytest.fixture(scope="module")
def monitoring(production):
    return production.get_stack_by_name("LogRouterMonitoring-us-east-1").template


def test_each_alarm_has_its_runbook_and_no_runbook_is_left_over():
    """The link in an alarm would lead nowhere, in the middle of the night."""
    assert list(SECTIONS) == list(DRIVES)


@pytest.mark.parametrize("name", SECTIONS)
def test_a_runbook_says_what_it_means_what_to_look_at_what_to_do_and_how_it_is_seen(name):
    """Whoever follows it would not know whether to go on, or when it is over."""
    positions = [SECTIONS[name].find(part) for part in PARTS]
    assert -1 not in positions
    assert positions == sorted(positions)


def test_runbooks_name_queries_and_graphs_that_exist(monitoring):
    """Who looks for a query or a graph of that name would not find it."""
    (body,) = [
        resource["Properties"]["DashboardBody"]
        for resource in monitoring["Resources"].values()
        if resource["Type"] == "AWS::CloudWatch::Dashboard"
    ]
    titles = set(
        re.findall(r'"title":"([^"]+)"', "".join(part for part in body["Fn::Join"][1] if isinstance(part, str)))
    )
    saved = {query.name for query in QUERIES}
    for name, text in SECTIONS.items():
        graphs = {re.sub(r"\s+", " ", found) for found in re.findall(r'"([A-Z][^"]+)"', text)}
        assert all(any(title.startswith(graph) for title in titles) for graph in graphs), name
        assert set(re.findall(r"[Qq]uery\s+`([a-z-]+)`", text)) <= saved, name


def test_links_within_the_page_lead_somewhere():
    """A runbook that says "as for that one" would lose its reader."""
    anchors = {anchor(heading) for heading in re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([a-z0-9-]+)\)", PAGE)) <= anchors


def test_the_table_of_alarms_is_true(monitoring):
    """Somebody would rely on an alarm that was never seen to go off, or look for one of another severity."""
    found = {}
    for resource in monitoring["Resources"].values():
        if resource["Type"] == "AWS::CloudWatch::Alarm":
            severity, _, rest = resource["Properties"]["AlarmDescription"].partition(": ")
            name = rest.rsplit("#", 1)[1]
            found.setdefault(name, [severity, 0])[1] += 1
    rows = [row(name, *found[name]) for name in DRIVES]
    table = "\n".join(
        ("| alarm | severity | of each Region | driven by, and cleared | runbook |", "|---|---|---|---|---|", *rows)
    )
    assert table in PAGE, f"docs/operations.md should have this table:\n{table}"


def row(name, severity, count):
    commands = re.findall(r"^(logrouter|kubectl) ", SECTIONS[name], re.MULTILINE)
    walked = "read along"
    if commands:
        walked = "its commands run by a test" if set(commands) == {"logrouter"} else "its commands need a cluster"
    each = f"{count}, one of each {per(name)}" if count > 1 or per(name) == "cluster" else "1"
    return f"| [{name.replace('-', ' ')}](#{name}) | {severity} | {each} | {DRIVES[name].how} | {walked} |"


def per(name):
    """Return what an alarm is there for each of."""
    words = {
        "function": "function",
        "delivery": "delivery queue",
        "table": "table, reads and writes",
        "agent": "cluster",
        "silent-cluster": "cluster",
    }
    return next((word for start, word in words.items() if name.startswith(start)), "Region")
