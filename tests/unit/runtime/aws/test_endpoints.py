"""Where services are called is where the SDK would call them."""

from contextlib import suppress
from itertools import product

import pytest
from botocore.config import Config
from botocore.exceptions import EndpointProviderError, EndpointVariantError, InvalidEndpointConfigurationError
from botocore.session import Session

from runtime.aws.clients import AwsClients
from runtime.aws.endpoints import Endpoints

CALLS = {
    "logs": lambda client, _: client.describe_log_groups(),
    "s3": lambda client, bucket: client.get_object(Bucket=bucket, Key="k"),
    "sqs": lambda client, _: client.list_queues(),
    "dynamodb": lambda client, _: client.list_tables(),
    "sts": lambda client, _: client.get_caller_identity(),
}
REGIONS = (
    *("us-east-1", "eu-central-1", "me-central-1", "mx-central-1", "us-gov-west-1", "us-gov-east-1", "cn-north-1"),
    *("eusc-de-east-1", "us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1", "us-isof-south-1"),
)


class SentError(Exception):
    """Stops a call at the network."""


@pytest.fixture(scope="module")
def session():
    made = Session()
    made.set_credentials("a", "b")
    return made


def sdk_url(session, service, region, bucket, url, *, fips=False, dual_stack=False):
    """Return the URL that the SDK's client calls; ``None``: it knows none."""
    config = Config(use_fips_endpoint=fips, use_dualstack_endpoint=dual_stack)
    try:
        client = session.create_client(service, region_name=region, endpoint_url=url, config=config)
    except EndpointVariantError:
        return None
    urls = []

    def stop(request, **_):
        urls.append(request.url)
        raise SentError

    client.meta.events.register("before-send", stop)
    with suppress(SentError, EndpointProviderError, InvalidEndpointConfigurationError):
        CALLS[service](client, bucket)
    return urls[0] if urls else None


def our_url(endpoints, service, region, bucket):
    endpoint = endpoints.find(service, region, bucket)
    return endpoint.url + (f"{endpoint.path}k" if bucket else endpoint.path or "/")


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("service", CALLS)
def test_endpoints_are_the_sdks(session, monkeypatch, region, service):
    """A Region, or one with FIPS or dual stack, would be called under a name that it doesn't have."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    compared = 0
    for fips, dual_stack, bucket in product((False, True), (False, True), ("central-bucket", "with.dots")):
        theirs = sdk_url(session, service, region, bucket, None, fips=fips, dual_stack=dual_stack)
        if theirs is not None:
            endpoints = Endpoints(fips=fips, dual_stack=dual_stack)
            assert our_url(endpoints, service, region, bucket if service == "s3" else "") == theirs
            compared += 1
    assert compared >= 2


@pytest.mark.parametrize("url", ["http://127.0.0.1:4566", "http://localhost:4566/base", "https://example.com"])
@pytest.mark.parametrize(("service", "bucket"), [("logs", ""), ("s3", "central"), ("s3", "with.dots")])
def test_endpoints_of_an_emulator_are_the_sdks(session, url, service, bucket):
    """The embedded cloud would be called under another path than by the SDK."""
    theirs = sdk_url(session, service, "us-east-1", bucket, url)
    assert our_url(Endpoints(url), service, "us-east-1", bucket).rstrip("/") == theirs.rstrip("/")


def test_the_environment_says_where_for_hot_calls_and_clients_alike(monkeypatch, tmp_path):
    """Half of an object's calls would go to another endpoint than the rest."""
    profile = tmp_path / "config"
    profile.write_text("[default]\nendpoint_url = http://profile.invalid\nuse_fips_endpoint = true\n")
    for name, value in {
        "AWS_CONFIG_FILE": str(profile),
        "AWS_ENDPOINT_URL": "http://everything.invalid",
        "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS": "http://logs.invalid",
        "AWS_ENDPOINT_URL_SQS": "",
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
    }.items():
        monkeypatch.setenv(name, value)
    clients = AwsClients("eu-central-1")
    for service, url in (("logs", "http://logs.invalid"), ("sqs", "http://everything.invalid")):
        assert clients.client(service).meta.endpoint_url == url
        assert clients.direct_call(service, "X")._endpoint.url == url
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    clients = AwsClients("eu-central-1")
    assert clients.client("sqs").meta.endpoint_url == clients.direct_call("sqs", "X")._endpoint.url
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    clients = AwsClients("us-east-1")
    assert clients.client("sqs").meta.endpoint_url == "https://sqs-fips.us-east-1.amazonaws.com"
    assert clients.direct_call("sqs", "X")._endpoint.host == "sqs-fips.us-east-1.amazonaws.com"
