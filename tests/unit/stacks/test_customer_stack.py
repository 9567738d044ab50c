import json

import pytest

from stacks.customer_stack import TEMPLATE_VERSION


@pytest.fixture(scope="session")
def template(development):
    return development.get_stack_by_name("LogRouterCustomer").template


def text(value):
    """Write a value of the template as text, references in angle brackets."""
    match value:
        case {"Fn::Select": [part, {"Fn::Split": [by, {"Ref": name}]}]}:
            return f"<{name} split by {by}: {part}>"
        case {"Fn::Join": [delimiter, parts]}:
            return delimiter.join(text(part) for part in parts)
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case {"Fn::If": [condition, yes, no]}:
            return f"<{condition}?{text(yes)}:{text(no)}>"
        case _:
            return str(value)


def resource(template, kind):
    ((_, found),) = [(i, r) for i, r in template["Resources"].items() if r["Type"] == kind]
    return found


def test_makes_only_what_the_parameters_ask_for(template):
    """An existing log group or bucket would be replaced, or a role made that nobody wants."""
    conditions = {
        (r["Type"], r["Properties"].get("PolicyName")): r.get("Condition") for r in template["Resources"].values()
    }
    assert conditions == {
        ("AWS::IAM::Role", None): "NeedsRole",
        ("AWS::IAM::Policy", "CreateLogGroup"): "MayCreateLogGroup",
        ("AWS::IAM::Policy", "DescribeLogs"): "DescribesLogs",
        ("AWS::IAM::Policy", "InvokeFunction"): "DeliversToFunction",
        ("AWS::IAM::Policy", "PublishAlerts"): "AlertsTopic",
        ("AWS::IAM::Policy", "PutAlerts"): "AlertsEventBus",
        ("AWS::IAM::Policy", "PostToDomain"): "DeliversToDomain",
        ("AWS::IAM::Policy", "UseCollection"): "DeliversToCollection",
        ("AWS::IAM::Policy", "ProduceRecords"): "DeliversToCluster",
        ("AWS::IAM::Policy", "ReadSecret"): "HasSecret",
        ("AWS::IAM::Policy", "StopDeliveries"): "StopsRole",
        ("AWS::Logs::LogGroup", None): "CreatesLogGroup",
        ("AWS::S3::Bucket", None): "CreatesBucket",
        ("AWS::S3::BucketPolicy", None): "CreatesBucket",
    }


def test_the_role_may_create_no_group_that_the_stack_makes(template):
    """A deleted group would come back without its retention, class, key and tags."""
    creates, may_create = (
        template["Conditions"][name]["Fn::Equals"] for name in ("CreatesLogGroup", "MayCreateLogGroup")
    )
    assert creates == [{"Ref": "LogGroup"}, "create"]
    assert may_create == [{"Ref": "LogGroup"}, "existing"]
    assert "logs:CreateLogGroup" not in json.dumps(resource(template, "AWS::IAM::Role"))


def test_needs_to_be_told_only_who_and_whom_to_trust(template):
    """A customer would have to fill in what has a sensible default."""
    assert {name for name, parameter in template["Parameters"].items() if "Default" not in parameter} == {
        "TenantId",
        "CentralRoleArn",
    }


def test_every_parameter_says_what_it_is_and_what_it_takes(template):
    """A slip of the pen would be found by a failed delivery, days later."""
    for name, parameter in template["Parameters"].items():
        assert parameter["Description"], name
        assert "AllowedPattern" in parameter or "AllowedValues" in parameter, name


