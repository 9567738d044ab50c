"""What a stage may add to being watched: tracing, an audit trail; and what each log is kept for."""

from dataclasses import replace

import pytest

from constructs_lib.web_identity import WebIdentity
from stacks.monitoring_settings import MonitoringSettings
from stacks.stages import DEVELOPMENT, Cluster


@pytest.fixture(scope="module")
def watched_more(synthesize):
    """Development with everything on, and many clusters. Its synthesis passes every check."""
    settings = MonitoringSettings(traced_share=0.05, audit_trail=True, pages=("https://pager.example/1",))
    identity = WebIdentity(
        provider_arn="arn:aws:iam::111111111111:oidc-provider/oidc.example.com/id/ABC",
        namespace="logging",
        service_account="agent",
    )
    clusters = tuple(
        Cluster(cluster_id=f"cluster-{number}", region="us-east-1", identity=identity) for number in range(40)
    )
    return synthesize(replace(DEVELOPMENT, monitoring=settings, clusters=clusters))


def resources(assembly, kind):
    """Return a kind's properties by stack and logical id."""
    return {
        (stack.stack_name, name): resource["Properties"]
        for stack in assembly.stacks
        for name, resource in stack.template["Resources"].items()
        if resource["Type"] == kind
    }


def test_a_share_is_traced_where_the_stage_says_so(watched_more, development):
    """X-Ray would record, and charge for, every invocation; or be on where nobody asked."""
    assert not resources(development, "AWS::XRay::SamplingRule")
    assert not any("TracingConfig" in each for each in resources(development, "AWS::Lambda::Function").values())
    rules = [each["SamplingRule"] for each in resources(watched_more, "AWS::XRay::SamplingRule").values()]
    assert {(rule["FixedRate"], rule["ReservoirSize"]) for rule in rules} == {(0.05, 0)}
    assert len({rule["RuleName"] for rule in rules}) == len({rule["Priority"] for rule in rules}) == len(rules) == 5
    assert all(len(rule["RuleName"]) <= 32 for rule in rules)  # X-Ray API reference, SamplingRule
    traced = [
        name for (_, name), each in resources(watched_more, "AWS::Lambda::Function").items() if "TracingConfig" in each
    ]
    assert len(traced) == 4
    (stage,) = resources(watched_more, "AWS::ApiGateway::Stage").values()
    assert stage["TracingEnabled"] is True


def test_the_trail_holds_role_assumptions_and_the_buckets_data_events(watched_more, development):
    """Nobody could say whose delivery assumed which customer's role, or who read an object."""
    assert not resources(development, "AWS::CloudTrail::Trail")
    (trail,) = resources(watched_more, "AWS::CloudTrail::Trail").values()
    (selector,) = trail["EventSelectors"]
    assert selector["IncludeManagementEvents"] is True
    assert selector["DataResources"][0]["Type"] == "AWS::S3::Object"
    assert "CentralLogBucket" in str(selector["DataResources"][0]["Values"])
    assert trail["EnableLogFileValidation"] is True
    queries = resources(watched_more, "AWS::Logs::QueryDefinition").values()
    assert any(query["Name"].endswith("/role-assumptions") for query in queries)
    assert not any(
        "role-assumptions" in each["Name"] for each in resources(development, "AWS::Logs::QueryDefinition").values()
    )


def test_every_log_has_an_end_and_every_function_its_log(templates):
    """Logs would be kept, and paid for, for ever: Lambda makes a group of its own that never expires."""
    for name, template in templates.items():
        for logical_id, resource in template["Resources"].items():
            if resource["Type"] == "AWS::Logs::LogGroup" and "LogRouterCustomer" not in name:
                assert resource["Properties"].get("RetentionInDays"), f"{name}/{logical_id}"
            if resource["Type"] == "AWS::Lambda::Function":
                assert "LogGroup" in resource["Properties"].get("LoggingConfig", {}), f"{name}/{logical_id}"
                assert resource["Properties"]["Environment"]["Variables"]["LOG_LEVEL"] == "INFO"


def test_many_clusters_leave_the_dashboard_deployable(watched_more):
    """CloudWatch refuses an alarm widget of more than 100: the twenty-fifth cluster would stop every deployment."""
    assert len(resources(watched_more, "AWS::CloudWatch::Alarm")) > 100
    (dashboard,) = resources(watched_more, "AWS::CloudWatch::Dashboard").values()
    body = dashboard["DashboardBody"]["Fn::Join"][1]
    named = {
        part["Fn::GetAtt"][0] for part in body if isinstance(part, dict) and "Alarm" in str(part.get("Fn::GetAtt"))
    }
    assert len(named) == 100
    assert any(name.startswith("AlarmsApiErrors") for name in named)
