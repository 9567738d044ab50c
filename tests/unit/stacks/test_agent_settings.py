"""An overlay's settings from the stacks' outputs."""

import json
import sys
from pathlib import Path

import pytest

from stacks.agent_settings import agent_settings, main

SETTINGS = {"CENTRAL_BUCKET": "b", "AWS_REGION": "r", "AWS_ROLE_ARN": "arn", "CLUSTER_ID": "one"}
OUTPUTS = {
    "storage": {"CentralBucketName": "b"},
    "collection": {
        "AgentSettings1": json.dumps(SETTINGS),
        "AgentSettings2": json.dumps(SETTINGS | {"CLUSTER_ID": "two"}),
        "WriterRoleArn1": "arn",
    },
}


def test_a_cluster_gets_its_own():
    """Broken: an agent would write as another cluster, which its role refuses."""
    assert agent_settings(OUTPUTS, "one") == SETTINGS


def test_an_unknown_cluster_is_refused_with_the_known_ones():
    """Broken: an overlay would be written with nothing in it."""
    with pytest.raises(LookupError, match="one, two"):
        agent_settings(OUTPUTS, "three")


def test_the_command_writes_what_the_overlays_need(tmp_path, monkeypatch, capsys):
    """Broken: bucket, role and Region would be copied by hand, and one day wrongly."""
    (tmp_path / "outputs.json").write_text(json.dumps(OUTPUTS))
    monkeypatch.setattr(sys, "argv", ["agent_settings", str(tmp_path / "outputs.json"), "one", str(tmp_path)])
    main()
    assert Path(capsys.readouterr().out.strip()) == tmp_path / "settings.env"
    written = dict(line.split("=") for line in (tmp_path / "settings.env").read_text().splitlines())
    base = Path(__file__).parents[3] / "vector_config" / "base" / "settings.env"
    assert written.keys() == {line.split("=")[0] for line in base.read_text().splitlines() if "=" in line[:-1]}
