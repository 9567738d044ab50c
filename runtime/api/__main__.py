"""``python -m runtime.api``: write the OpenAPI document; it depends on the installed delivery methods alone."""

import json
import sys

from runtime.api.application import create_app
from runtime.api.services import Services
from runtime.api.settings import ApiSettings
from runtime.aws.clients import AwsClients


def text() -> str:
    """Return the document in its committed form."""
    settings = ApiSettings(
        tenant_config_table="configs",
        tenants_table="tenants",
        parked_deliveries_table="parked",
        alert_rules_table="rules",
        alert_states_table="alerts",
        central_bucket="central",
        central_account_id="111111111111",
        aws_region="us-east-1",
    )
    app = create_app(Services(settings, AwsClients(settings.aws_region)))
    return json.dumps(app.openapi(), indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text())
