"""Objects as S3 gives them: opened once, as the right role, read to the end or to a defect."""

import gzip
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime
from types import SimpleNamespace

import boto3
import pytest
from moto import mock_aws

from runtime.aws.credentials import Credentials
from runtime.aws.response import Response
from runtime.errors import CorruptObjectError, OutOfTimeError, PermanentError, RetryableError
from runtime.objects import reading
from runtime.objects.events import ReadStats
from runtime.objects.key import ObjectKey
from runtime.objects.presence import is_gone
from runtime.objects.reading import S3Opener, read_batches
from runtime.objects.stored_object import StoredObject
from runtime.time_budget import TimeBudget
from tests.unit.runtime.aws_world import Fault, RecordingClients

KEY = "tenant_id=acme-corp/cluster_id=c-1/application=etcd/pod_name=etcd-0/20261123-132140-u.json.gz"
BODY = gzip.compress(b'{"message":"a"}\n{"message":"b"}\n', mtime=0)
BUDGET = TimeBudget.of_seconds(3600)
NO_LIMIT = 1 << 40


@pytest.fixture
def stored(monkeypatch):
    """Keep an object in a made-up central bucket; yield a function that opens it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        bucket = boto3.resource("s3", "us-east-1").create_bucket(Bucket="central")
        clients = RecordingClients("us-east-1")
        requests = []
        clients.transport.listeners.append(lambda _url, headers, _body: requests.append(headers))

        def opener(body=BODY, *, etag=None):
            etag = etag or (bucket.put_object(Key=KEY, Body=body).e_tag if body is not None else None)
            stored_object = StoredObject("central", ObjectKey.parse(KEY), etag=etag)
            return S3Opener(clients, stored_object, lambda: Credentials("AKIDEXAMPLE", "s", "token", 0.0))

        yield SimpleNamespace(opener=opener, bucket=bucket, requests=requests, clients=clients)


def read(opener, stats=None):
    return [
        literal
        for batch in read_batches(opener, max_uncompressed_bytes=NO_LIMIT, stats=stats or ReadStats(), budget=BUDGET)
        for literal in batch.literals
    ]


def test_an_object_is_read_by_one_call_as_the_tenants_session(stored):
    """The object would be read with the processor's own rights, or cost more than one call."""
    stats = ReadStats()
    assert read(stored.opener(), stats) == [b'"a"', b'"b"']
    (headers,) = stored.requests
    assert "Credential=AKIDEXAMPLE/" in headers["authorization"]
    assert stats.no_timestamp == 2


def test_events_without_a_time_take_the_objects_last_modified(stored):
    """They would take the time of processing, another one on each retry."""
    modified = stored.bucket.put_object(Key=KEY, Body=BODY).last_modified
    (batch,) = read_batches(stored.opener(body=None), max_uncompressed_bytes=NO_LIMIT, stats=ReadStats(), budget=BUDGET)
    assert batch.timestamps == [int(modified.timestamp()) * 1000] * 2


def test_an_object_that_is_gone_is_permanent(stored):
    """An expired object's delivery would be repeated for a day."""
    with pytest.raises(PermanentError, match="object-gone: s3:GetObject on s3://central/tenant_id="):
        read(stored.opener(body=None))


def test_an_object_that_is_gone_is_permanent_though_s3_says_denied(stored):
    """It would be our own access that is denied: an alarm, and a day of attempts; no prefix is named, so no 404."""
    stored.clients.faults["GetObject"] = Fault("AccessDenied", 403)
    with pytest.raises(PermanentError, match="object-gone"):
        read(stored.opener(body=None))
    with pytest.raises(RetryableError, match="source-denied"):
        read(stored.opener(etag="0" * 32, body=stored.bucket.put_object(Key=KEY, Body=BODY) and None))


def test_a_version_that_is_gone_is_told_from_one_that_is_refused(stored):
    """A version that expired behind a newer one would be tried for a day."""
    stored.bucket.Versioning().enable()
    first = stored.bucket.put_object(Key=KEY, Body=b"1").version_id
    opener = stored.opener(body=BODY)
    gone = replace(opener.object, version_id="x" * 32)
    assert is_gone(opener.clients, gone, opener.credentials())
    assert not is_gone(opener.clients, replace(gone, version_id=first), opener.credentials())


def test_an_object_that_was_replaced_is_not_taken_for_the_old_one(stored):
    """A checkpoint of the old object would skip batches of the new one."""
    stored.bucket.put_object(Key=KEY, Body=BODY)
    with pytest.raises(PermanentError, match="object-changed"):
        read(stored.opener(body=None, etag="0" * 32))


@pytest.mark.parametrize(
    ("body", "reason"),
    [(BODY[:-9], "cut-gzip"), (b"plain", "not-gzip"), (b"", "empty-object")],
    ids=["cut", "plain", "empty"],  # a gzip header holds the time: two workers would name one test differently
)
def test_a_defect_is_named(stored, body, reason):
    """A broken object would be settled as if it had been delivered whole."""
    with pytest.raises(CorruptObjectError) as raised:
        read(stored.opener(body))
    assert raised.value.reason == reason


def test_a_connection_that_breaks_is_retryable_and_closed(stored, monkeypatch):
    """A read that breaks off would end the delivery for good, or look like a cut object."""
    closed = []

    class Broken:
        def read(self, _size):
            raise TimeoutError

        def close(self):
            closed.append(True)

    headers = {"last-modified": "Mon, 23 Nov 2026 10:00:00 GMT"}
    response = Response(200, headers, Broken().read, Broken().close)
    monkeypatch.setattr(stored.opener().clients, "direct_call", lambda *_, **__: lambda *_, **__: response)
    with pytest.raises(RetryableError, match="timeout: s3:GetObject on s3://central/"):
        read(stored.opener())
    assert closed == [True]


@pytest.mark.parametrize("month", range(1, 13))
def test_an_objects_time_is_read_as_it_is_written(month):
    """Events without a time would get a wrong one, and another on a retry through the client."""
    moment = datetime(2024, month, 29, 23, 59, 58, tzinfo=UTC)
    assert reading._http_date(format_datetime(moment, usegmt=True)) == moment


class BlankBody:
    """An object of blank lines that never ends."""

    last_modified_ms = 0

    def __init__(self):
        self.packer = zlib.compressobj(0, zlib.DEFLATED, 31)

    def read(self, size):
        return self.packer.compress(b"\n" * size) + self.packer.flush(zlib.Z_SYNC_FLUSH)

    def close(self):
        """Nothing is held."""


def test_an_object_without_events_is_left_when_the_time_is_spent():
    """A host would read blank lines until it is stopped, and hand over nothing that waits behind them."""
    now = iter(range(1000))
    budget = TimeBudget.of_seconds(20, clock=lambda: next(now))
    with pytest.raises(OutOfTimeError):
        list(read_batches(BlankBody, max_uncompressed_bytes=NO_LIMIT, stats=ReadStats(), budget=budget))
