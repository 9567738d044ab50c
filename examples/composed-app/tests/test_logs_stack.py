"""What the platform relies on, asked of the template that its app makes."""

import json
import os
import subprocess
import sys

import pytest


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """The stack's template, made the way the CDK's command line runs the app."""
    folder = tmp_path_factory.mktemp("app")
    subprocess.run(
        [sys.executable, "-m", "acme_platform"],
        cwd=folder,
        env=os.environ | {"CDK_OUTDIR": str(folder / "out")},
        check=True,
    )
    return json.loads((folder / "out" / "AcmeLogs.template.json").read_text())


def of_type(template, kind):
    return [each["Properties"] for each in template["Resources"].values() if each["Type"] == kind]


def test_the_security_team_gets_every_object_too(template):
    """The security team would get no objects, or take the processor's from its queue."""
    subscribed = [each["Endpoint"]["Fn::GetAtt"][0] for each in of_type(template, "AWS::SNS::Subscription")]
    assert len({*subscribed}) == 2
    assert sum(name.startswith("SecurityQueue") for name in subscribed) == 1


def test_the_cluster_may_write_its_own_keys_alone(template):
    """The agent of the cluster could not write, or could write another cluster's objects."""
    statements = [one for each in of_type(template, "AWS::IAM::Policy") for one in each["PolicyDocument"]["Statement"]]
    (written,) = [one["Resource"] for one in statements if one.get("Sid") == "PutOwnClustersObjects"]
    assert json.dumps(written).endswith('/tenant_id=*/cluster_id=acme-1/*"]]}')
