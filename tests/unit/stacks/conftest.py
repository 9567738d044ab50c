"""Cloud assemblies, each synthesized once for all tests of this folder."""

from dataclasses import replace
from pathlib import Path

import pytest
from aws_cdk import aws_lambda as lambda_

from constructs_lib.outside_network import OutsideNetworkSettings
from constructs_lib.web_identity import WebIdentity
from stacks.application import add_central_stacks, add_customer_stack, check_every_synthesis, new_app
from stacks.stages import DEVELOPMENT, PRODUCTION, Cluster, Host, OutsideSettings

ACCOUNT = "111111111111"
PROVIDER = "arn:aws:iam::111111111111:oidc-provider/oidc.example.com/id/ABC"
HERE = Path(__file__).parent
REGIONS = ("us-east-1", "eu-west-1")


def _identity(name):
    return WebIdentity(provider_arn=PROVIDER, namespace="logging", service_account=name)


def pytest_collection_modifyitems(items):
    """Let one worker run this folder: each would synthesize everything anew."""
    for item in items:
        if item.path.parent == HERE:
            item.add_marker(pytest.mark.xdist_group("synthesis"))


@pytest.fixture(scope="session")
def code(tmp_path_factory):
    """Stand in for the processor's code: what is deployed with it doesn't depend on it."""
    directory = tmp_path_factory.mktemp("code")
    (directory / "handler.py").write_text("")
    return lambda: lambda_.Code.from_asset(str(directory))


@pytest.fixture(scope="session")
def synthesize(tmp_path_factory, code):
    """Synthesize the central side of a stage, and the customer's, with every check on."""

    def run(stage):
        stage = replace(stage, regions=stage.regions or REGIONS[:1])
        app = new_app(str(tmp_path_factory.mktemp(stage.name)))
        add_central_stacks(app, stage=stage, account=ACCOUNT, code=code, api_code=code, outside_code=code)
        add_customer_stack(app)
        check_every_synthesis(app)
        assembly = app.synth()
        # jsii names an object's class by how it is first met: through `dependencies`, a stack is a mere artifact.
        assert assembly.stacks
        return assembly

    return run


@pytest.fixture(scope="session")
def production(synthesize):
    """Production in two Regions, on both hosts, with a cluster in each Region."""
    clusters = tuple(
        Cluster(cluster_id=f"cluster-{number}", region=region, identity=_identity("agent"))
        for number, region in enumerate(REGIONS, start=1)
    )
    stage = replace(PRODUCTION, regions=REGIONS, host=Host.BOTH, poller_identity=_identity("poller"), clusters=clusters)
    outside = OutsideSettings(network=OutsideNetworkSettings(), poller_identity=_identity("outside"))
    stage = replace(stage, record_log_groups=("/cluster/log-processor",), outside=outside, alerts=True)
    return synthesize(stage)


@pytest.fixture(scope="session")
def development(synthesize):
    """Development as it is: one Region, on Lambda."""
    return synthesize(DEVELOPMENT)


@pytest.fixture(scope="session")
def polled(synthesize):
    """Development on the poller alone."""
    return synthesize(replace(DEVELOPMENT, host=Host.POLLER, poller_identity=_identity("poller")))


@pytest.fixture(scope="session")
def templates(production, development, polled):
    """Every template that can be deployed, by assembly and stack."""
    assemblies = {"production": production, "development": development, "polled": polled}
    return {
        f"{name}/{stack.stack_name}": stack.template
        for name, assembly in assemblies.items()
        for stack in assembly.stacks
    }
