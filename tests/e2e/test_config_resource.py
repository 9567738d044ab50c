"""A delivery config as a template declares it, by CloudFormation, a function and the deployed API."""

import json

import pytest
from aws_cdk import App, BootstraplessSynthesizer, CfnOutput, Environment, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3

from cli.client import ApiProblemError
from constructs_lib.delivery_config_resource import DeliveryConfigProvider, DeliveryConfigResource
from constructs_lib.pipeline_function import FunctionSettings
from local.emulator import CENTRAL_ACCOUNT, REGION
from local.paths import ROOT
from ministack_fidelity.identities import unique
from stacks.bundling.runtime_asset import FunctionArchitecture, asset_hash, build_runtime_asset
from tests.e2e.cloud import Cloud
from tests.e2e.traffic import until


def staged(scope: Stack) -> lambda_.Code:
    """Return the processor's zip, which the deployment has put into the bootstrap bucket."""
    asset = build_runtime_asset(FunctionArchitecture.of_this_machine())
    name = f"cdk-hnb659fds-assets-{CENTRAL_ACCOUNT}-{REGION}"
    return lambda_.Code.from_bucket(
        s3.Bucket.from_bucket_name(scope, "Staging", name), f"{asset_hash(asset.directory.name)}.zip"
    )


def template(cloud: Cloud, folder, name, tenant_id, **configs):
    """Return a stack's template with these configs."""
    app = App(outdir=str(folder), analytics_reporting=False)
    where = Environment(account=CENTRAL_ACCOUNT, region=REGION)
    stack = Stack(app, name, env=where, synthesizer=BootstraplessSynthesizer())
    architecture = FunctionArchitecture.of_this_machine().of_lambda
    url = cloud.environment.api_url
    api_id, stage = url.rsplit("/", 2)[1:]
    provider = DeliveryConfigProvider(
        stack,
        "Provider",
        settings=FunctionSettings(code=staged(stack), architecture=architecture),
        api_url=url,
        api_arn=f"arn:aws:execute-api:{REGION}:{CENTRAL_ACCOUNT}:{api_id}/{stage}",
    )
    for id_, config in configs.items():
        made = DeliveryConfigResource(stack, id_, provider=provider, tenant_id=tenant_id, config=config)
        CfnOutput(stack, f"{id_}Drift", value=made.drift)
    app.synth()
    return (folder / f"{name}.template.json").read_text()


@pytest.fixture
def deploy(cloud, tmp_path):
    """Deploy a template of these configs, as a stack of this test; returns its outputs."""
    name, runs = unique("configs"), iter(range(100))
    cloudformation = cloud.client("cloudformation")

    def deploy(tenant_id, **configs):
        body = template(cloud, tmp_path / str(next(runs)), name, tenant_id, **configs)
        there = name in {each["StackName"] for each in cloudformation.describe_stacks()["Stacks"]}
        change = cloudformation.update_stack if there else cloudformation.create_stack
        change(StackName=name, TemplateBody=body, Capabilities=["CAPABILITY_IAM"])

        def ended():
            (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
            return stack if not stack["StackStatus"].endswith("IN_PROGRESS") else None

        stack = until(ended, "the stack")
        outputs = {each["OutputKey"]: each.get("OutputValue", "") for each in stack.get("Outputs", ())}
        return stack["StackStatus"], outputs

    yield deploy
    cloudformation.delete_stack(StackName=name)


def test_a_config_is_made_changed_put_back_and_removed_with_its_resource(cloud, new_tenant, deploy):
    """What is reviewed as code would not be what delivers; or a change by hand would go unseen."""
    tenant = new_tenant(configured=False)
    api, id_ = cloud.api(), tenant.tenant_id
    config = {name: value for name, value in tenant.s3.items() if name != "tenant_id"}
    assert deploy(id_, Copy=config) == ("CREATE_COMPLETE", {"CopyDrift": ""})
    assert api.get(id_, "s3").fields["bucket_name"] == config["bucket_name"]

    api.patch(id_, "s3", {"enabled": False})
    status, outputs = deploy(id_, Copy={**config, "groups": ["API"]})
    assert (status, outputs) == ("UPDATE_COMPLETE", {"CopyDrift": "enabled"})
    found = api.get(id_, "s3").fields
    assert (found["enabled"], found["groups"]) == (True, ["API"])

    status, _ = deploy(id_, Renamed={**config, "type": "s3:named", "bucket_prefix": "other/"})
    assert status == "UPDATE_COMPLETE"
    assert [each.type for each in api.list(id_)] == ["s3:named"]


def test_a_config_of_somebody_elses_making_survives_a_stack_that_names_it(cloud, new_tenant, deploy):
    """The rollback would delete a config that the stack never made: a tenant's logs would stop."""
    tenant = new_tenant()
    config = {name: value for name, value in tenant.s3.items() if name != "tenant_id"}
    status, _ = deploy(tenant.tenant_id, Copy=config)
    assert status in {"ROLLBACK_COMPLETE", "CREATE_FAILED"}
    assert cloud.api().get(tenant.tenant_id, "s3").fields["bucket_name"] == config["bucket_name"]
    with pytest.raises(ApiProblemError):
        cloud.api().get(tenant.tenant_id, "s3:archive")


def test_the_terraform_modules_template_declares_one(cloud, new_tenant, deploy):
    """Whoever copies the module would have a stack that fails at its first use."""
    tenant = new_tenant(configured=False)
    own, other = ({**each, "tenant_id": None} for each in (tenant.s3, tenant.cloudwatch))
    for config in (own, other):
        del config["tenant_id"]
    deploy(tenant.tenant_id, Copy=own)
    cloudformation, name = cloud.client("cloudformation"), unique("terraform")
    stacks = [
        each["StackName"] for each in cloudformation.describe_stacks()["Stacks"] if "configs" in each["StackName"]
    ]
    resources = [
        each for stack in stacks for each in cloudformation.describe_stack_resources(StackName=stack)["StackResources"]
    ]
    (function,) = [each["PhysicalResourceId"] for each in resources if each["ResourceType"] == "AWS::Lambda::Function"]
    arn = cloud.client("lambda").get_function_configuration(FunctionName=function)["FunctionArn"]
    given = {"ProviderFunctionArn": arn, "TenantId": tenant.tenant_id, "Config": json.dumps(other)}
    cloudformation.create_stack(
        StackName=name,
        TemplateBody=(ROOT / "examples" / "terraform" / "delivery_config.template.json").read_text(),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()],
    )
    until(
        lambda: cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE",
        "the stack",  # the config is there before: who deletes it then, deletes a stack that is still being made
    )
    assert "cloudwatch" in {each.type for each in cloud.api().list(tenant.tenant_id)}
    cloudformation.delete_stack(StackName=name)
    until(lambda: "cloudwatch" not in {each.type for each in cloud.api().list(tenant.tenant_id)}, "its end")
