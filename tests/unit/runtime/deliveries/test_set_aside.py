"""Events that a destination can't take, kept in the central bucket."""

import gzip
import json
from types import SimpleNamespace

import boto3
import pytest
from moto import mock_aws

from runtime.aws.clients import AwsClients
from runtime.deliveries.set_aside import SetAside, SetAsideEvent, set_aside_key
from runtime.errors import RetryableError
from tests.unit.runtime.deliveries.cloudwatch.doubles import KEY, delivery

EVENTS = [SetAsideEvent("too-old", 1, b'"a\\u00e9\\n"'), SetAsideEvent("expired", 2, '"é"'.encode())]


@pytest.fixture
def credentials(monkeypatch):
    """Credentials that are nobody's."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)


@mock_aws
def test_events_are_kept_with_reason_time_and_origin(credentials):
    """An operator could not tell what was set aside, or send it again elsewhere."""
    bucket = boto3.resource("s3", "us-east-1").create_bucket(Bucket="central")
    SetAside(AwsClients("us-east-1"), "central").write(delivery(), 7, EVENTS)
    SetAside(AwsClients("us-east-1"), "central").write(delivery(), 7, EVENTS)
    (kept,) = bucket.objects.all()
    assert kept.key.startswith("set-aside/tenant_id=acme-corp/date=2026-11-23/")
    lines = gzip.decompress(kept.get()["Body"].read()).decode().splitlines()
    origin = {"delivery": "cloudwatch", "object": KEY}
    assert [json.loads(line) for line in lines] == [
        {"reason": "too-old", "timestamp": 1, "message": "aé\n"} | origin,
        {"reason": "expired", "timestamp": 2, "message": "é"} | origin,
    ]


def test_the_key_tells_deliveries_batches_and_objects_apart():
    """One delivery's set-aside events would overwrite another's."""
    other_object = KEY.replace("-u.", "-v.")
    keys = {
        set_aside_key(delivery(), 0),
        set_aside_key(delivery(), 1),
        set_aside_key(delivery(type="cloudwatch:eu"), 0),
        set_aside_key(delivery(key=other_object), 0),
    }
    assert len(keys) == 4
    assert set_aside_key(delivery(), 0) in keys


def test_an_object_without_a_date_in_its_name_has_a_fixed_one():
    """A repeated attempt on another day would keep the events twice."""
    named_by_hand = KEY.replace("20261123-132140-u", "by-hand")
    assert "/date=1970-01-01/" in set_aside_key(delivery(key=named_by_hand), 0)


def test_a_failure_to_keep_is_retryable_and_says_where():
    """Events would count as kept although the bucket refused them."""
    refusing = SimpleNamespace(put_object=lambda **_: (_ for _ in ()).throw(OSError("no route")))
    with pytest.raises(RetryableError) as raised:
        SetAside(SimpleNamespace(client=lambda _: refusing), "central").write(delivery(), 0, EVENTS)
    assert raised.value.reason == "set-aside-failed"
    assert "s3:PutObject on s3://central/set-aside/" in raised.value.detail
