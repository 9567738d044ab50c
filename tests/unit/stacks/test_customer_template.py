import json

import pytest

from stacks import customer_template
from stacks.application import add_customer_stack, new_app

STACK_LIMIT_BYTES = 51_200
"""Source: CloudFormation quotas, size of a template body in a request."""


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("template") / "below" / "customer.json"
    customer_template.main(str(path))
    return path


def test_is_the_stack_that_the_cdk_deploys(written, development):
    """Customers with and without CDK would run different permissions."""
    assert json.loads(written.read_text()) == development.get_stack_by_name("LogRouterCustomer").template


def test_needs_no_bootstrap_no_asset_and_no_tool(written):
    """A customer without CDK could not deploy it."""
    text = written.read_text()
    for word in ("BootstrapVersion", "cdk-hnb659fds", "AssetParameters", "CDKMetadata", "aws:cdk"):
        assert word not in text


def test_fits_into_a_request(written):
    """It would have to be uploaded to a bucket first."""
    assert written.stat().st_size < STACK_LIMIT_BYTES


def test_a_second_tenant_in_an_account_takes_another_stack_name(tmp_path):
    """One account could hold only one tenant in a Region."""
    app = new_app(str(tmp_path))
    assert add_customer_stack(app, stack_name="LogRouterCustomer-globex").stack_name == "LogRouterCustomer-globex"


def test_the_console_shows_every_parameter_in_a_group_and_says_what_each_output_is(written):
    """A customer would fill in a form without order, or not know which output to send back."""
    template = json.loads(written.read_text())
    shown = template["Metadata"]["AWS::CloudFormation::Interface"]
    grouped = [name for group in shown["ParameterGroups"] for name in group["Parameters"]]
    assert sorted(grouped) == sorted(template["Parameters"]) == sorted(shown["ParameterLabels"])
    assert all(output["Description"] for output in template["Outputs"].values())
