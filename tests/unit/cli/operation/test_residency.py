"""Where a tenant's data is: nothing that the stacks have may be left out."""

import json
import re
from pathlib import Path

import pytest

from cli.operation.residency import NOTHING, STORES, residency

TEMPLATES = Path(__file__).parents[3] / "snapshot/__snapshots__/test_templates"
KEEPING = re.compile(
    r"AWS::(S3::Bucket|DynamoDB::Table|SQS::Queue|SNS::Topic|Logs::LogGroup|Lambda::Function|Athena::\w+|Glue::Database|"
    r"SecretsManager::Secret|ApiGateway::RestApi|Kinesis\w*::\w+|RDS::\w+|EFS::\w+|ElastiCache::\w+)"
)


def kept():
    """Return the logical ids of all that can keep something, of every stack of the provider's."""
    found = set()
    for file in TEMPLATES.glob("*LogRouter*.json"):
        if "LogRouterCustomer" not in file.name:
            resources = json.loads(file.read_text()).get("Resources", {})
            found |= {name for name, each in resources.items() if KEEPING.fullmatch(each["Type"])}
    return found


def entry(logical_id):
    """Return the longest entry of the inventory that fits."""
    return max((name for name in {*STORES, *NOTHING} if logical_id.startswith(name)), key=len, default=None)


def test_every_resource_that_can_keep_something_is_in_the_inventory():
    """A new table or queue would hold a tenant's data where no table of places shows it."""
    assert [logical_id for logical_id in sorted(kept()) if entry(logical_id) is None] == []
    assert len(kept()) > 25


def test_every_entry_is_of_a_resource_that_there_is():
    """A place would be shown that the stacks no longer have."""
    used = {entry(logical_id) for logical_id in kept()}
    assert {*STORES, *NOTHING} - used == set()


def places(configs=(), allowed=(), *, has_outside=False):
    return residency({"CentralBucketName": "central"}, "us-east-1", configs, allowed, has_outside=has_outside)


@pytest.mark.parametrize("has_outside", [True, False])
def test_the_outside_is_shown_where_there_is_one(has_outside):
    """A place would be missing, or one be shown that the stage doesn't have."""
    names = {each.place for each in places(has_outside=has_outside)}
    assert ("outside queue" in names) is has_outside
    assert {"central bucket", "config table", "processor's log"} <= names


def test_destinations_and_secrets_are_shown_with_their_regions():
    """A tenant would not be told that its logs go to another Region, or that its secrets lie with the provider."""
    configs = [
        {"tenant_id": "a", "type": "s3", "bucket_name": "acme-logs", "target_region": "eu-west-1"},
        {"tenant_id": "a", "type": "webhook", "url": "https://logs.acme.example/", "signing_secret": ["logrouter/a/1"]},
        {"tenant_id": "a", "type": "cloudwatch"},
    ]
    found = {each.place: each for each in places(configs)}
    assert (found["destination s3"].region, "acme-logs" in found["destination s3"].name) == ("eu-west-1", True)
    assert found["destination webhook"].region == ""
    assert found["secrets of webhook"].region == "us-east-1"
    assert found["config cloudwatch"].name == "can't be read"


def test_a_place_outside_of_the_allowed_regions_is_marked():
    """A config that was written by hand would look as if the law were kept."""
    configs = [{"tenant_id": "a", "type": "s3", "bucket_name": "acme-logs", "target_region": "eu-west-1"}]
    assert [each.place for each in places(configs, ["us-east-1"]) if not each.allowed] == ["destination s3"]
    assert all(each.allowed for each in places(configs))
