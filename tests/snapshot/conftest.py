"""Production in one Region, on both hosts, with a cluster: what the snapshots are taken of."""

from dataclasses import replace

import pytest
from aws_cdk import aws_lambda as lambda_
from syrupy.extensions.json import JSONSnapshotExtension

from constructs_lib.outside_network import OutsideNetworkSettings
from constructs_lib.web_identity import WebIdentity
from stacks.application import add_central_stacks, add_customer_stack, check_every_synthesis, new_app
from stacks.stages import PRODUCTION, Cluster, Host, OutsideSettings

PROVIDER = "arn:aws:iam::111111111111:oidc-provider/oidc.example.com/id/ABC"


@pytest.fixture(scope="session")
def assembly(tmp_path_factory):
    code = tmp_path_factory.mktemp("code")
    (code / "handler.py").write_text("")
    agent, poller, outside = (
        WebIdentity(provider_arn=PROVIDER, namespace="logging", service_account=name)
        for name in ("agent", "poller", "outside")
    )
    stage = replace(
        PRODUCTION,
        regions=("us-east-1",),
        host=Host.BOTH,
        record_log_groups=("/cluster/log-processor",),
        poller_identity=poller,
        alerts=True,
        outside=OutsideSettings(network=OutsideNetworkSettings(), poller_identity=outside),
        clusters=(Cluster(cluster_id="cluster-1", region="us-east-1", identity=agent),),
    )
    app = new_app(str(tmp_path_factory.mktemp("assembly")))

    def asset():
        return lambda_.Code.from_asset(str(code))

    add_central_stacks(app, stage=stage, account="111111111111", code=asset, api_code=asset, outside_code=asset)
    add_customer_stack(app)
    check_every_synthesis(app)
    return app.synth()


@pytest.fixture
def snapshot(snapshot):
    """One readable JSON file for each snapshot, so that a review shows what changes."""
    return snapshot.use_extension(JSONSnapshotExtension)
