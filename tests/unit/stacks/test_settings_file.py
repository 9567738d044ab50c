"""``logrouter.toml``: what a deployment sets without changing code."""

from pathlib import Path

import pytest

from constructs_lib.limits import PropertyError
from stacks.context import AppContext
from stacks.settings_file import SettingsFile
from stacks.stages import Host

EXAMPLE = Path(__file__).parents[3] / "examples" / "logrouter.toml"
ENVIRONMENT = {"CDK_DEFAULT_ACCOUNT": "999999999999", "CDK_DEFAULT_REGION": "eu-central-1"}


def test_the_example_deploys_what_it_says():
    """A copy of the example would be refused, or a line of it have no effect."""
    found = AppContext.read({}, ENVIRONMENT, SettingsFile.load(EXAMPLE))
    stage = found.stage
    assert (stage.name, found.central_account, stage.regions) == (
        "production",
        "111111111111",
        ("us-east-1", "eu-west-1"),
    )
    assert stage.tags == {"owner": "platform-team", "cost-center": "1234"}
    assert (stage.monitoring.pages, stage.monitoring.tickets) == (("oncall@example.org",), ("platform@example.org",))
    (cluster,) = stage.clusters
    assert (cluster.cluster_id, cluster.region, cluster.identity.service_account) == ("c-1", "us-east-1", "vector")


def test_the_examples_poller_can_be_taken_as_it_is(tmp_path):
    """Who takes the comment signs away would get a stage that is refused."""
    lines = EXAMPLE.read_text().splitlines()
    path = tmp_path / "logrouter.toml"
    path.write_text("\n".join(line.removeprefix("# ") for line in lines[3:]))
    stage = AppContext.read({}, ENVIRONMENT, SettingsFile.load(path)).stage
    assert (stage.host, stage.poller_identity.service_account) == (Host.BOTH, "log-processor")
    assert stage.record_log_groups == ("/c-1/log-processor",)


def test_the_command_line_comes_before_the_file():
    """``-c stage=development`` would deploy production."""
    context = {"stage": "development", "regions": "us-east-1", "central_account": "222222222222"}
    found = AppContext.read(context, ENVIRONMENT, SettingsFile.load(EXAMPLE))
    assert (found.stage.name, found.central_account, found.stage.regions) == (
        "development",
        "222222222222",
        ("us-east-1",),
    )


def test_without_a_file_nothing_changes(tmp_path):
    """Who has no file would be asked for one."""
    without = AppContext.read({}, ENVIRONMENT, SettingsFile.load(tmp_path / "logrouter.toml"))
    assert without == AppContext.read({}, ENVIRONMENT)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("stage = ", "isn't TOML"),
        ("stages = 'production'", "stages: is no setting"),
        ("[[clusters]]\ncluster_id = 'c'", "clusters.0.region: is missing"),
        ("regions = 'us-east-1'", "regions: must be a list"),
        ("[poller]\nhost = 'lambda'", "poller.host: must be poller or both"),
    ],
)
def test_what_is_wrong_is_named_in_words(text, words, tmp_path):
    """An operator would read the inside of a validator, or deploy without what they meant to set."""
    path = tmp_path / "logrouter.toml"
    path.write_text(text)
    with pytest.raises(PropertyError, match=words) as raised:
        SettingsFile.load(path)
    assert "pydantic" not in str(raised.value)
