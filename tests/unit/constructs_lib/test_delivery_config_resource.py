import pytest
from aws_cdk import CfnParameter, RemovalPolicy, assertions
from aws_cdk import aws_lambda as lambda_

from constructs_lib.delivery_config_resource import RESOURCE_TYPE, DeliveryConfigProvider, DeliveryConfigResource
from constructs_lib.limits import PropertyError
from constructs_lib.pipeline_function import FunctionSettings

API = "arn:aws:execute-api:us-east-1:111111111111:abc/v1"
CONFIG = {"type": "s3", "bucket_name": "acme-bucket", "enabled": False}


@pytest.fixture
def provider(stack):
    settings = FunctionSettings(code=lambda_.Code.from_inline("x"), architecture=lambda_.Architecture.X86_64)
    return DeliveryConfigProvider(stack, "Provider", settings=settings, api_url="https://abc/v1", api_arn=API)


def test_it_may_call_the_api_for_its_tenants_alone(stack, provider):
    """A template of one team could read and change all tenants' destinations."""
    for name, type_ in (("A", "s3"), ("B", "s3:b")):
        DeliveryConfigResource(stack, name, provider=provider, tenant_id="acme", config={**CONFIG, "type": type_})
    found = assertions.Template.from_stack(stack).find_resources("AWS::IAM::Policy")
    (policy,) = found.values()
    statements = policy["Properties"]["PolicyDocument"]["Statement"]
    resources = [each["Resource"] for each in statements if each["Action"] == "execute-api:Invoke"]
    path = "tenants/acme/delivery-configs"
    assert resources == [[f"{API}/*/{path}/*", f"{API}/POST/{path}"]]


def test_numbers_and_truth_values_reach_the_api_as_they_are(stack, provider):
    """CloudFormation makes text of each property: ``enabled: "false"`` would be refused."""
    bucket = CfnParameter(stack, "Bucket")
    config = {**CONFIG, "bucket_name": bucket.value_as_string}
    made = DeliveryConfigResource(
        stack, "Config", provider=provider, tenant_id="acme", config=config, removal_policy=RemovalPolicy.RETAIN
    )
    assert made.drift
    template = assertions.Template.from_stack(stack)
    (resource,) = template.find_resources(RESOURCE_TYPE).values()
    joined = resource["Properties"]["Config"]["Fn::Join"][1]
    assert joined == ['{"type":"s3","bucket_name":"', {"Ref": "Bucket"}, '","enabled":false}']
    assert resource["DeletionPolicy"] == "Retain"
    assert any("Policy" in name for name in resource["DependsOn"])  # else its first call is refused


@pytest.mark.parametrize(("tenant", "config"), [("a/b", CONFIG), ("acme", {"bucket_name": "x"})])
def test_what_no_config_can_be_is_refused_at_synthesis(stack, provider, tenant, config):
    """It would be found by the deployment, minutes later."""
    with pytest.raises(PropertyError):
        DeliveryConfigResource(stack, "Config", provider=provider, tenant_id=tenant, config=config)
