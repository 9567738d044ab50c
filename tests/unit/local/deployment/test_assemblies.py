"""An assembly is synthesized once for the same sources."""

import pytest

from local.deployment import assemblies


@pytest.fixture
def sources(tmp_path, monkeypatch):
    """A checkout with one stack."""
    (tmp_path / "stacks").mkdir()
    stack = tmp_path / "stacks" / "stack.py"
    stack.write_text("one")
    monkeypatch.setattr(assemblies, "ROOT", tmp_path)
    monkeypatch.setattr(assemblies, "CACHE", tmp_path / "build" / "assemblies")
    return stack


@pytest.fixture
def make(sources, tmp_path):
    """Make an assembly of what the sources are now; returns what lies there, and says how often it was synthesized."""

    def synthesize(output):
        make.calls += 1
        output.mkdir(exist_ok=True)
        (output / "manifest.json").write_text(sources.read_text())

    def make(output, **context):
        assemblies.make_assembly(tmp_path / "app.py", context, tmp_path / output, synthesize)
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
