"""The probe: both hops for real, nothing delivered, and what failed in the words of a status."""

import json

import pytest

from runtime.processor.probe import probe
from tests.unit.runtime.aws_world import (
    CENTRAL_ROLE,
    CUSTOMER_ROLE,
    Fault,
    recording_clients,  # noqa: F401 - the fixture "clients"
)
from tests.unit.runtime.processor.world import World


@pytest.fixture
def world(clients):
    made = World(clients)
    made.put_config("cloudwatch")
    made.put_config("s3")
    return made


def tried(world, type_):
    return probe(world.settings(), world.clients, "acme-corp", type_)


def test_both_hops_are_assumed_and_nothing_is_delivered(world):
    """A broken role would look well; or each look would send a customer something."""
    world.put_object()
    assert tried(world, "cloudwatch") == {}
    assert tried(world, "s3") == {}
    assert world.clients.count()["AssumeRole"] == 4
    assert not {"PutLogEvents", "CopyObject", "PutObject", "GetObject"} & set(world.clients.count())


@pytest.mark.parametrize(
    ("after", "reason", "resource"), [(0, "first-hop-denied", CENTRAL_ROLE), (2, "second-hop-denied", CUSTOMER_ROLE)]
)
def test_the_hop_that_is_refused_is_named(world, after, reason, resource):
    """The customer would be asked to mend what is the provider's, or the other way round."""
    world.clients.faults["AssumeRole"] = Fault("AccessDenied", 403, after=after)
    failure = tried(world, "cloudwatch")
    assert (failure["reason"], failure["action"], failure["resource"]) == (reason, "sts:AssumeRole", resource)
    assert failure["next_step"]


def test_a_bucket_that_refuses_the_session_is_named(world):
    """A session policy, or bucket policy, that forbids reading would be found by the first object only."""
    world.clients.faults["ListObjectsV2"] = Fault("AccessDenied", 403)
    assert tried(world, "s3")["reason"] == "source-denied"


@pytest.mark.parametrize(("type_", "words"), [("s3:none", "no such config"), ("s3:bad", "bucket_name")])
def test_a_config_that_cannot_be_used_is_said_so(world, type_, words):
    """The doctor would end in a stack trace."""
    world.put_config("s3:bad", bucket_name="UPPER")
    assert words in tried(world, type_)["detail"]


def test_the_function_answers_an_operator(world, monkeypatch):
    """The deployed function would take the question for a message without records."""
    from runtime.processor import lambda_handler
    from runtime.processor.settings import ProcessorSettings

    monkeypatch.setattr(ProcessorSettings, "read", world.settings)
    monkeypatch.setattr(lambda_handler, "clients", lambda: world.clients)
    asked = {"probe": {"tenant_id": "acme-corp", "type": "cloudwatch"}}
    assert json.dumps(lambda_handler.handler(asked, None)) == '{"failure": {}}'
