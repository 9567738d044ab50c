"""A running emulator for all tests, with an empty account and a customer's."""

import pytest

from ministack_fidelity.accounts import Accounts
from ministack_fidelity.identities import unique
from ministack_fidelity.pytest_plugin import REGION

CENTRAL, CUSTOMER = "111111111111", "222222222222"


def pytest_configure(config):
    """Register the marker, which the project around the package has, too."""
    config.addinivalue_line("markers", "embedded: starts the emulator")


@pytest.fixture(scope="session")
def accounts(ministack):
    """Clients of the emulator."""
    return Accounts(ministack.endpoint_url, REGION)


@pytest.fixture
def customer_bucket(accounts):
    """A new bucket in the customer's account."""
    name = unique("bucket")
    accounts.client("s3", CUSTOMER).create_bucket(Bucket=name)
    return name


@pytest.fixture
def central_bucket(accounts):
    """A new bucket in the central account, with one object ``object`` of six bytes."""
    name = unique("central")
    s3 = accounts.client("s3", CENTRAL)
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="object", Body=b"logs\n\n", ContentEncoding="gzip", ContentType="text/x-source")
    return name
