"""The console on moto: the API's own application in place of the gateway, a browser that has the session's cookie."""

from contextlib import contextmanager

from starlette.testclient import TestClient

from cli.client import Client
from cli.console.application import create_application
from cli.console.asking import Questions
from cli.console.guard import ConsoleAccess
from cli.options import ConnectionOptions
from runtime.api.application import create_app
from runtime.api.services import Services
from runtime.api.settings import ApiSettings
from tests.unit.cli.operation.operation_scene import NOW, Scene
from tests.unit.cli.test_config_commands import InProcess
from tests.unit.runtime.alerts.alert_world import STATES
from tests.unit.runtime.api.gateway import SignedBy, make_client
from tests.unit.runtime.aws_world import REGION
from tests.unit.runtime.processor.world import CENTRAL

PORT = 8_123
BASE = f"http://127.0.0.1:{PORT}"
OPTIONS = ConnectionOptions(None, REGION, None, local=False)


def api_of(clients, now=NOW, tester=None):
    """The API over the scene's tables."""
    settings = ApiSettings(
        tenant_config_table="configs",
        tenants_table="tenants",
        alert_rules_table="rules",
        alert_states_table=STATES,
        parked_deliveries_table="parked",
        central_bucket=CENTRAL,
        central_account_id="111111111111",
        aws_region=REGION,
        tester=tester,
    )
    return InProcess(make_client(SignedBy(create_app(Services(settings, clients, lambda: now)))))


class ConsoleScene(Scene):
    """``sent`` are the requests of the API; ``refuse`` has the status that it gives instead of an answer."""

    def __init__(self, clients, tester=None, now=NOW):
        super().__init__(clients)
        self.api = Client(api_of(clients, now, tester))
        self.access = ConsoleAccess(PORT)
        self.installation = self.sources.installation
        self.installation.__dict__["central_role_arn"] = (
            "arn:aws:iam::111111111111:role/logrouter/CentralLogDistributionRole"
        )

    def questions(self):
        return Questions(self.api, self.sources, OPTIONS)

    def application(self, tenant_id=None):
        return create_application(self.questions(), self.access, tenant_id)

    @contextmanager
    def browser(self, tenant_id=None):
        """A browser that has opened the link."""
        with TestClient(self.application(tenant_id), base_url=BASE, follow_redirects=False) as browser:
            assert browser.get(self.access.link).status_code == 200
            yield browser
