"""What a customer gets to be taken on, and what is made of what they send back."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from cli.operation.onboarding import configs_of, invite

ROLE = "arn:aws:iam::111111111111:role/logrouter/CentralLogDistributionRole"
URL = "https://templates.s3.us-east-1.amazonaws.com/customer-1.4.0.json?versionId=a/b"
CONFIG = {"type": "cloudwatch", "log_group_name": "/a"}
OUTPUTS = {"CloudWatchDeliveryConfig": json.dumps(CONFIG), "TemplateVersion": "1.4.0"}
LISTED = [{"OutputKey": name, "OutputValue": value} for name, value in OUTPUTS.items()]


def test_the_link_has_every_value_filled_in():
    """A customer would type an ARN; or the console would cut a value at a character of the address."""
    found = invite("acme.corp_1", ROLE, ("id-1", "id-2"), "eu-west-1", URL)
    address = urlsplit(found.link)
    assert (address.hostname, address.query) == ("eu-west-1.console.aws.amazon.com", "region=eu-west-1")
    given = parse_qs(address.fragment.partition("?")[2])
    assert given == {
        "templateURL": [URL],
        "stackName": ["logrouter-acme-corp-1"],
        "param_TenantId": ["acme.corp_1"],
        "param_CentralRoleArn": [ROLE],
        "param_ExternalId": ["id-1,id-2"],
    }


def test_the_command_does_the_same():
    """A customer without a browser would make another stack; a list would be cut at its comma."""
    found = invite("acme", ROLE, ("id-1", "id-2"), "eu-west-1", None)
    assert found.link == ""
    assert "--template-body file://customer-template.json" in found.command
    assert r"'ParameterKey=ExternalId,ParameterValue=id-1\,id-2'" in found.command
    assert f"--template-url '{URL}'" in invite("acme", ROLE, (), "eu-west-1", URL).command


def test_another_partitions_console_is_named():
    """The link would lead where the customer has no account."""
    china = invite("acme", ROLE.replace("arn:aws:", "arn:aws-cn:"), (), "cn-north-1", URL).link
    assert china.startswith("https://cn-north-1.console.amazonaws.cn/")


@pytest.mark.parametrize(
    "pasted", [OUTPUTS, LISTED, {"Outputs": LISTED}, {"Stacks": [{"Outputs": LISTED}]}, CONFIG, [CONFIG]]
)
def test_outputs_are_taken_however_they_were_copied(pasted):
    """An operator would have to pick the configs out of what the customer sends."""
    assert configs_of(pasted) == [CONFIG]


@pytest.mark.parametrize("pasted", [{}, [], "x", None, {"TemplateVersion": "1"}, {"XDeliveryConfig": "[1]"}, [1], [{}]])
def test_what_holds_no_config_is_refused(pasted):
    """A paste that was cut would count as a tenant without destinations."""
    with pytest.raises(ValueError, match="DeliveryConfig"):
        configs_of(pasted)
