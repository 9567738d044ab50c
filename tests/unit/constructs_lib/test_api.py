"""The API's construct: who may call it, and what its function may do."""

import fnmatch
import json
import re
from pathlib import Path

import pytest
from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk.assertions import Match, Template

from constructs_lib.api import (
    PARKED_ACTIONS,
    RULE_ACTIONS,
    SECRET_ACTIONS,
    STAGE,
    TABLE_ACTIONS,
    TENANT_ACTIONS,
    ApiLimits,
    ApiTables,
    DeliveryConfigApi,
)
from constructs_lib.api_firewall import ApiFirewall
from constructs_lib.limits import PropertyError
from constructs_lib.pipeline_function import FunctionSettings
from constructs_lib.tables import (
    AlertRulesTable,
    AlertStatesTable,
    DeliveryConfigTable,
    ParkedDeliveriesTable,
    TenantTable,
)
from runtime.api.settings import ApiSettings


@pytest.fixture
def make(stack):
    def run(*, alerts=True, **more):
        table = DeliveryConfigTable(stack, "T", removal_policy=RemovalPolicy.DESTROY, deletion_protection=False)
        parked = ParkedDeliveriesTable(stack, "P", removal_policy=RemovalPolicy.DESTROY, deletion_protection=False)
        rules = AlertRulesTable(stack, "R", removal_policy=RemovalPolicy.DESTROY, deletion_protection=False)
        states = AlertStatesTable(stack, "A", removal_policy=RemovalPolicy.DESTROY, deletion_protection=False)
        code = lambda_.Code.from_inline("def handler(event, context): ...")
        return DeliveryConfigApi(
            stack,
            "Api",
            settings=FunctionSettings(code=code),
            tables=ApiTables(
                configs=table.table,
                tenants=TenantTable(stack, "N", removal_policy=RemovalPolicy.DESTROY, deletion_protection=False).table,
                parked_deliveries=parked.table,
                alert_rules=rules.table,
                alert_states=states.table if alerts else None,
            ),
            central_bucket=s3.Bucket.from_bucket_name(stack, "Central", "central"),
            tester=lambda_.Function.from_function_name(stack, "Tester", "tester"),
            limits=ApiLimits(),
            **more,
        )

    return run


@pytest.fixture
def template(stack, make):
    make()
    return Template.from_stack(stack)


def test_every_method_but_the_health_check_is_signed(template):
    """A path would be open to the internet."""
    methods = template.find_resources("AWS::ApiGateway::Method").values()
    kinds = {(each["Properties"]["HttpMethod"], each["Properties"]["AuthorizationType"]) for each in methods}
    assert kinds == {("ANY", "AWS_IAM"), ("GET", "NONE")}
    (unsigned,) = [each for each in methods if each["Properties"]["AuthorizationType"] == "NONE"]
    resource = template.find_resources("AWS::ApiGateway::Resource")[unsigned["Properties"]["ResourceId"]["Ref"]]
    assert resource["Properties"]["PathPart"] == "health"


def test_every_path_reaches_the_app_by_any_method(template):
    """The gateway would answer 403 in its own words where the app says 404 or 405."""
    parts = {each["Properties"]["PathPart"] for each in template.find_resources("AWS::ApiGateway::Resource").values()}
    assert parts == {"{proxy+}", "health"}
    any_methods = template.find_resources("AWS::ApiGateway::Method", {"Properties": {"HttpMethod": "ANY"}})
    assert len(any_methods) == 3


def test_the_function_may_touch_its_tables_and_its_own_log_alone(template):
    """A flaw in the API would reach tenants' logs, roles, or other tables."""
    policies = template.find_resources("AWS::IAM::Policy").values()
    statements = [each for policy in policies for each in policy["Properties"]["PolicyDocument"]["Statement"]]
    named = [each["Action"] for each in statements]
    actions = {action for each in named for action in ([each] if isinstance(each, str) else each)}
    listing = {"s3:ListBucket", "s3:ListBucketVersions"}
    own_log = {"logs:CreateLogStream", "logs:PutLogEvents"}
    start = {"lambda:InvokeFunction"}
    assert actions == {
        *TABLE_ACTIONS,
        *TENANT_ACTIONS,
        *PARKED_ACTIONS,
        *RULE_ACTIONS,
        *SECRET_ACTIONS,
        *listing,
        *own_log,
        *start,
    }
    (started,) = [each["Resource"] for each in statements if each["Action"] == "lambda:InvokeFunction"]
    assert ":function:tester" in json.dumps(started)
    assert all(each["Resource"] != "*" for each in statements)
    role = next(each for name, each in template.find_resources("AWS::IAM::Role").items() if name.startswith("ApiRole"))
    assert "ManagedPolicyArns" not in role["Properties"]


def test_the_environment_is_that_of_the_settings(template):
    """The function would start without a setting, or with one that nobody reads."""
    (function,) = template.find_resources("AWS::Lambda::Function").values()
    names = {name.lower() for name in function["Properties"]["Environment"]["Variables"]}
    assert names | {"aws_region"} == set(ApiSettings.model_fields)


def test_without_alerts_no_table_of_theirs_is_named(stack, make):
    """An installation without alerts couldn't be deployed, or would answer that nothing fires."""
    make(alerts=False)
    made = json.dumps(Template.from_stack(stack).to_json())
    assert "ALERT_STATES_TABLE" not in made
    assert "WhatFires" not in made


