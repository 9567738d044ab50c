"""An authority, endpoints that it has signed, and a client that connects to loopback."""

import pytest

from runtime.endpoints.address_book import AddressBook
from runtime.endpoints.client import EndpointClient
from runtime.endpoints.egress import EgressPolicy
from tests.unit.runtime.endpoints.certificates import Authority
from tests.unit.runtime.endpoints.https_endpoint import HttpsEndpoint


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """Signs the endpoints' certificates."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def certificate(authority):
    """The certificate of ``localhost``."""
    return authority.sign("localhost")


@pytest.fixture
def serve(certificate):
    """Yield a function that starts an endpoint."""
    started = []

    def start(*answers, closes=False, shows=certificate):
        started.append(HttpsEndpoint(shows, *answers, closes=closes))
        return started[-1]

    yield start
    for endpoint in started:
        endpoint.close()


@pytest.fixture
def policy():
    """The policy of a test stage: loopback may be reached."""
    return EgressPolicy(allow_loopback=True)


@pytest.fixture
def client(policy):
    """A client whose connections are closed in the end."""
    made = EndpointClient(AddressBook(policy))
    yield made
    made.close()
