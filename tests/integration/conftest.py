"""An embedded cloud with nothing deployed in it: it starts in a fraction of a second, one for each test worker."""

from collections.abc import Iterator

import pytest

from local.accounts import EmbeddedAccounts
from local.emulator import REGION, start
from ministack_fidelity.identities import unique

CENTRAL, CUSTOMER = "111111111111", "222222222222"


@pytest.fixture(scope="session")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAccounts]:
    """Clients of an empty embedded cloud."""
    server, process = start(tmp_path_factory.mktemp("cloud"), follow_starter=True)
    try:
        yield EmbeddedAccounts(server.endpoint_url, REGION)
    finally:
        server.end(process)


@pytest.fixture
def customer_bucket(accounts: EmbeddedAccounts) -> str:
    """A new bucket in the customer's account."""
    name = unique("bucket")
    accounts.client("s3", CUSTOMER).create_bucket(Bucket=name)
    return name


@pytest.fixture
def central_bucket(accounts: EmbeddedAccounts) -> str:
    """A new bucket in the central account, with one object ``object`` of six bytes."""
    name = unique("central")
    s3 = accounts.client("s3", CENTRAL)
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="object", Body=b"logs\n\n", ContentEncoding="gzip", ContentType="text/x-source")
    return name
