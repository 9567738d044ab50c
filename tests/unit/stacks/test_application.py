import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from constructs_lib.processor import HANDLER
from constructs_lib.processor_environment import CloudWatchEngine
from stacks.application import CDK_JSON
from stacks.stages import DEVELOPMENT

REGIONS = ("us-east-1", "eu-west-1")
STATEFUL = {"AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::KMS::Key"}
PHYSICAL_NAMES = {
    "BucketName",
    "TableName",
    "QueueName",
    "TopicName",
    "FunctionName",
    "LogGroupName",
    "RoleName",
    "PolicyName",
    "ManagedPolicyName",
}


def test_one_account_holds_two_regions_and_one_role(production):
    """The second Region would clash with the first, or customers would have to trust two roles."""
    names = {stack.stack_name: stack.environment.region for stack in production.stacks}
    assert names.pop("LogRouterCentralRole") == "us-east-1"
    assert names.pop("LogRouterCustomer") == "unknown-region"
    assert names == {
        f"LogRouter{part}-{region}": region
        for part in ("Storage", "Collection", "Outside", "Processing", "Api", "Monitoring")
        for region in REGIONS
    }


def test_names_that_iam_shares_differ_by_region(production):
    """IAM is global: two Regions' stacks would fight over one role or one inline policy."""
    roles, policies = [], []
    for stack in production.stacks:
        for resource in stack.template["Resources"].values():
            properties = resource.get("Properties", {})
            if resource["Type"] == "AWS::IAM::Role" and "RoleName" in properties:
                roles.append(properties["RoleName"])
            if properties.get("Roles") == ["CentralLogDistributionRole"]:
                policies.append(properties["PolicyName"])
    assert sorted(roles) == [
        "CentralLogDistributionRole",
        "LogProcessor-production-eu-west-1",
        "LogProcessor-production-us-east-1",
    ]
    assert sorted(policies) == ["logrouter-production-eu-west-1", "logrouter-production-us-east-1"]


def test_the_central_role_is_there_before_a_policy_is_attached_to_it(production):
    """CloudFormation doesn't know that a name is a role: the first deployment would fail."""
    for region in REGIONS:
        stack = production.get_stack_by_name(f"LogRouterProcessing-{region}")
        assert "LogRouterCentralRole" in {dependency.id for dependency in stack.dependencies}


def test_only_what_others_must_predict_has_a_name(templates):
    """A named resource can't be replaced, and clashes with the next stage's."""
    named = set()
    refer = {
        "AWS::Lambda::EventSourceMapping",
        "AWS::Lambda::Permission",
        "AWS::Lambda::EventInvokeConfig",
        "AWS::EC2::FlowLog",
    }
    for name, template in templates.items():
        if name.endswith("LogRouterCustomer"):
            continue  # The customer names the log group and the bucket.
        for resource in (r for r in template["Resources"].values() if r["Type"] not in refer):
            named |= {(resource["Type"], key) for key in PHYSICAL_NAMES & set(resource.get("Properties", {}))}
    # An inline policy is named within its role; CDK writes that name itself.
    assert named == {("AWS::IAM::Role", "RoleName"), ("AWS::IAM::Policy", "PolicyName")}


def test_production_retains_everything_stateful(production):
    """Deleting a stack would delete logs, configs, parked deliveries, or messages that wait."""
    for stack in production.stacks:
        for logical_id, resource in stack.template["Resources"].items():
            if resource["Type"] in STATEFUL:
                assert resource["DeletionPolicy"] == "Retain", logical_id
                assert resource["UpdateReplacePolicy"] == "Retain", logical_id


def test_nothing_stateful_runs_beside_code(production):
    """A roll-back of the processor could touch the bucket or the tables."""
    for region in REGIONS:
        storage = production.get_stack_by_name(f"LogRouterStorage-{region}").template
        types = {resource["Type"] for resource in storage["Resources"].values()}
        assert "AWS::Lambda::Function" not in types
        assert "AWS::IAM::Role" not in types
        processing = production.get_stack_by_name(f"LogRouterProcessing-{region}").template
        types = {resource["Type"] for resource in processing["Resources"].values()}
        assert not types & {"AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::KMS::Key"}


def test_each_region_uses_its_own_data_path(production):
    """Data would cross Regions: slow, costly, and against what a customer agreed to."""
    for region, other in (REGIONS, REGIONS[::-1]):
        for part in ("Storage", "Collection", "Processing", "Api", "Monitoring"):
            text = json.dumps(production.get_stack_by_name(f"LogRouter{part}-{region}").template)
            assert other not in text


