"""The Lambda host: API Gateway's events in and out."""

import json
import subprocess
import sys

import pytest

from runtime.api import lambda_handler
from tests.unit.runtime.api.gateway import CALLER, CONFIGS, TABLE
from tests.unit.tracked import ROOT

# Mangum asks for the main thread's event loop, which Python makes, and tells that it will stop doing so.
pytestmark = pytest.mark.filterwarnings("ignore:There is no current event loop:DeprecationWarning")


def event(method, path, **more):
    """Return an event as API Gateway's proxy integration makes it."""
    context = {"requestId": "id-1", "identity": {"userArn": CALLER, "sourceIp": "10.0.0.1"}, "stage": "v1"}
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": {},
        "multiValueHeaders": {},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"proxy": path[1:]},
        "requestContext": context,
        "body": None,
        "isBase64Encoded": False,
        **more,
    }


@pytest.fixture
def handle(clients, monkeypatch):
    """The handler, made anew over the empty table."""
    for name, value in {
        "TENANT_CONFIG_TABLE": TABLE,
        "TENANTS_TABLE": "tenants",
        "PARKED_DELIVERIES_TABLE": "parked",
        "ALERT_RULES_TABLE": "rules",
        "CENTRAL_BUCKET": "central",
        "CENTRAL_ACCOUNT_ID": "111111111111",
    }.items():
        monkeypatch.setenv(name, value)
    lambda_handler.after_restore()
    yield lambda made: lambda_handler.handler(made, None)
    lambda_handler.after_restore()


def test_an_event_is_answered_as_text_with_the_gateways_request_id(handle):
    """A problem would come as base64, or with an id that the gateway's log doesn't have."""
    answer = handle(event("GET", f"{CONFIGS}/s3"))
    assert (answer["statusCode"], answer["isBase64Encoded"]) == (404, False)
    assert json.loads(answer["body"])["request_id"] == answer["headers"]["x-request-id"] == "id-1"


@pytest.mark.parametrize("path", ["/tenants/a/%2e%2e/delivery-configs", "/tenants/a%2Fb/delivery-configs", "//groups"])
def test_the_path_that_the_gateway_judged_is_the_one_that_is_judged_here(handle, path):
    """The adapter decodes the path: what IAM saw as one tenant would be served as another."""
    assert handle(event("GET", path))["statusCode"] == 400


def test_after_a_restore_nothing_of_the_snapshot_is_shared(handle):
    """Environments of one snapshot would share connections and credentials that have expired."""
    before = lambda_handler.services()
    lambda_handler.load_everything()
    lambda_handler.after_restore()
    assert lambda_handler.services() is not before


def test_importing_the_host_loads_no_sdk():
    """A cold start would pay for the SDK before it is known that the table is asked at all."""
    code = "import sys, runtime.api.lambda_handler; print('botocore.session' in sys.modules, 'isal' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


ALONE = """
import re, sys
from importlib.metadata import packages_distributions
from pathlib import Path

pins = re.findall(r"^([\\w.-]+)==", Path("runtime/api/requirements.txt").read_text(), re.MULTILINE)
for name, distributions in packages_distributions().items():
    if {each.lower().replace("_", "-") for each in distributions}.isdisjoint([*pins, "logrouter"]):
        sys.modules[name] = None
from runtime.api import lambda_handler

lambda_handler.load_everything()
"""


def test_the_function_starts_with_what_its_zip_has():
    """A module that another function's zip has alone would be missed at the first request after a deployment."""
    settings = (
        "TENANT_CONFIG_TABLE",
        "TENANTS_TABLE",
        "PARKED_DELIVERIES_TABLE",
        "ALERT_RULES_TABLE",
        "CENTRAL_BUCKET",
    )
    environment = {**dict.fromkeys(settings, "name"), "AWS_REGION": "us-east-1", "CENTRAL_ACCOUNT_ID": "1" * 12}
    told = subprocess.run(
        [sys.executable, "-c", ALONE], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr
