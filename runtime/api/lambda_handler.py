"""The Lambda host: API Gateway's events in and out."""

import os
import random
from functools import cache
from typing import Any

from mangum import Mangum

from runtime.api.application import create_app
from runtime.api.schemas.problems import MEDIA_TYPE
from runtime.api.services import Services
from runtime.api.settings import ApiSettings
from runtime.aws.clients import AwsClients
from runtime.logs import configure


@cache
def services() -> Services:
    """Make what the routes work with, once an execution environment (again after a restore)."""
    settings = ApiSettings.read()
    configure(settings.log_level)
    return Services(settings, AwsClients(settings.aws_region))


@cache
def adapter() -> Mangum:
    """Make the app."""
    # Everything that is answered is JSON. What isn't named here, Mangum would encode as base64.
    return Mangum(create_app(services()), lifespan="off", text_mime_types=["application/json", MEDIA_TYPE])


def handler(event: dict[str, object], context: Any) -> dict[str, object]:
    """Serve one request."""
    answer: dict[str, object] = adapter()(event, context)
    return answer


def load_everything() -> None:
    """Load what the first request would: the SDK, the Regions, a client, the routes' machinery."""
    adapter()
    services().clients.client("dynamodb")
    services().write_rules()


def after_restore() -> None:
    """Forget what one snapshot's environments must not share: connections, credentials, the state of randomness."""
    services.cache_clear()
    adapter.cache_clear()
    random.seed()


if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start":
    from snapshot_restore_py import register_after_restore, register_before_snapshot

    register_before_snapshot(load_everything)
    register_after_restore(after_restore)