def test_a_writer_role_lies_in_its_clusters_region(production):
    """A cluster could not write, or would write into another Region's bucket."""
    for number, region in enumerate(REGIONS, start=1):
        text = json.dumps(production.get_stack_by_name(f"LogRouterCollection-{region}").template)
        assert re.findall(r"cluster_id=([\w-]+)/", text) == [f"cluster-{number}"]


def test_the_poller_alone_brings_no_function_that_processes(polled):
    """A stage on Kubernetes would pay for, and race with, a processing function; or nothing would resume there."""
    template = polled.get_stack_by_name("LogRouterProcessing-us-east-1").template
    resources = template["Resources"].values()
    handlers = {each["Properties"]["Handler"] for each in resources if each["Type"] == "AWS::Lambda::Function"}
    (source,) = [each["Properties"] for each in resources if each["Type"] == "AWS::Lambda::EventSourceMapping"]
    assert handlers == {f"runtime.{room}.lambda_handler.handler" for room in ("resumption", "delivery_test")}
    assert source["StartingPosition"] == "LATEST"


def test_the_poller_is_told_its_environment(production, polled):
    """Whoever writes the Deployment would have to collect the names by hand."""
    for assembly in (production, polled):
        outputs = assembly.get_stack_by_name("LogRouterProcessing-us-east-1").template["Outputs"]
        text = "".join(part for part in outputs["PollerEnvironment"]["Value"]["Fn::Join"][1] if isinstance(part, str))
        assert '"SQS_QUEUE_URL":' in text
        assert '"AWS_REGION":"us-east-1"' in text


@pytest.mark.parametrize(
    ("part", "outputs"),
    [
        ("CentralRole", {"CentralLogDistributionRoleArn"}),
        (
            "Storage-us-east-1",
            {
                *("CentralBucketName", "NotificationTopicArn"),
                *("TenantsTableName", "TenantConfigTableName", "AlertRulesTableName", "ParkedDeliveriesTableName"),
            },
        ),
        ("Collection-us-east-1", {"ObjectQueueUrl", "ObjectDlqUrl", "UndeliveredNotificationsUrl"}),
        (
            "Processing-us-east-1",
            {
                "DeliveryQueueUrl",
                "DeliveryDlqUrl",
                "ProcessorExecutionRoleArn",
                "ProcessorFunctionName",
                "ProcessorLogGroupName",
                "RecordLogGroupNames",
                "ReconciliationFunctionName",
                "ResumptionFunctionName",
                "TesterLogGroupName",
            },
        ),
    ],
)
def test_outputs_are_what_scripts_rely_on(development, part, outputs):
    """The environment file that scripts read would have gaps."""
    given = set(development.get_stack_by_name(f"LogRouter{part}").template["Outputs"])
    assert {name for name in given if not name.startswith("Exports")} == outputs


def test_flags_are_the_command_lines_own():
    """Templates in tests would differ from those that are deployed."""
    assert json.loads(CDK_JSON.read_text())["context"]["@aws-cdk/core:validateAgainstDefaultRules"] is True


def test_nothing_is_looked_up(production, development):
    """A synthesis would need credentials, and return something else tomorrow."""
    for assembly in (production, development):
        manifest = json.loads((Path(assembly.directory) / "manifest.json").read_text())
        assert "missing" not in manifest


def test_no_template_reports_home(templates):
    """A plain template would carry metadata of the tool that made it."""
    assert not [name for name, template in templates.items() if "CDKMetadata" in json.dumps(template)]


def test_the_vector_engine_finds_its_layers_program(synthesize, tmp_path):
    """The function would look for the program on its PATH, where a layer's isn't."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "vector").write_text("")
    stage = replace(
        DEVELOPMENT,
        vector_layer_path=tmp_path,
        tuning=replace(DEVELOPMENT.tuning, engine=CloudWatchEngine.VECTOR),
    )
    template = synthesize(stage).get_stack_by_name("LogRouterProcessing-us-east-1").template
    functions = [r["Properties"] for r in template["Resources"].values() if r["Type"] == "AWS::Lambda::Function"]
    (variables,) = [each["Environment"]["Variables"] for each in functions if each["Handler"] == HANDLER]
    assert (variables["CLOUDWATCH_ENGINE"], variables["VECTOR_BINARY"]) == ("vector", "/opt/bin/vector")
