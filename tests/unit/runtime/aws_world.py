"""AWS as the runtime's unit tests see it: moto, with calls recorded and faults put in where a test wants them."""

import io
import json
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest, HeadersDict
from botocore.loaders import create_loader
from botocore.session import Session
from moto import mock_aws
from moto.core.models import botocore_stubber
from moto.s3.models import S3Backend

from runtime.aws.botocore_transport import refuse_unknown_action
from runtime.aws.clients import AwsClients
from runtime.aws.request_head import request_head
from runtime.aws.response import Response
from runtime.backoff import Retry

REGION = "us-east-1"
CENTRAL_ACCOUNT = "111111111111"
CUSTOMER_ACCOUNT = "222222222222"
CENTRAL_ROLE = f"arn:aws:iam::{CENTRAL_ACCOUNT}:role/logrouter/CentralLogDistributionRole"
CUSTOMER_ROLE = f"arn:aws:iam::{CUSTOMER_ACCOUNT}:role/CustomerLogDistributionRole/acme"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "MOTO_ALLOW_NONEXISTENT_REGION": "false",
}


MODELS = create_loader()


@dataclass
class Fault:
    """An answer that AWS gives instead of doing its work; ``error`` is raised by the client itself."""

    code: str = ""
    status: int = 400
    message: str = ""
    error: Exception | None = None
    times: int = 1_000_000
    extra: dict[str, Any] | None = None
    after: int = 0

    def answer(self):
        """Return what botocore takes for the service's answer."""
        if self.error:
            raise self.error
        error = {"Code": self.code, "Message": self.message, **(self.extra or {})}
        parsed = {"Error": error, "ResponseMetadata": {"HTTPStatusCode": self.status}}
        return SimpleNamespace(status_code=self.status), parsed


def _list_versions(backend, bucket_name, *, key_marker=None, max_keys=1000, version_id_marker=None, **more):
    """List as S3 does: what comes behind the marker's key. moto leaves out the first one behind it, too."""
    if not key_marker or version_id_marker:
        given = {"key_marker": key_marker, "version_id_marker": version_id_marker}
        return LIST_VERSIONS(backend, bucket_name, max_keys=max_keys, **given, **more)
    versions, prefixes, markers, *_ = LIST_VERSIONS(backend, bucket_name, max_keys=None, **more)
    found = [one for one in versions if one.name > key_marker]
    last = found[max_keys - 1] if len(found) > max_keys else None
    return found[:max_keys], prefixes, markers, last and last.name, last and last.version_id


LIST_VERSIONS, S3Backend.list_object_versions = S3Backend.list_object_versions, _list_versions


def in_memory(status, body=b"", headers=None):
    """Return a response that has come whole, with a request id."""
    content = io.BytesIO(body)
    return Response(status, {"x-amzn-requestid": "r", **(headers or {})}, content.read, content.close)


class MotoTransport:
    """Sends to moto: the hot calls' way to it, as botocore's clients have theirs."""

    def __init__(self):
        self.listeners = []

    def send(self, method, url, target, headers, body, **_):
        """Let moto answer a request that could have left."""
        request_head(method, target, headers)
        for listen in self.listeners:
            listen(url, headers, body)
        named = HeadersDict((name, value.encode()) for name, value in headers.items() if name != "host")
        answer = botocore_stubber("", AWSPreparedRequest(method, f"{url}{target}", named, body or None, False))
        lowered = {name.lower(): value for name, value in answer.headers.items()}
        return in_memory(answer.status_code, answer.content, lowered)

    def forget(self):
        """Nothing is kept."""


class MotoClients(AwsClients):
    """The real clients, where moto is; service models are loaded once for all tests.

    Tests set the scene by actions that the runtime never calls.
    """

    def __init__(self, region=REGION):
        self.transport = MotoTransport()
        super().__init__(region, transport=self.transport)
        self._session = Session()
        self._session.register_component("data_loader", MODELS)

    def _make(self, service, region):
        client = super()._make(service, region)
        client.meta.events.unregister("before-call", refuse_unknown_action)
        return client


