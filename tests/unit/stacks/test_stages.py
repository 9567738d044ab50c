from dataclasses import replace

import pytest
from aws_cdk import RemovalPolicy

from constructs_lib.limits import PropertyError
from constructs_lib.processor_environment import ProcessorTuning
from constructs_lib.web_identity import WebIdentity
from stacks.stages import DEVELOPMENT, EMBEDDED, PRODUCTION, STAGES, Cluster, Host

IDENTITY = WebIdentity(
    provider_arn="arn:aws:iam::111111111111:oidc-provider/oidc.example.com/id/ABC",
    namespace="logging",
    service_account="agent",
)


def test_production_keeps_what_it_holds():
    """One mistaken deployment would delete tenants' logs, configs, or the work that waits."""
    assert PRODUCTION.removal_policy is RemovalPolicy.RETAIN
    assert PRODUCTION.deletion_protection
    assert PRODUCTION.termination_protection
    assert PRODUCTION.customer_managed_key


def test_stages_that_come_and_go_leave_nothing():
    """Buckets of test stages would pile up, and a name that stays would block the next deployment."""
    assert {DEVELOPMENT.removal_policy, EMBEDDED.removal_policy} == {RemovalPolicy.DESTROY}


def test_every_stage_is_found_by_its_name():
    """``-c stage=...`` would take another stage than it says."""
    assert {name: stage.name for name, stage in STAGES.items()} == {name: name for name in STAGES}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"name": "Production"}, "name must be"),
        ({"name": "x" * 17}, "name must be"),
        ({"regions": ("us-east-1", "us-east-1")}, "must not repeat"),
        ({"regions": ("not a region!",)}, "is not the name of a Region"),
        ({"host": Host.POLLER}, "poller_identity"),
        ({"host": Host.BOTH}, "poller_identity"),
        (
            {
                "regions": ("us-east-1",),
                "clusters": (Cluster(cluster_id="c", region="eu-west-1", identity=IDENTITY),),
            },
            "one of the stage's",
        ),
    ],
)
def test_what_cannot_be_deployed_is_refused_at_once(changes, named):
    """A mistake would show halfway through a deployment, or as a cluster that writes nowhere."""
    with pytest.raises(PropertyError, match=named):
        replace(DEVELOPMENT, **changes)


@pytest.mark.parametrize("stage", [DEVELOPMENT, PRODUCTION], ids=lambda stage: stage.name)
def test_no_deployed_stage_lets_a_config_name_the_functions_own_host(stage):
    """A customer's URL would reach what listens beside the outside processor: its own runtime's interface."""
    tuning = ProcessorTuning(allow_loopback=True)
    assert replace(EMBEDDED, tuning=tuning).tuning.allow_loopback
    with pytest.raises(PropertyError, match="embedded"):
        replace(stage, tuning=tuning)
