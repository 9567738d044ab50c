"""A verification's order: plan, agreement, record, removal whatever happens."""

import pytest

from local.verification import command
from local.verification.command import Verification
from local.verification.deployment import AwsDeployment
from local.verification.profiles import Profiles, ProfilesError
from local.verification.record import Made
from local.verification.removal import LeftOverError, Removal

MADE = Made("us-east-1", "111111111111", [("111111111111", "LogRouterApi-us-east-1")], [], "")


@pytest.fixture
def removed(monkeypatch):
    """A verification without any account; what was removed."""
    found = []
    monkeypatch.setattr(command, "expected_dollars", lambda assembly: 0.01)
    monkeypatch.setattr(command, "account_of", lambda profile, region: profile)
    monkeypatch.setattr(Profiles, "of", lambda region, profiles: Profiles(region, {each: each for each in profiles}))
    monkeypatch.setattr(AwsDeployment, "synthesize", lambda self: None)
    monkeypatch.setattr(AwsDeployment, "planned", lambda self: MADE)
    monkeypatch.setattr(AwsDeployment, "command_line", type("CommandLine", (), {"assembly": command.Path("none")}))
    monkeypatch.setattr(Removal, "remove", lambda self, made: found.append(made))
    return found


def verification(home, *, agreed=True):
    return Verification("us-east-1", "central", ["acme", "globex"], home, lambda: agreed)


@pytest.mark.parametrize(("agreed", "dry_run"), [(False, False), (True, True)])
def test_nothing_is_made_unless_it_is_agreed_to(tmp_path, removed, monkeypatch, agreed, dry_run):
    """A dry run, or a `no`, would cost money and change accounts."""
    monkeypatch.setattr(Verification, "_show", lambda self, deployment, steps: pytest.fail("deployed"))
    assert verification(tmp_path / "home", agreed=agreed).run(dry_run=dry_run) is None
    assert Made.load(tmp_path / "home") is None


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_everything_is_removed_after_a_failure(tmp_path, removed, monkeypatch, error):
    """A failed or interrupted run would leave what it made, and its cost."""

    def fail(self, deployment, steps):
        assert Made.load(tmp_path / "home") == MADE, "what is made must be on record before it is made"
        raise error

    monkeypatch.setattr(Verification, "_show", fail)
    with pytest.raises(error):
        verification(tmp_path / "home").run()
    assert removed == [MADE]
    assert Made.load(tmp_path / "home") is None


def test_what_a_killed_run_left_is_removed_by_its_record(tmp_path, removed):
    """Nobody would know any more what a killed run had made, or the next run would forget it."""
    MADE.save(tmp_path)
    with pytest.raises(LeftOverError, match="--remove"):
        verification(tmp_path).run()
    verification(tmp_path).remove()
    assert removed == [MADE]


def test_a_removal_that_fails_keeps_the_record(tmp_path, removed, monkeypatch):
    """What could not be removed could never be removed by this command again."""

    def fail(self, made):
        raise LeftOverError("left")

    monkeypatch.setattr(Removal, "remove", fail)
    MADE.save(tmp_path)
    with pytest.raises(LeftOverError):
        verification(tmp_path).remove()
    assert Made.load(tmp_path) == MADE


def test_each_tenant_needs_a_profile(tmp_path):
    """A run would stop half-way, for want of an account."""
    with pytest.raises(ProfilesError, match="give 2 customer profiles"):
        Verification("us-east-1", "central", ["acme"], tmp_path, lambda: True).run()
