"""The API on an empty table, called through a stand-in of the gateway: it says who signed, as API Gateway does."""

import json
import threading
import time
from contextlib import contextmanager

import pytest
from moto.dynamodb.models import DynamoDBBackend
from starlette.testclient import TestClient

from runtime.api.application import create_app
from runtime.api.services import Services
from runtime.api.settings import ApiSettings
from runtime.deliveries.role_chain import RoleChain
from runtime.delivery_test.settings import DeliveryTesterSettings
from runtime.delivery_test.stored_trials import StoredTrials
from tests.unit.runtime.aws_world import CENTRAL_ROLE, aws

CALLER = "arn:aws:sts::111111111111:assumed-role/provider/console"
SIGNATURE = "AWS4-HMAC-SHA256 right"
"""What the stand-in takes for a signature; any other is none."""
KINDS = ("HASH", "RANGE")
TABLE, PARKED, TENANTS, RULES = "configs", "parked", "tenants", "rules"
ROLE = "arn:aws:iam::222222222222:role/LogDistributionRole"
CLOUDWATCH = {"type": "cloudwatch", "log_distribution_role_arn": ROLE, "log_group_name": "/aws/logs/acme"}
S3 = {"type": "s3", "bucket_name": "acme-logs"}
CONFIGS = "/tenants/acme-corp/delivery-configs"
PATCH = {"content-type": "application/merge-patch+json"}


class SignedBy:
    """Puts the gateway's word for the caller into each request with the right signature."""

    def __init__(self, app):
        self.app, self.state = app, app.state

    async def __call__(self, scope, receive, send):
        if scope["type"] == "http" and dict(scope["headers"]).get(b"authorization") == SIGNATURE.encode():
            path = scope["raw_path"].decode("latin-1").partition("?")[0]
            identity = {"userArn": CALLER, "sourceIp": "127.0.0.1"}
            scope["aws.event"] = {"path": path, "requestContext": {"identity": identity}}
        await self.app(scope, receive, send)


def make_table(clients):
    """Make the config table with its keys."""
    clients.client("dynamodb").create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": "tenant_id", "KeyType": "HASH"},
            {"AttributeName": "type", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("tenant_id", "type")],
    )


def make_parked_table(clients):
    """Make the table of parked deliveries as far as the API asks it."""
    names = ("tenant_id", "delivery")
    clients.client("dynamodb").create_table(
        TableName=PARKED,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=True)
        ],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
    )


def make_tenants_table(clients):
    """Make the table of tenants with its key."""
    clients.client("dynamodb").create_table(
        TableName=TENANTS,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "tenant_id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "tenant_id", "AttributeType": "S"}],
    )


def make_rules_table(clients):
    """Make the table of alert rules with its keys."""
    names = ("tenant_id", "name")
    clients.client("dynamodb").create_table(
        TableName=RULES,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, KINDS, strict=True)],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
    )


def make_app(clients, clock=time.time, **limits):
    """Make the app over the clients' table; without limits a tenant may do all that a test does."""
    settings = ApiSettings(
        tenant_config_table=TABLE,
        tenants_table=TENANTS,
        parked_deliveries_table=PARKED,
        alert_rules_table=RULES,
        central_bucket="central-bucket",
        central_account_id="111111111111",
        aws_region=clients.region,
        **{"max_configs": 10_000, "max_alert_rules": 10_000, "max_writes_a_minute": 10_000, **limits},
    )
    return SignedBy(create_app(Services(settings, clients, clock)))


def serve_tester(monkeypatch, clients, central_bucket="central-bucket"):
    """Let what the API calls in Lambda be called here: the function that reads stored lines; a test only begins."""
    settings = DeliveryTesterSettings(
        tenant_config_table=TABLE,
        parked_deliveries_table=PARKED,
        central_log_distribution_role_arn=CENTRAL_ROLE,
        central_bucket=central_bucket,
        aws_region=clients.region,
    )
    trials = StoredTrials(settings, clients, RoleChain(clients, CENTRAL_ROLE))

    def invoke(_clients, _function, event):
        asked = json.loads(json.dumps(event))  # as it goes over the wire
        return json.loads(json.dumps(trials.answer(asked["tenant_id"], asked["stored"])))

    monkeypatch.setattr("runtime.api.stored_lines.invoke", invoke)
    monkeypatch.setattr("runtime.api.writes.testing.start", lambda *_: None)


def make_client(app, **headers):
    """Return a client that signs as the stand-in wants it."""
    return TestClient(app, headers={"authorization": SIGNATURE, **headers}, raise_server_exceptions=False)


def make_writes_atomic(monkeypatch):
    """Let moto do what DynamoDB does: judge the condition and write in one step, whatever else is written."""
    one_at_a_time = threading.RLock()

    def atomic(write):
        def locked(*args, **more):
            with one_at_a_time:
                return write(*args, **more)

        return locked

    for name in ("get_item", "query", "put_item", "update_item", "delete_item", "transact_write_items"):
        monkeypatch.setattr(DynamoDBBackend, name, atomic(getattr(DynamoDBBackend, name)))


@contextmanager
def table_of_its_own(monkeypatch):
    """An empty config table, and clients for it."""
    make_writes_atomic(monkeypatch)
    with aws(monkeypatch) as clients:
        make_table(clients)
        make_parked_table(clients)
        make_tenants_table(clients)
        make_rules_table(clients)
        clients.client("s3").create_bucket(Bucket="central-bucket")
        yield clients


@pytest.fixture(name="clients")
def clients_of_a_table(monkeypatch):
    """Clients of an AWS that has nothing but the table."""
    with table_of_its_own(monkeypatch) as clients:
        yield clients


@pytest.fixture(name="api")
def signed_client(clients):
    """The API on the empty table, called by a provider's console."""
    return make_client(make_app(clients))


def items(clients):
    """Return everything that the table has, ordered, so that it can be compared."""
    found = clients.client("dynamodb").scan(TableName=TABLE)["Items"]
    return sorted(found, key=lambda item: (item["tenant_id"]["S"], item["type"]["S"]))


def empty_table(clients):
    """Take everything out of the tables: of configs, of tenants, and what was remembered of requests."""
    dynamodb = clients.client("dynamodb")
    keys_of = {
        TABLE: ("tenant_id", "type"),
        TENANTS: ("tenant_id",),
        PARKED: ("tenant_id", "delivery"),
        RULES: ("tenant_id", "name"),
    }
    for table, keys in keys_of.items():
        for item in dynamodb.scan(TableName=table)["Items"]:
            dynamodb.delete_item(TableName=table, Key={name: item[name] for name in keys})


def put_item(clients, **fields):
    """Put an item by hand, past the API."""
    clients.client("dynamodb").put_item(TableName=TABLE, Item=fields)


def document():
    """Return the OpenAPI document; it depends on the installed delivery methods alone."""
    settings = ApiSettings(
        tenant_config_table=TABLE,
        tenants_table=TENANTS,
        parked_deliveries_table=PARKED,
        alert_rules_table=RULES,
        central_bucket="central-bucket",
        central_account_id="111111111111",
        aws_region="us-east-1",
    )
    return create_app(Services(settings, None)).openapi()
