"""Logical ids of what holds data: another id is another, empty resource, and in production the old one is orphaned."""

import pytest

FIXED = {
    "LogRouterCentralRole": {"CentralLogDistributionRole35BCC945": "AWS::IAM::Role"},
    "LogRouterStorage-us-east-1": {
        "AlertRulesTable59DFDC10": "AWS::DynamoDB::Table",
        "AlertStatesTable495B517E": "AWS::DynamoDB::Table",
        "CentralLogBucket50E0C32C": "AWS::S3::Bucket",
        "DeliveryConfigsTable6E03B64E": "AWS::DynamoDB::Table",
        "Key961B73FD": "AWS::KMS::Key",
        "ObjectNotificationsTopicFF000D7F": "AWS::SNS::Topic",
        "ParkedDeliveriesTableFE76FC13": "AWS::DynamoDB::Table",
        "TenantsTable97BAC775": "AWS::DynamoDB::Table",
    },
    "LogRouterCollection-us-east-1": {
        "AlertQueueB52073DA": "AWS::SQS::Queue",
        "AlertQueueDeadLetterQueue9B47EFE2": "AWS::SQS::Queue",
        "ObjectQueue80DF42C5": "AWS::SQS::Queue",
        "ObjectQueueDeadLetterQueueB30AD304": "AWS::SQS::Queue",
        "ObjectQueueUndeliveredNotificationsB9F9739C": "AWS::SQS::Queue",
    },
    "LogRouterProcessing-us-east-1": {
        "DeliveryQueue8F251BF1": "AWS::SQS::Queue",
        "DeliveryQueueDeadLetterQueue13BF63A3": "AWS::SQS::Queue",
    },
    "LogRouterCustomer": {
        "CustomerLogBucket8D8009AD": "AWS::S3::Bucket",
        "CustomerLogGroupCE78B6A5": "AWS::Logs::LogGroup",
        "LogDistributionRoleD0A261B5": "AWS::IAM::Role",
    },
}

STATEFUL = {kind for resources in FIXED.values() for kind in resources.values()} - {"AWS::IAM::Role"}
LOGS = ("AlertingLogGroup", "ProcessorLogGroup", "ReconciliationLogGroup", "ResumptionLogGroup", "TesterLogGroup")
TRUSTED_BY_OTHERS = {"LogRouterCentralRole", "LogRouterCustomer"}
"""Here the role too: its ARN stands in other accounts' policies and delivery configs."""


@pytest.mark.parametrize("stack", FIXED)
def test_stateful_resources_keep_their_logical_ids(production, stack):
    """A rename in the code would replace a bucket, a table or a queue by an empty one."""
    kept = STATEFUL | ({"AWS::IAM::Role"} if stack in TRUSTED_BY_OTHERS else {"nothing else"})
    resources = production.get_stack_by_name(stack).template["Resources"]
    found = {logical_id: resource["Type"] for logical_id, resource in resources.items() if resource["Type"] in kept}
    found = {logical_id: kind for logical_id, kind in found.items() if not logical_id.startswith(LOGS)}
    assert found == FIXED[stack]
