"""An authority, endpoints that it has signed, and a client that connects to loopback."""

import pytest

from local.sinks.certificates import Authority
from runtime.endpoints.address_book import AddressBook
from runtime.endpoints.client import EndpointClient
from runtime.endpoints.egress import EgressPolicy
from tests.unit.runtime.endpoints.https_endpoint import HttpsEndpoint


class SigningAuthority(Authority):
    """Signs the endpoints' certificates into files, as a server reads them; ``pem`` is its own."""

    def __init__(self, folder):
        super().__init__()
        self._folder, self.pem = folder, self.certificate

    def sign(self, host, **times):
        """Return a file with a key and a certificate for a host."""
        pair = self.issue(host, host, **times)
        file = self._folder / f"{host}-{len([*self._folder.iterdir()])}.pem"
        file.write_text(pair.key + pair.certificate)
        return file


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """Signs the endpoints' certificates."""
    return SigningAuthority(tmp_path_factory.mktemp("authority"))


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