def test_the_external_id_is_the_central_account_unless_given(template):
    """The processor would present another one than the role asks for."""
    trust = resource(template, "AWS::IAM::Role")["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]
    account = {"Fn::Select": [4, {"Fn::Split": [":", {"Ref": "CentralRoleArn"}]}]}
    assert trust["Condition"]["StringEquals"]["sts:ExternalId"] == {
        "Fn::If": ["HasExternalId", {"Ref": "ExternalId"}, account]
    }
    assert trust["Principal"] == {"AWS": {"Ref": "CentralRoleArn"}}
    assert trust["Condition"]["StringEquals"]["aws:PrincipalTag/tenant_id"] == {"Ref": "TenantId"}


def test_the_role_writes_in_its_own_region_alone(template):
    """A customer's other Regions would be open to the provider."""
    (policy,) = resource(template, "AWS::IAM::Role")["Properties"]["Policies"]
    (write,) = policy["PolicyDocument"]["Statement"]
    region = "<HasRegion?<Region>:<AWS::Region>>"
    for target in write["Resource"]:
        assert f":logs:{region}:<AWS::AccountId>:log-group:" in text(target)


CLUSTER, TOPICS = (
    "<KafkaClusterArn>",
    ":topic/".join(f"<KafkaClusterArn split by :cluster/: {part}>" for part in (0, 1)),
)
FURTHER = {
    "InvokeFunction": ("FunctionArn", {"lambda:InvokeFunction": ["<FunctionArn>", "<FunctionArn>:*"]}),
    "PostToDomain": ("OpenSearchDomainArn", {"es:ESHttpPost": ["<OpenSearchDomainArn>/*/_bulk"]}),
    "UseCollection": ("OpenSearchCollectionArn", {"aoss:APIAccessAll": ["<OpenSearchCollectionArn>"]}),
    "ProduceRecords": (
        "KafkaClusterArn",
        {
            "kafka-cluster:Connect": [CLUSTER],
            "kafka-cluster:WriteDataIdempotently": [CLUSTER],
            "kafka-cluster:DescribeTopic": [f"{TOPICS}/<KafkaTopic>"],
            "kafka-cluster:WriteData": [f"{TOPICS}/<KafkaTopic>"],
        },
    ),
    "PublishAlerts": ("AlertTopicArn", {"sns:Publish": ["<AlertTopicArn>"]}),
    "PutAlerts": ("AlertEventBusArn", {"events:PutEvents": ["<AlertEventBusArn>"]}),
    "ReadSecret": ("SecretArn", {"secretsmanager:GetSecretValue": ["<SecretArn>"]}),
}


@pytest.mark.parametrize("name", FURTHER)
def test_the_role_may_do_more_only_on_what_a_parameter_names(template, name):
    """Every function, index, topic or secret of the customer's would be open to the provider, or a delivery refused."""
    parameter, wanted = FURTHER[name]
    (policy,) = [
        one["Properties"]["PolicyDocument"]["Statement"]
        for one in template["Resources"].values()
        if one["Properties"].get("PolicyName") == name
    ]
    found = {}
    for statement in policy:
        actions, resources = (
            each if isinstance(each, list) else [each] for each in (statement["Action"], statement["Resource"])
        )
        found |= {action: sorted(map(text, resources)) for action in actions}
    assert found == wanted
    assert template["Parameters"][parameter]["Default"] == ""


def test_a_cluster_without_a_topic_is_refused(template):
    """The role might write every topic of the cluster, or none."""
    rule = template["Rules"]["KafkaClusterHasTopic"]
    assert rule["RuleCondition"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "KafkaClusterArn"}, ""]}]}
    assert rule["Assertions"][0]["Assert"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "KafkaTopic"}, ""]}]}


def test_the_bucket_takes_only_this_tenant_under_its_prefix(template):
    """Another tenant's logs could land in this bucket, or overwrite the customer's own objects."""
    statements = resource(template, "AWS::S3::BucketPolicy")["Properties"]["PolicyDocument"]["Statement"]
    allowed = [s["Fn::If"][2] for s in statements if "Fn::If" in s]
    assert {s["Effect"] for s in statements if "Fn::If" not in s} == {"Deny"}
    assert [s["Action"] for s in allowed] == ["s3:PutObject", "s3:AbortMultipartUpload"]
    for statement in allowed:
        assert text(statement["Resource"]) == "<CustomerLogBucket8D8009AD.Arn>/<BucketPrefix><TenantId>/*"
        assert statement["Condition"]["StringEquals"]["aws:PrincipalTag/tenant_id"] == {"Ref": "TenantId"}
    assert allowed[0]["Condition"]["StringEquals"]["s3:x-amz-acl"] == "bucket-owner-full-control"


