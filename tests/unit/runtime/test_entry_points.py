"""Finding what is installed."""

import importlib.metadata
import sys

import pytest

from runtime.entry_points import EntryPoint, entry_points

GROUPS = ["logrouter.delivery_methods", "logrouter.delivery_configs", "console_scripts", "pytest11", "no.such.group"]


@pytest.mark.parametrize("group", GROUPS)
def test_what_the_standard_library_finds_is_found(group):
    """A plug-in that is installed would not be there."""
    expected = {
        (point.name, point.value.partition("[")[0].strip()) for point in importlib.metadata.entry_points(group=group)
    }
    assert set(entry_points(group)) == expected


def test_of_a_distribution_that_is_there_twice_the_first_counts(tmp_path, monkeypatch):
    """An older version further back on the path would add what the newer one has dropped."""
    for folder, value in (("first", "a:new"), ("second", "a:old")):
        info = tmp_path / folder / f"plug_in-{folder}.dist-info"
        info.mkdir(parents=True)
        (info / "entry_points.txt").write_text(f"# ours\n[other]\nx = y:z\n[g]\n; no\nhook = {value} [extra]\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path / "first"), str(tmp_path / "second"), str(tmp_path / "missing")])
    assert entry_points("g") == [EntryPoint("hook", "a:new")]


def test_an_entry_point_loads_what_it_names():
    """A method would be found and not be usable."""
    assert EntryPoint("x", "runtime.entry_points:entry_points").load() is entry_points
