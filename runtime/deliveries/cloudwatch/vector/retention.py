"""How long a customer's log group keeps its events: CloudWatch refuses older ones, and Vector doesn't look.

Asked only for a batch that is older than the shortest retention (``limits.needs_retention``): a
backfill or a long outage, never the common delivery.
"""

from botocore.exceptions import BotoCoreError, ClientError

from runtime.aws.clients import AwsClients
from runtime.aws.credentials import Credentials, use_credentials
from runtime.deliveries.cloudwatch.destination import LogDestination
from runtime.deliveries.cloudwatch.vector.limits import DAY_MS
from runtime.errors import BlockedByCustomerError, DeliveryError, RetryableError

DENIED = frozenset({"AccessDenied", "AccessDeniedException"})


def retention_ms(clients: AwsClients, destination: LogDestination, credentials: Credentials) -> int | None:
    """Ask for the log group's retention in milliseconds; None where it keeps for ever or doesn't exist yet.

    :raises DeliveryError: it can't be known now, so no event of that age may be handed to Vector.
    """
    name = destination.log_group_name
    try:
        with use_credentials(credentials):
            # A prefix's matches come in alphabetical order: the group of exactly that name is the first.
            answer = clients.client("logs", destination.region).describe_log_groups(logGroupNamePrefix=name, limit=1)
    except (ClientError, BotoCoreError) as error:
        raise _classified(error, destination) from error
    groups = answer["logGroups"]
    days = next((group.get("retentionInDays") for group in groups if group["logGroupName"] == name), None)
    return None if days is None else days * DAY_MS


def _classified(error: ClientError | BotoCoreError, destination: LogDestination) -> DeliveryError:
    where = f"DescribeLogGroups for {destination.log_group_name} in {destination.region}"
    if isinstance(error, ClientError) and error.response["Error"]["Code"] in DENIED:
        return BlockedByCustomerError(
            "access-denied",
            f"{where} was refused, which the Vector engine needs for events older than a day. Allow the customer's "
            "role logs:DescribeLogGroups, or deliver with the native engine (CLOUDWATCH_ENGINE=native)",
        )
    return RetryableError("retention-unknown", f"{where} failed: {type(error).__name__}")