def test_stopped_deliveries_leave_the_provider_nothing(template):
    """A customer could not end deliveries but by deleting what holds their logs."""
    assert template["Parameters"]["DeliveriesStopped"]["Default"] == "no"
    assert template["Conditions"]["StopsDeliveries"] == {"Fn::Equals": [{"Ref": "DeliveriesStopped"}, "yes"]}
    statements = resource(template, "AWS::S3::BucketPolicy")["Properties"]["PolicyDocument"]["Statement"]
    stopped = [s["Fn::If"][:2] for s in statements if "Fn::If" in s]
    assert stopped == [["StopsDeliveries", {"Ref": "AWS::NoValue"}]] * 2


def test_a_key_is_used_only_where_one_is_given(template):
    """A bucket with SSE-KMS and no key would take AWS's own, which another account can't use."""
    encryption = resource(template, "AWS::S3::Bucket")["Properties"]["BucketEncryption"]["Fn::If"]
    condition, with_key, without = encryption
    assert condition == "HasKmsKey"
    (rule,) = with_key["ServerSideEncryptionConfiguration"]
    assert rule == {
        "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"Ref": "KmsKeyArn"}},
        "BucketKeyEnabled": True,
    }
    (rule,) = without["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


def test_what_holds_the_customers_logs_is_kept(template):
    """Leaving the provider would delete the customer's logs."""
    for kind in ("AWS::S3::Bucket", "AWS::Logs::LogGroup"):
        assert resource(template, kind)["DeletionPolicy"] == "Retain"


@pytest.mark.parametrize(
    ("output", "condition", "fields"),
    [
        (
            "CloudWatchDeliveryConfig",
            "DeliversToCloudWatch",
            {
                "tenant_id",
                "type",
                "enabled",
                "target_region",
                "external_id",
                "log_distribution_role_arn",
                "log_group_name",
            },
        ),
        (
            "FunctionDeliveryConfig",
            "DeliversToFunction",
            {
                "tenant_id",
                "type",
                "enabled",
                "target_region",
                "external_id",
                "log_distribution_role_arn",
                "function_arn",
            },
        ),
        (
            "S3DeliveryConfig",
            "DeliversToS3",
            {"tenant_id", "type", "enabled", "target_region", "bucket_name", "bucket_prefix", "bucket_owner"},
        ),
    ],
)
def test_delivery_configs_are_ready_to_paste(template, output, condition, fields):
    """A customer would have to collect names by hand, and the provider to ask back."""
    found = template["Outputs"][output]
    assert found["Condition"] == condition
    config = json.loads(text(found["Value"]))
    assert set(config) == fields
    assert config["enabled"] is True


def test_for_an_existing_bucket_the_statements_are_printed(template):
    """Its policy would have to be guessed, or would be replaced by ours."""
    found = template["Outputs"]["BucketPolicyStatements"]
    assert found["Condition"] == "UsesExistingBucket"
    put, abort = json.loads(text(found["Value"]))
    assert put["Resource"] == "arn:<AWS::Partition>:s3:::<BucketName>/<BucketPrefix><TenantId>/*"
    assert put["Condition"]["StringEquals"]["s3:x-amz-acl"] == "bucket-owner-full-control"
    assert abort["Action"] == "s3:AbortMultipartUpload"


def test_for_a_key_the_statement_is_printed(template):
    """Each delivery would be refused by KMS, and nothing would say why."""
    found = template["Outputs"]["KeyPolicyStatement"]
    assert found["Condition"] == "PrintsKeyStatement"
    assert json.loads(text(found["Value"]))["Action"] == ["kms:GenerateDataKey", "kms:Decrypt"]


def test_the_version_is_told(template):
    """Nobody could say which customers still run a template with a known flaw."""
    assert template["Outputs"]["TemplateVersion"]["Value"] == TEMPLATE_VERSION
    assert TEMPLATE_VERSION in template["Description"]


def test_contradictions_are_refused_before_anything_is_made(template):
    """A stack would come up that delivers nowhere, or fail halfway."""
    assert set(template["Rules"]) == {
        "SomeDestination",
        "ExistingBucketHasName",
        "ExistingLogGroupHasName",
        "KafkaClusterHasTopic",
        "CreatesOnlyInItsOwnRegion",
    }
    for rule in template["Rules"].values():
        assert all(assertion["AssertDescription"] for assertion in rule["Assertions"])
