"""An endpoint on loopback, and the webhook method that posts to it."""

import base64
from types import SimpleNamespace

import pytest

from runtime.backoff import Retry
from runtime.deliveries.webhook.config import WebhookConfig
from runtime.deliveries.webhook.delivery import WebhookDelivery
from tests.unit.runtime.deliveries.cloudwatch.doubles import NOW, FakeClock, Kept, full_pause
from tests.unit.runtime.endpoints.conftest import authority, certificate, client, policy, serve  # noqa: F401 - fixtures

SIGNING = ["whsec_" + base64.b64encode(bytes([number]) * 32).decode() for number in (1, 2)]
TOKENS = ["token-new-0123456789", "token-old-0123456789"]


class Manager:
    """Secrets Manager: values by their references; counts what is read."""

    def __init__(self):
        self.values = {f"logrouter/acme-corp/s{number}": text for number, text in enumerate(SIGNING)}
        self.values |= {f"logrouter/acme-corp/t{number}": text for number, text in enumerate(TOKENS)}
        self.read = []

    def call(self, service, operation, request):
        assert (service, operation) == ("secretsmanager", "GetSecretValue")
        self.read.append(request["SecretId"])
        return {"SecretString": self.values[request["SecretId"]]}


class Marks:
    """What is noted in the table."""

    def __init__(self):
        self.noted = []

    def verified(self, config, host):
        self.noted.append(("verified", host))

    def switch_off(self, config, reason):
        self.noted.append(("off", reason))


@pytest.fixture
def scene(client, authority):  # noqa: F811 - they are fixtures
    """The method with its doubles; ``config`` makes a config for an endpoint, which has proven itself."""
    settings = SimpleNamespace(allow_loopback=True, central_bucket="central")
    made = SimpleNamespace(manager=Manager(), marks=Marks(), kept=Kept())
    services = SimpleNamespace(clients=made.manager, role_chain=None, settings=settings, marks=made.marks)
    retry = Retry(attempts=3, first=1.0, longest=1.0, wait=FakeClock().wait, jitter=full_pause)
    made.method = WebhookDelivery(services, client=client, set_aside=made.kept, retry=retry, now=lambda: NOW)

    def config(endpoint, **fields):
        host = endpoint.url.removeprefix("https://")
        given = {"signing_secret": ("logrouter/acme-corp/s0", "logrouter/acme-corp/s1")} | fields
        return WebhookConfig(
            tenant_id="acme-corp", type="webhook", url=f"{endpoint.url}/in", ca=authority.pem,
            **{"verified_host": host, "target_region": "eu-west-1"} | given,
        )  # fmt: skip

    made.config = config
    return made
