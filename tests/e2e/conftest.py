"""The whole system, deployed once for all tests of this folder.

They run in one worker (`tests/conftest.py` sees to it), beside whatever the other workers do. Each makes its own
tenants, so that no test sees another's events. With ``LOGROUTER_USE_RUNNING=1`` they use the cloud that `make up` left
running.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.accounts import EmbeddedAccounts
from local.deployment.deploy import Deployment
from local.deployment.environment_file import LocalEnvironment
from local.emulator import REGION, start
from local.paths import UP_HOME
from ministack_fidelity.server import Server
from tests.e2e.cloud import Cloud
from tests.e2e.tenants import Tenant, onboard, remove_configs

FOLDER = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all tests of this folder."""
    for item in items:
        if FOLDER in item.path.parents:
            item.add_marker(pytest.mark.embedded)


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The deployed system, in a folder of this run: another run in the same checkout has its own."""
    running = Server.load(UP_HOME) if os.environ.get("LOGROUTER_USE_RUNNING") else None
    if running:
        yield Cloud(EmbeddedAccounts(running.endpoint_url, REGION), LocalEnvironment.load(UP_HOME), UP_HOME)
        return
    home = tmp_path_factory.mktemp("cloud")
    server, process = start(home, follow_starter=True)
    try:
        accounts = EmbeddedAccounts(server.endpoint_url, REGION)
        yield Cloud(accounts, Deployment(accounts, home, lambda _: None).run(), home)
    finally:
        server.end(process)


@pytest.fixture
def new_tenant(cloud: Cloud) -> Iterator[Callable[..., Tenant]]:
    """Make a tenant of its own for this test: ``new_tenant(account=…, region=…, configured=…, **parameters)``.

    Afterwards its configs are taken out of the table, so that what a test broke isn't retried beside the next ones.
    """
    made: list[Tenant] = []

    def make(**more: Any) -> Tenant:
        made.append(onboard(cloud, **more))
        return made[-1]

    yield make
    for tenant in made:
        remove_configs(cloud, tenant.tenant_id)
