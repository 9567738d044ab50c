"""An assembly is synthesized once for the same sources."""

import json
import re

import pytest

from local.deployment.deploy import APP, APP_SOURCES
from stacks import assemblies
from stacks.assemblies import command_line_context


@pytest.fixture
def sources(tmp_path, monkeypatch):
    """A checkout with one stack."""
    (tmp_path / "stacks").mkdir()
    stack = tmp_path / "stacks" / "stack.py"
    stack.write_text("one")
    monkeypatch.setattr(assemblies, "PROJECT", tmp_path)
    monkeypatch.setattr(assemblies, "CACHE", tmp_path / "build" / "assemblies")
    return stack


@pytest.fixture
def make(sources, tmp_path):
    """Make an assembly of what the sources are now; returns what lies there, and says how often it was synthesized."""

    def synthesize(output):
        make.calls += 1
        output.mkdir(exist_ok=True)
        (output / "manifest.json").write_text(sources.read_text())

    def make(output, more=(), **context):
        assemblies.make_assembly(tmp_path / "app.py", context, tmp_path / output, synthesize, more_sources=more)
        return (tmp_path / output / "manifest.json").read_text()

    make.calls = 0
    return make


def test_the_same_sources_are_synthesized_once(make):
    """Each start of the embedded cloud would wait for the synthesis again."""
    assert (make("a", stage="x"), make("b", stage="x"), make.calls) == ("one", "one", 1)


def test_changed_sources_and_another_context_are_synthesized(make, sources):
    """The embedded cloud would show the stacks of yesterday, also to `python -m local deploy`."""
    make("a", stage="x")
    sources.write_text("two")
    assert (make("a", stage="x"), make.calls) == ("two", 2)
    make("a", stage="y")
    assert make.calls == 3
    sources.write_text("one")
    assert (make("a", stage="x"), make.calls) == ("one", 3)


def test_a_changed_app_is_synthesized(make, tmp_path):
    """`cdk diff` would show nothing of a change in the app itself, or in what it imports beside the stacks."""
    make("a")
    for changed in (tmp_path / "app.py", tmp_path / "cluster.py", tmp_path / "logrouter.toml"):
        before = make.calls
        changed.write_text("other")
        make("a", more=(tmp_path / "cluster.py",))
        assert make.calls == before + 1


def test_one_with_a_finding_is_written_and_not_kept(make, tmp_path):
    """Under the CDK's command line a finding doesn't end the app: the second deployment would go through."""
    report = tmp_path / "a" / assemblies.REPORT
    report.parent.mkdir()
    report.write_text(json.dumps({"pluginReports": [{"conclusion": "success"}, {"conclusion": "failure"}]}))
    for calls in (1, 2):
        make("a")
        assert make.calls == calls
    report.write_text(json.dumps({"pluginReports": [{"conclusion": "success"}]}))
    make("a")
    make("b")
    assert make.calls == 3


def test_what_the_command_line_says_is_part_of_the_context(tmp_path):
    """A deployment into another account would be that of the first one's names."""
    long = tmp_path / "context.json"
    long.write_text("{}")
    found = command_line_context(
        {"CDK_DEFAULT_ACCOUNT": "1", "CDK_OUTDIR": "x", "HOME": "y", "CONTEXT_OVERFLOW_LOCATION_ENV": str(long)}
    )
    assert found == {"CDK_DEFAULT_ACCOUNT": "1", "overflow": "{}"}


def test_what_the_embedded_app_imports_of_its_own_is_among_its_sources():
    """`make up` would deploy the stacks of yesterday's cluster."""
    imported = re.findall(r"^from local(?: import (\w+)|\.(\w+) import)", APP.read_text(), re.MULTILINE)
    assert {first or second for first, second in imported} == {path.stem for path in APP_SOURCES}


def test_what_fails_is_not_kept(sources, tmp_path):
    """A finding of cdk-nag would be seen once, and never again."""

    def fail(output):
        raise ValueError

    for _ in range(2):
        with pytest.raises(ValueError):
            assemblies.make_assembly(tmp_path / "app.py", {}, tmp_path / "a", fail)


def test_old_ones_go(make, sources, tmp_path):
    """The build folder would grow with each change."""
    for number in range(assemblies.KEPT + 2):
        sources.write_text(str(number))
        make("a")
    assert len([path for path in assemblies.CACHE.iterdir() if path.is_dir()]) == assemblies.KEPT
