from aws_cdk import RemovalPolicy
from aws_cdk.assertions import Template

from constructs_lib.delivery_config_table import DeliveryConfigTable


def test_key_is_tenant_and_what_the_processor_asks_for(stack):
    """The processor's query by tenant would fail."""
    DeliveryConfigTable(stack, "Table", removal_policy=RemovalPolicy.DESTROY, deletion_protection=False)
    Template.from_stack(stack).has_resource_properties(
        "AWS::DynamoDB::Table",
        {
            "KeySchema": [
                {"AttributeName": "tenant_id", "KeyType": "HASH"},
                {"AttributeName": "type", "KeyType": "RANGE"},
            ],
            "BillingMode": "PAY_PER_REQUEST",
        },
    )


def test_items_expire_and_can_be_restored(stack):
    """Expired configs would deliver on; a wrong write could not be undone."""
    DeliveryConfigTable(stack, "Table", removal_policy=RemovalPolicy.DESTROY, deletion_protection=False)
    Template.from_stack(stack).has_resource_properties(
        "AWS::DynamoDB::Table",
        {
            "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": True},
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        },
    )


def test_production_refuses_to_delete_it(stack):
    """One mistaken deployment would end every tenant's delivery."""
    DeliveryConfigTable(stack, "Table", removal_policy=RemovalPolicy.RETAIN, deletion_protection=True)
    Template.from_stack(stack).has_resource(
        "AWS::DynamoDB::Table",
        {
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": {"DeletionProtectionEnabled": True},
        },
    )
