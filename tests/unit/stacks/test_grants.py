"""The statements that a test delivery prints are those of the onboarding template, filled in."""

import json

import pytest

from constructs_lib.central_role import CUSTOMER_ROLE_PATTERN
from constructs_lib.names import PROCESSOR_ROLE_PATH
from runtime.deliveries.cloudwatch.config import CloudWatchConfig
from runtime.deliveries.function.config import FunctionConfig
from runtime.deliveries.s3.config import S3Config
from runtime.delivery_config.grants import Provider
from runtime.delivery_test import fixes
from runtime.delivery_test.fixes import PROCESSORS
from tests.unit.stacks.test_customer_permissions import text

FILLED = {
    "{CentralRoleArn}": "arn:aws:iam::111111111111:role/logrouter/CentralLogDistributionRole",
    "{ExternalId}": "111111111111",
    "{TenantId}": "acme-corp",
    "{Partition}": "aws",
    "{Region}": "us-east-1",
    "{AccountId}": "222222222222",
    "{URLSuffix}": "amazonaws.com",
    "{LogGroupName}": "/acme",
    "{BucketPrefix}": "ROSA/cluster-logs/",
    "{bucket}": "arn:aws:s3:::acme-logs",
    "{FunctionArn}": "arn:aws:lambda:us-east-1:222222222222:function:take",
}
OWN = {"tenant_id": "acme-corp", "target_region": "us-east-1"}
ROLE = {"log_distribution_role_arn": "arn:aws:iam::222222222222:role/CustomerLogDistributionRole/acme"}
CONFIGS = (
    CloudWatchConfig(**OWN, **ROLE, type="cloudwatch", log_group_name="/acme"),
    S3Config(**OWN, type="s3", bucket_name="acme-logs"),
    FunctionConfig(**OWN, **ROLE, type="function", function_arn=FILLED["{FunctionArn}"]),
)


def plain(value):
    """Fill a template's value in."""
    if isinstance(value, dict) and not any(name.startswith(("Fn::", "Ref")) for name in value):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    found = text(value)
    for name, filled in FILLED.items():
        found = found.replace(name, filled)
    return found


def comparable(statement):
    """Return a statement in a form in which the order of lists, and a sid, mean nothing; one is a list of one."""
    lists = {name: value for name, value in statement.items() if name in {"Action", "Resource"}}
    kept = {name: value for name, value in statement.items() if name in {"Effect", "Principal", "Condition"}}
    kept |= {name: [value] if isinstance(value, str) else sorted(value) for name, value in lists.items()}
    return json.dumps(kept, sort_keys=True)


@pytest.fixture(scope="module")
def template(development):
    return development.get_stack_by_name("LogRouterCustomer").template


def documents(value):
    """Yield each statement of each policy that is in the template, its outputs included."""
    if isinstance(value, dict):
        if value.get("Effect") == "Allow":
            yield value
        for each in value.values():
            yield from documents(each)
    elif isinstance(value, list):
        for each in value:
            yield from documents(each)


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.type)
def test_what_is_printed_is_what_the_template_allows(template, config):
    """A customer who pastes it would open more, or less, than the onboarding stack does."""
    allowed = {comparable(plain(each)) for each in documents(template["Resources"])}
    wanted = [
        each
        for grant in config.grants(Provider(FILLED["{CentralRoleArn}"]))
        for each in grant.statements
        if "kms" not in json.dumps(each)  # the key is the customer's own: its statement is an output, as text
    ]
    assert {comparable(each) for each in wanted} <= allowed


def test_the_providers_own_statement_is_the_central_roles(development):
    """An operator who pastes it would let other roles than processors act for any tenant."""
    role = development.get_stack_by_name("LogRouterCentralRole").template["Resources"]
    (trust,) = [each for each in documents(role) if "sts:TagSession" in each["Action"]]
    assert f"role{PROCESSOR_ROLE_PATH}*" == PROCESSORS
    assert CUSTOMER_ROLE_PATTERN.strip("*") == fixes.CUSTOMERS_ROLE
    assert set(trust["Condition"]) == {"ArnLike", "StringLike", "ForAllValues:StringEquals"}
    assert trust["Condition"]["ForAllValues:StringEquals"] == {"aws:TagKeys": ["tenant_id"]}
    assert trust["Condition"]["StringLike"] == {"aws:RequestTag/tenant_id": "?*"}
