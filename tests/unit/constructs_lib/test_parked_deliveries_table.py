from aws_cdk import RemovalPolicy
from aws_cdk.assertions import Template

from constructs_lib.parked_deliveries_table import ParkedDeliveriesTable


def test_key_is_tenant_and_what_the_processor_asks_for(stack):
    """A tenant's parked deliveries couldn't be found."""
    ParkedDeliveriesTable(stack, "Table", removal_policy=RemovalPolicy.DESTROY, deletion_protection=False)
    Template.from_stack(stack).has_resource_properties(
        "AWS::DynamoDB::Table",
        {
            "KeySchema": [
                {"AttributeName": "tenant_id", "KeyType": "HASH"},
                {"AttributeName": "delivery", "KeyType": "RANGE"},
            ],
            "BillingMode": "PAY_PER_REQUEST",
        },
    )


def test_items_expire_and_can_be_restored(stack):
    """Parked deliveries would outlive their objects; a wrong write could not be undone."""
    ParkedDeliveriesTable(stack, "Table", removal_policy=RemovalPolicy.DESTROY, deletion_protection=False)
    Template.from_stack(stack).has_resource_properties(
        "AWS::DynamoDB::Table",
        {
            "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": True},
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        },
    )


def test_production_refuses_to_delete_it(stack):
    """One mistaken deployment would forget what waits for a customer."""
    ParkedDeliveriesTable(stack, "Table", removal_policy=RemovalPolicy.RETAIN, deletion_protection=True)
    Template.from_stack(stack).has_resource(
        "AWS::DynamoDB::Table",
        {
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": {"DeletionProtectionEnabled": True},
        },
    )
