"""The commands' verdicts."""

import pytest
import typer

from local import commands
from local.accounting.comparison import Count
from local.live_change import WANTED, Change
from local.paths import UP_HOME


def count(**more: int) -> Count:
    """Return a complete count, parts of it replaced."""
    numbers = {"expected": 2, "delivered": 2, "set_aside": 0, "lost": 0, "doubled": 0, "left_out": 1, **more}
    return Count("acme", "cloudwatch", **numbers)


def test_all_there_is_a_success():
    """A perfect demo would end with status 1."""
    commands._verdict([count(), count(delivered=1, set_aside=1)])


@pytest.mark.parametrize("numbers", [{"lost": 1, "delivered": 1}, {"doubled": 1}, {"delivered": 1}])
def test_one_missing_or_doubled_event_is_a_failure(numbers, capsys):
    """A demo that loses or repeats an event would end with status 0."""
    with pytest.raises(typer.Exit) as caught:
        commands._verdict([count(), count(**numbers)])
    assert caught.value.exit_code == 1
    assert "missing or doubled" in capsys.readouterr().out


def test_a_change_that_is_seen_is_a_success(capsys):
    """A perfect demo would end with status 1, or not say what it showed."""
    commands._verdict_of_change(Change("acme", (WANTED,), 5, 2.04))
    assert f"{WANTED} arrived (2.0 s)" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("arrived", [(), ("etcd",), (WANTED, "etcd"), (WANTED, WANTED)])
def test_a_change_that_is_not_seen_is_a_failure(arrived):
    """A demo whose processor goes by the old config, or repeats an event, would end with status 0."""
    with pytest.raises(typer.Exit) as caught:
        commands._verdict_of_change(Change("acme", arrived, 0, 1.0))
    assert caught.value.exit_code == 1


def test_without_a_running_cloud_the_next_step_is_named(monkeypatch, capsys):
    """`send` on a fresh checkout would end in a traceback."""
    monkeypatch.setattr(commands.Server, "load", lambda home: None if home == UP_HOME else home)
    with pytest.raises(typer.Exit):
        commands.watch()
    assert "make up" in capsys.readouterr().out
