"""Two commits' processors beside each other."""

import subprocess

import pytest

from benchmarks import against


def test_more_cpu_than_the_bound_ends_with_a_status(capsys):
    """A commit that makes the processor dearer would pass."""
    taken = {"small": {"before": [1.0, 1.2, 9.0], "now": [1.2, 1.3, 1.2]}}
    (small,) = against.medians(taken)
    assert (small.before, small.now) == (1.2, 1.2)
    assert against.report([small]) == 0
    assert against.report([small, against.Compared("real", 1.0, 1.06)]) == 1
    assert capsys.readouterr().out.splitlines()[-1].split() == [
        "real",
        "1.000",
        "s",
        "before",
        "1.060",
        "s",
        "now",
        "x",
        "1.06",
    ]


def test_both_are_measured_by_turns(monkeypatch, tmp_path):
    """What else the machine does would meet one of them alone."""
    order = []
    monkeypatch.setattr(against, "laid_out", lambda commit: tmp_path / commit)
    monkeypatch.setattr(against, "cpu_seconds", lambda tree, case, objects: order.append(tree.name) or 1.0)
    monkeypatch.setattr("sys.argv", ["against", "abc", "--cases", "small", "--rounds", "2"])
    assert against.main() == 0
    here = against.ROOT.name
    assert order == ["abc", here, here, "abc"]


def test_a_commit_that_does_not_exist_is_an_error(monkeypatch, tmp_path):
    """The checkout would be compared with nothing."""
    monkeypatch.setattr(against, "ROOT", tmp_path)
    with pytest.raises(subprocess.CalledProcessError):
        against.laid_out("no-such-commit")
