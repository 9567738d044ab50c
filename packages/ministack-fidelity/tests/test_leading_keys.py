"""``dynamodb:LeadingKeys`` ties a session to items under its own partition key; it is absent where none is named."""

import pytest
from botocore.exceptions import ClientError

from ministack_fidelity.identities import assume, make_role, statement, tenant, unique

pytestmark = pytest.mark.embedded

CENTRAL = "111111111111"
OWN = {
    "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:PrincipalTag/tenant_id}"]},
    "Null": {"dynamodb:LeadingKeys": "false"},
}
EQUALS = {"KeyConditionExpression": "tenant_id = :t"}


@pytest.fixture
def table(accounts):
    name = unique("table")
    accounts.client("dynamodb", CENTRAL).create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in ("tenant_id", "type")],
        KeySchema=[
            {"AttributeName": "tenant_id", "KeyType": "HASH"},
            {"AttributeName": "type", "KeyType": "RANGE"},
        ],
    )
    return name


@pytest.fixture
def session(accounts):
    role = make_role(accounts, CENTRAL, statement("dynamodb:*", Condition=OWN))
    return accounts.client("dynamodb", assume(accounts, CENTRAL, role, Tags=tenant("acme")))


CALLS = [
    lambda db, table, of: db.put_item(TableName=table, Item=item(of)),
    lambda db, table, of: db.get_item(TableName=table, Key=item(of)),
    lambda db, table, of: db.query(TableName=table, ExpressionAttributeValues={":t": {"S": of}}, **EQUALS),
    lambda db, table, of: db.transact_write_items(TransactItems=[{"Put": {"TableName": table, "Item": item(of)}}]),
]


def item(tenant_id):
    return {"tenant_id": {"S": tenant_id}, "type": {"S": "s3"}}


@pytest.mark.parametrize("call", CALLS)
def test_items_under_the_own_key_alone_are_reached(session, table, call):
    """One tenant's session would read or write another's items."""
    assert call(session, table, "acme")
    with pytest.raises(ClientError, match="AccessDenied"):
        call(session, table, "globex")


def test_a_transaction_with_one_foreign_item_is_refused(session, table):
    """A foreign item could hide behind an own one."""
    puts = [{"Put": {"TableName": table, "Item": item(of)}} for of in ("acme", "globex")]
    with pytest.raises(ClientError, match="AccessDenied"):
        session.transact_write_items(TransactItems=puts)


def test_a_request_that_names_no_key_is_refused(session, table):
    """A scan would give everybody's items: for no key at all the condition on all keys holds."""
    with pytest.raises(ClientError, match="AccessDenied"):
        session.scan(TableName=table)


MARKS = {
    "ForAllValues:StringEquals": {"dynamodb:Attributes": ["tenant_id", "type", "version", "mark"]},
    "Null": {"dynamodb:Attributes": "false"},
}


@pytest.mark.parametrize(
    ("change", "allowed"),
    [
        ("SET mark = :v REMOVE #v", True),
        ("SET role_arn = :v", False),
        ("SET mark = if_not_exists(role_arn, :v)", False),
        ("SET mark = :v REMOVE role_arn", False),
    ],
)
def test_an_update_changes_the_named_attributes_alone(accounts, table, change, allowed):
    """A session that may note one thing in an item would rewrite the rest of it."""
    role = make_role(accounts, CENTRAL, statement("dynamodb:UpdateItem", Condition=MARKS))
    session = accounts.client("dynamodb", assume(accounts, CENTRAL, role, Tags=tenant("acme")))
    request = {"TableName": table, "Key": item("acme"), "UpdateExpression": change}
    request["ExpressionAttributeValues"] = {":v": {"S": "x"}}
    if "#v" in change:
        request |= {"ExpressionAttributeNames": {"#v": "version"}, "ConditionExpression": "attribute_not_exists(#v)"}
    if allowed:
        assert session.update_item(**request)
    else:
        with pytest.raises(ClientError, match="AccessDenied"):
            session.update_item(**request)
