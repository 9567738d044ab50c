import json
from dataclasses import replace

import pytest

from constructs_lib.limits import PropertyError
from stacks.application import CDK_JSON
from stacks.bundling.runtime_asset import FunctionArchitecture
from stacks.context import AppContext
from stacks.stages import STAGES

ACCOUNT = {"CDK_DEFAULT_ACCOUNT": "111111111111", "CDK_DEFAULT_REGION": "eu-central-1"}


def read(environment=ACCOUNT, **context):
    return AppContext.read(context, environment)


def test_development_with_the_credentials_account_and_region_is_the_default():
    """A newcomer's first deployment would go to another Region than that of their credentials."""
    context = read()
    assert (context.stage.name, context.central_account) == ("development", "111111111111")
    assert context.stage.regions == ("eu-central-1",)


def test_a_customers_stack_is_built_only_when_it_is_asked_for():
    """``cdk deploy --all`` in the central account would deploy the customer's stack too."""
    context = read()
    assert context.central
    assert not context.customer


def test_a_stages_own_regions_come_before_the_credentials(monkeypatch):
    """Who deploys production from another Region's shell would make a second data path there."""
    monkeypatch.setitem(STAGES, "production", replace(STAGES["production"], regions=("us-west-2",)))
    assert read(stage="production").stage.regions == ("us-west-2",)


@pytest.mark.parametrize("key", ["region", "Stage", "customer-stack-name", "config_cache"])
def test_an_unknown_word_is_refused_with_the_known_ones(key):
    """A misspelt choice would be ignored, and something else deployed."""
    with pytest.raises(PropertyError, match=rf"unknown context: {key}; -c takes stage, part, regions, central_account"):
        read(**{key: "x"})


def test_what_the_command_line_adds_by_itself_is_no_unknown_word():
    """No command would get past the check: the CDK adds its feature flags and notes to the context."""
    flags = json.loads(CDK_JSON.read_text())["context"]
    notes = {"aws:cdk:bundling-stacks": ["**"], "availability-zones:account=1:region=x": ["a"], "cli-telemetry": False}
    assert read(**flags, **notes).stage.name == "development"


def test_stage_regions_and_account_can_be_chosen():
    """Another stage, Region or account than asked for would be deployed."""
    context = read(stage="production", regions="eu-west-1, us-east-1", central_account="999999999999")
    assert context.stage.name == "production"
    assert context.stage.regions == ("eu-west-1", "us-east-1")
    assert context.central_account == "999999999999"


@pytest.mark.parametrize(
    ("part", "central", "customer"), [("central", True, False), ("customer", False, True), ("both", True, True)]
)
def test_each_side_can_be_built_alone(part, central, customer):
    """A side that wasn't asked for would be deployed, or one that was would be missing."""
    context = read(part=part)
    assert (context.central, context.customer) == (central, customer)


def test_a_customer_needs_no_central_account():
    """A customer would have to say an account that their stack doesn't need."""
    assert read({}, part="customer").central_account == ""


@pytest.mark.parametrize(
    ("context", "named"),
    [
        ({"stage": "prod"}, "stage must be one of development, production, embedded, not 'prod'"),
        ({"part": "all"}, "part must be one of central, customer, both"),
        ({"central_account": "1234"}, "central_account must be 12 digits"),
        ({"regions": "nowhere"}, "not the name of a Region"),
    ],
)
def test_a_slip_of_the_pen_names_what_is_known(context, named):
    """An unknown stage would silently be the default one."""
    with pytest.raises(PropertyError, match=named):
        read(**context)


def test_without_an_account_it_says_how_to_give_one():
    """Stacks without an account would name roles that nobody has."""
    with pytest.raises(PropertyError, match="-c central_account"):
        read({"CDK_DEFAULT_REGION": "eu-central-1"})
    with pytest.raises(PropertyError, match="-c regions"):
        read({"CDK_DEFAULT_ACCOUNT": "111111111111"})


def test_the_code_is_built_for_the_stages_processor(monkeypatch):
    """The function would load libraries of another architecture."""
    asked = []

    class Built:
        def code(self):
            return "code"

    monkeypatch.setattr(
        "stacks.context.build_runtime_asset", lambda architecture: asked.append(architecture) or Built()
    )
    assert read(stage="production").processor_code() == "code"
    assert asked == [FunctionArchitecture.ARM_64]
