import pytest
from aws_cdk import RemovalPolicy
from aws_cdk.assertions import Template

from constructs_lib.tables import AlertRulesTable, DeliveryConfigTable, ParkedDeliveriesTable, TenantTable

TABLES = {TenantTable: None, DeliveryConfigTable: "type", ParkedDeliveriesTable: "delivery", AlertRulesTable: "name"}


@pytest.mark.parametrize(("table", "sort_key"), TABLES.items())
def test_key_is_tenant_and_what_is_asked_for(stack, table, sort_key):
    """The processor's query by tenant would fail, or a tenant's parked deliveries couldn't be found."""
    table(stack, "Table", removal_policy=RemovalPolicy.DESTROY, deletion_protection=False)
    sort = [{"AttributeName": sort_key, "KeyType": "RANGE"}] if sort_key else []
    Template.from_stack(stack).has_resource_properties(
        "AWS::DynamoDB::Table",
        {
            "KeySchema": [{"AttributeName": "tenant_id", "KeyType": "HASH"}, *sort],
            "BillingMode": "PAY_PER_REQUEST",
        },
    )


@pytest.mark.parametrize("table", TABLES)
def test_items_expire_and_can_be_restored(stack, table):
    """Expired items would be delivered to, or outlive their objects; a wrong write could not be undone."""
    table(stack, "Table", removal_policy=RemovalPolicy.DESTROY, deletion_protection=False)
    Template.from_stack(stack).has_resource_properties(
        "AWS::DynamoDB::Table",
        {
            "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": True},
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        },
    )


@pytest.mark.parametrize("table", TABLES)
def test_production_refuses_to_delete_it(stack, table):
    """One mistaken deployment would end every tenant's delivery, or forget what waits for a customer."""
    table(stack, "Table", removal_policy=RemovalPolicy.RETAIN, deletion_protection=True)
    Template.from_stack(stack).has_resource(
        "AWS::DynamoDB::Table",
        {
            "DeletionPolicy": "Retain",
            "UpdateReplacePolicy": "Retain",
            "Properties": {"DeletionProtectionEnabled": True},
        },
    )
