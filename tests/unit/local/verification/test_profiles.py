"""Accounts by the user's profiles."""

import pytest

from local.verification import profiles
from local.verification.profiles import Profiles, ProfilesError, account_of, region_of


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Three profiles, two of one account."""
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    lines = [f"[profile {name}]\naws_access_key_id = K{name}\naws_secret_access_key = S\n" for name in ("a", "b", "c")]
    (tmp_path / "config").write_text("".join([*lines, "[profile r]\nregion = eu-west-1\n"]))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    accounts = {"a": "111111111111", "b": "222222222222", "c": "222222222222"}
    monkeypatch.setattr(profiles, "account_of", lambda profile, region: accounts[profile])


def test_two_profiles_of_one_account_are_refused(files):
    """Both tenants' stacks would have one name in one account."""
    with pytest.raises(ProfilesError, match="different accounts"):
        Profiles.of("us-east-1", ["a", "b", "c"])


def test_a_program_gets_an_accounts_own_keys_and_the_endpoint(files, monkeypatch):
    """The CDK would deploy into another account than the plan says, or somewhere else than the SDK looks."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    given = Profiles.of("us-east-1", ["a", "b"]).variables("222222222222")
    assert given == {
        "AWS_ACCESS_KEY_ID": "Kb",
        "AWS_SECRET_ACCESS_KEY": "S",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    }


def test_a_profile_that_is_not_there_is_named():
    """A mistyped profile would end in a traceback."""
    with pytest.raises(ProfilesError, match="no-such-profile can't be used"):
        account_of("no-such-profile", "us-east-1")


def test_the_region_is_the_profiles_own(files):
    """`make verify-aws` would ask for a Region that the profile names, or deploy into another one."""
    assert region_of("r") == "eu-west-1"
    with pytest.raises(ProfilesError, match="AWS_REGION"):
        region_of("a")
    with pytest.raises(ProfilesError, match="no-such-profile can't be used"):
        region_of("no-such-profile")
