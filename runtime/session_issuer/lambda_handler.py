"""The Lambda host of the session issuer: one request, one session or the reason why there is none."""

import logging
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runtime.session_issuer.issuer import SessionIssuer

logger = logging.getLogger("logrouter.session_issuer")


@cache
def issuer() -> "SessionIssuer":
    """Make the issuer, once an execution environment."""
    from runtime.aws.clients import AwsClients
    from runtime.deliveries.passes import PassKey
    from runtime.deliveries.role_chain import RoleChain
    from runtime.delivery_config.methods import find_config_models
    from runtime.delivery_config.repository import DeliveryConfigRepository
    from runtime.logs import configure
    from runtime.session_issuer.issuer import SessionIssuer, SessionIssuerSettings

    settings = SessionIssuerSettings.read()
    configure(settings.log_level)
    clients = AwsClients(settings.aws_region)
    return SessionIssuer(
        clients,
        PassKey(clients, settings.pass_key_id),
        settings.outside_reader_role_arn,
        RoleChain(clients, settings.central_log_distribution_role_arn),
        DeliveryConfigRepository(
            clients,
            settings.tenant_config_table,
            find_config_models(),
            cache_seconds=0,
            tenants_table=settings.tenants_table,
        ),
    )


def handler(event: dict[str, Any], context: object) -> dict[str, object]:
    """Return ``{"credentials": {…}}`` or ``{"error": {…}}``; nothing that was asked or given is logged."""
    from runtime.errors import DeliveryError
    from runtime.session_issuer.issuer import written

    del context
    try:
        given = issuer().issue(event)
    except DeliveryError as error:
        logger.warning("no session is issued", extra={"reason": error.reason})
        return {"error": written(error)}
    logger.info("a session is issued", extra={"session": event["session"], "tenant_id": event["pass"]["tenant_id"]})
    session = {"access_key": given.access_key, "secret_key": given.secret_key, "token": given.token}
    return {"credentials": {**session, "expires_at": given.expires_at}}
