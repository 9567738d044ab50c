import pytest

from constructs_lib.limits import PropertyError
from constructs_lib.runtime_asset import FunctionArchitecture
from stacks.context import AppContext

ACCOUNT = {"CDK_DEFAULT_ACCOUNT": "111111111111"}


def read(environment=ACCOUNT, **context):
    return AppContext.read(context.get, environment)


def test_development_with_the_credentials_account_is_the_default():
    """A newcomer's first deployment would need words that the README doesn't say."""
    context = read()
    assert (context.stage.name, context.central_account) == ("development", "111111111111")
    assert context.central
    assert context.customer


def test_stage_regions_and_account_can_be_chosen():
    """Another stage, Region or account than asked for would be deployed."""
    context = read(stage="production", regions="eu-west-1, us-east-1", central_account="999999999999")
    assert context.stage.name == "production"
    assert context.stage.regions == ("eu-west-1", "us-east-1")
    assert context.central_account == "999999999999"


@pytest.mark.parametrize(("part", "central", "customer"), [("central", True, False), ("customer", False, True)])
def test_one_side_can_be_built_alone(part, central, customer):
    """``cdk deploy --all`` in the central account would deploy the customer's stack too."""
    context = read(part=part)
    assert (context.central, context.customer) == (central, customer)


def test_a_customer_needs_no_central_account():
    """A customer would have to say an account that their stack doesn't need."""
    assert read({}, part="customer").central_account == ""


@pytest.mark.parametrize(
    ("context", "named"),
    [
        ({"stage": "prod"}, "stage must be one of development, production, embedded, not 'prod'"),
        ({"part": "all"}, "part must be one of both, central, customer"),
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
        read({})


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