def test_what_fires_is_read_and_never_written(template):
    """A flaw in the API could resolve an alert, or make one."""
    policies = template.find_resources("AWS::IAM::Policy").values()
    statements = [each for policy in policies for each in policy["Properties"]["PolicyDocument"]["Statement"]]
    (states,) = [name for name in template.find_resources("AWS::DynamoDB::Table") if name.startswith("A")]
    of_states = [each for each in statements if states in json.dumps(each["Resource"])]
    assert [each["Action"] for each in of_states] == ["dynamodb:Query"]


def test_calls_are_throttled_and_logged_without_bodies(template):
    """One caller could use up the table for all; or a body would be in a log."""
    (stage,) = template.find_resources("AWS::ApiGateway::Stage").values()
    (settings,) = stage["Properties"]["MethodSettings"]
    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (100, 200)
    assert not settings.get("DataTraceEnabled")
    logged = json.loads(stage["Properties"]["AccessLogSetting"]["Format"])
    assert not [value for value in logged.values() if "body" in value or "header" in value.lower()]
    assert stage["Properties"]["StageName"] == STAGE


def test_the_gateways_own_answers_are_problems(template):
    """What the gateway refuses would have another shape than what the app refuses."""
    found = {
        each["Properties"]["ResponseType"]: each["Properties"]
        for each in template.find_resources("AWS::ApiGateway::GatewayResponse").values()
    }
    assert {"DEFAULT_4XX", "DEFAULT_5XX", "ACCESS_DENIED", "THROTTLED", "INVALID_SIGNATURE"} <= found.keys()
    for kind, properties in found.items():
        content = json.loads(properties["ResponseTemplates"]["application/json"])
        assert content["type"].startswith("urn:logrouter:problem:"), kind
        assert content["request_id"] == "$context.requestId"
    assert "gatewayresponse.header.retry-after" in found["THROTTLED"]["ResponseParameters"]


def test_cors_is_off(template):
    """A page in a browser could call with an operator's session."""
    template.resource_properties_count_is("AWS::ApiGateway::Method", Match.object_like({"HttpMethod": "OPTIONS"}), 0)
    assert "access-control" not in json.dumps(template.to_json()).lower()


def test_a_snapshot_is_invoked_by_its_alias(stack, make):
    """SnapStart makes snapshots of versions alone: the unversioned function would start cold all the same."""
    make(snap_start=True)
    template = Template.from_stack(stack)
    template.has_resource_properties("AWS::Lambda::Function", {"SnapStart": {"ApplyOn": "PublishedVersions"}})
    template.has_resource_properties("AWS::Lambda::Alias", {"Name": "live"})


def test_the_documented_policy_gives_one_tenant_and_no_other():
    """A star in place of the method would match another tenant's path that ends like the own one."""
    text = (Path(__file__).parents[3] / "docs" / "api.md").read_text()
    policy = json.loads(re.search(r"```json\n(\{\s+\"Effect\".*?)```", text, re.DOTALL)[1])
    patterns = [resource.partition(f"/{STAGE}/")[2] for resource in policy["Resource"]]
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        for path, allowed in (("tenants/acme-corp/x", True), ("tenants/victim/x/tenants/acme-corp/x", False)):
            assert any(fnmatch.fnmatchcase(f"{method}/{path}", each) for each in patterns) is allowed, (method, path)


def test_the_firewall_is_put_before_the_stage(stack, make):
    """The option would make a web ACL that guards nothing."""
    ApiFirewall(stack, "Firewall", stage=make().rest_api.deployment_stage)
    template = Template.from_stack(stack)
    template.resource_count_is("AWS::WAFv2::WebACLAssociation", 1)
    template.has_resource_properties("AWS::WAFv2::WebACL", {"Scope": "REGIONAL"})


def test_the_firewall_lets_through_what_the_api_documents(stack, make):
    """A config over 8 KB, or a tenant called acme.log, would be answered 403 in production alone."""
    ApiFirewall(stack, "Firewall", stage=make().rest_api.deployment_stage)
    (acl,) = Template.from_stack(stack).find_resources("AWS::WAFv2::WebACL").values()
    groups = {
        group["Name"]: {rule["Name"]: rule["ActionToUse"] for rule in group.get("RuleActionOverrides", ())}
        for rule in acl["Properties"]["Rules"]
        if (group := rule["Statement"].get("ManagedRuleGroupStatement"))
    }
    assert groups == {
        "AWSManagedRulesCommonRuleSet": {
            "SizeRestrictions_BODY": {"Count": {}},
            "SizeRestrictions_QUERYSTRING": {"Count": {}},
            "RestrictedExtensions_URIPATH": {"Count": {}},
            "RestrictedExtensions_QUERYARGUMENTS": {"Count": {}},
        },
        "AWSManagedRulesKnownBadInputsRuleSet": {},
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"requests_per_second": 0},
        {"burst": 6000},
        {"memory_mib": 64},
        {"timeout": Duration.seconds(29)},
        {"max_configs": 99},
    ],
)
def test_wrong_limits_are_refused_at_construction(wrong):
    """CloudFormation would say so minutes later."""
    with pytest.raises(PropertyError, match=next(iter(wrong))):
        ApiLimits(**wrong)
