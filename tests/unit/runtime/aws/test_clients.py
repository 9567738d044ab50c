"""Clients: one a service and Region, signed by whoever acts."""

import threading

from runtime.aws.clients import AwsClients
from runtime.aws.credentials import Credentials, use_credentials
from tests.unit.runtime.aws_world import recording_clients  # noqa: F401 - the fixture "clients"

ACME = Credentials("ASIAACME", "secret", "token", 0)
GLOBEX = Credentials("ASIAGLOBEX", "secret", "token", 0)


def test_one_client_serves_a_service_and_region(clients):
    """A client a call would cost a connection pool and 50 ms each."""
    assert clients.client("s3") is clients.client("s3", "us-east-1")
    assert clients.client("s3") is not clients.client("s3", "eu-west-1")


def test_threads_that_want_the_same_client_get_the_same(clients):
    """Botocore's making of clients isn't thread-safe: two threads could break each other's."""
    made, barrier = [], threading.Barrier(8)

    def make():
        barrier.wait()
        made.append(clients.client("sqs"))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(client) for client in made}) == 1


def test_calls_are_signed_by_who_acts_and_only_inside_the_block(clients):
    """One tenant's call would be made with another's credentials, or with the processor's own."""
    s3 = clients.client("s3")
    with use_credentials(ACME):
        s3.list_buckets()
        with use_credentials(GLOBEX):
            s3.list_buckets()
        s3.list_buckets()
    s3.list_buckets()
    assert [signer for *_, signer in clients.calls] == ["ASIAACME", "ASIAGLOBEX", "ASIAACME", None]


def test_the_request_that_leaves_carries_the_actors_key_and_token(clients):
    """The handler would set credentials that botocore's signer doesn't look at."""
    sent = []
    logs = clients.client("logs")
    logs.meta.events.register("before-send", lambda request, **_: sent.append(request.headers))
    with use_credentials(ACME):
        logs.describe_log_groups()
    logs.describe_log_groups()
    assert b"Credential=ASIAACME/" in sent[0]["Authorization"]
    assert sent[0]["X-Amz-Security-Token"] == b"token"
    assert b"Credential=ASIA" not in sent[1]["Authorization"]
    assert "X-Amz-Security-Token" not in sent[1]


def test_who_acts_is_each_threads_own_affair(clients):
    """Two tenants' deliveries side by side would mix their credentials."""
    s3, barrier = clients.client("s3"), threading.Barrier(2)

    def call(credentials):
        with use_credentials(credentials):
            barrier.wait()  # both blocks are open now
            s3.list_buckets()

    threads = [threading.Thread(target=call, args=(one,)) for one in (ACME, GLOBEX)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(signer for *_, signer in clients.calls) == ["ASIAACME", "ASIAGLOBEX"]


def test_credentials_do_not_print_their_secrets():
    """A log line or a traceback would give a customer's session away."""
    assert "secret" not in repr(ACME)
    assert "token" not in repr(ACME).replace("token=", "")


def test_the_sdk_repeats_nothing_that_we_repeat_ourselves(clients):
    """Hidden retries would outlive the time budget."""
    attempts = {
        service: clients.client(service).meta.config.retries["total_max_attempts"]
        for service in ("s3", "sts", "logs", "sqs", "dynamodb")
    }
    assert attempts == {"s3": 1, "sts": 1, "logs": 1, "sqs": 3, "dynamodb": 3}


def test_the_region_is_the_processors_own_unless_said():
    """An unset Region would fall back to some default of the SDK's."""
    assert AwsClients("eu-central-1").client("sqs").meta.region_name == "eu-central-1"
