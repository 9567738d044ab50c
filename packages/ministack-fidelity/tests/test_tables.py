"""DynamoDB refuses keys that are too long."""

import pytest
from botocore.exceptions import ClientError

from ministack_fidelity.identities import unique

pytestmark = pytest.mark.embedded

CENTRAL = "111111111111"


@pytest.mark.parametrize(("partition", "sort"), [("p" * 2049, "s"), ("p", "s" * 1025), ("p", "é" * 513), ("p", "")])
def test_a_key_over_its_size_is_refused(accounts, partition, sort):
    """A sort key made of an object's key would be stored here, and refused in AWS (1,024 bytes; partition 2,048)."""
    dynamodb, table = accounts.client("dynamodb", CENTRAL), unique("table")
    keys = {"p": "HASH", "s": "RANGE"}
    dynamodb.create_table(
        TableName=table,
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in keys],
        BillingMode="PAY_PER_REQUEST",
    )
    assert dynamodb.put_item(TableName=table, Item={"p": {"S": "p" * 2048}, "s": {"S": "s" * 1024}})
    key = {"p": {"S": partition}, "s": {"S": sort}}
    update = {"UpdateExpression": "SET a = :a", "ExpressionAttributeValues": {":a": {"S": "a"}}}
    with pytest.raises(ClientError, match="ValidationException"):
        dynamodb.put_item(TableName=table, Item=key)
    with pytest.raises(ClientError, match="ValidationException"):
        dynamodb.update_item(TableName=table, Key=key, **update)
    with pytest.raises(ClientError, match="ValidationException"):
        dynamodb.transact_write_items(TransactItems=[{"Put": {"TableName": table, "Item": key}}])