class RecordingClients(MotoClients):
    """Clients whose calls are recorded, signed by whom they are, and fail where a test says so."""

    def __init__(self, region=REGION):
        super().__init__(region)
        self.calls = []
        self.requested = []  # of hot calls, the members
        self.faults: dict[str, Fault] = {}

    def count(self):
        """Count the calls by operation."""
        return Counter(operation for operation, *_ in self.calls)

    def _make(self, service, region):
        client = super()._make(service, region)

        def record(model, params, context, **_):
            signer = context.get("signing", {}).get("request_credentials")
            self.calls.append((model.name, region, getattr(signer, "access_key", None)))
            fault = self._fault(model.name)
            return fault and fault.answer()

        client.meta.events.register("before-call", record)
        return client

    def direct_call(self, service, operation, region=None, **options):
        """Return the real call, recorded and failing as the client's would."""
        call = super().direct_call(service, operation, region, **options)
        return RecordedDirectCall(self, call, operation, region or self.region)

    def _fault(self, operation):
        fault = self.faults.get(operation)
        if fault is None:
            return None
        if fault.after:
            fault.after -= 1
            return None
        if fault.times <= 0:
            return None
        fault.times -= 1
        return fault


class RecordedDirectCall:
    """A hot call, in the same book as those of the client."""

    def __init__(self, clients, call, operation, region):
        self.clients, self.call, self.operation, self.region = clients, call, operation, region

    def __call__(self, credentials, *arguments, **options):
        return self._made(credentials, lambda: self.call(credentials, *arguments, **options))

    def members(self, credentials, request):
        self.clients.requested.append(request)
        return self._made(credentials, lambda: self.call.members(credentials, request))

    def _made(self, credentials, call):
        signer = None if credentials == self.clients.own_credentials() else credentials.access_key
        self.clients.calls.append((self.operation, self.region, signer))
        fault = self.clients._fault(self.operation)
        if fault is None:
            return call()
        if fault.error:
            raise fault.error
        error = {"Code": fault.code, "Message": fault.message, **(fault.extra or {})}
        parsed = {"Error": error, "ResponseMetadata": {"HTTPStatusCode": fault.status}}
        kind = self.call._client().exceptions.from_code(fault.code)
        raise kind(parsed, self.operation)


def count_sent(clients, *services):
    """Count the requests that really go out from here on, by operation; with their Regions. Hot calls too."""
    sent = Counter()
    for service in services:
        client = clients.client(service)

        def count(event_name, region=client.meta.region_name, **_):
            sent[event_name.rsplit(".", 1)[-1], region] += 1

        client.meta.events.register("before-send", count)

    def listen(_url, headers, _body):
        region, service = headers["authorization"].split("/")[2:4]
        if service in services:
            target = headers.get("x-amz-target", "").rpartition(".")[2]
            sent[target or {"s3": "GetObject", "sts": "AssumeRole"}[service], region] += 1

    clients.transport.listeners.append(listen)
    return sent


def no_pauses(monkeypatch):
    """Let the retries of ours and of the SDK make no pause."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    *numbers, _, jitter = Retry.__init__.__defaults__
    monkeypatch.setattr(Retry.__init__, "__defaults__", (*numbers, lambda _: None, jitter))


@contextmanager
def aws(monkeypatch):
    """An empty AWS, in which nobody waits."""
    no_pauses(monkeypatch)
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        yield RecordingClients()


@pytest.fixture(name="clients")
def recording_clients(monkeypatch):
    """Clients of an empty AWS."""
    with aws(monkeypatch) as made:
        yield made


def emf(capsys):
    """Return the records written to standard output so far, without their metric definitions."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    return [line for line in lines if "_aws" in line]
