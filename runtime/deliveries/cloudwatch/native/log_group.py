"""Creating what PutLogEvents said is missing."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from runtime.deliveries.cloudwatch.destination import LogDestination
from runtime.deliveries.cloudwatch.error_mapping import failure
from runtime.errors import BlockedByCustomerError

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

NEXT_STEP = "create the log group again, as it was, or let the role create it"


def create_log_stream(client: "CloudWatchLogsClient", destination: LogDestination) -> bool:
    """Create the log stream, and the log group if that is missing, too; return whether the group was created.

    A group that comes back in this way has none of what its owner gave it: no retention, class, key or tags.

    :raises runtime.errors.DeliveryError: blocked by the customer where their role may not create it.
    """
    group, stream = destination.log_group_name, destination.log_stream_name
    in_group = {"logGroupName": group, "logStreamName": stream}
    if _create(client.create_log_stream, in_group, client, destination, "CreateLogStream") is not None:
        return False
    created = _create(client.create_log_group, {"logGroupName": group}, client, destination, "CreateLogGroup")
    _create(client.create_log_stream, in_group, client, destination, "CreateLogStream")
    return bool(created)


def _create(
    call: Any, request: dict[str, str], client: "CloudWatchLogsClient", destination: LogDestination, action: str
) -> bool | None:
    """Return whether it was created; false where it is there, ``None`` where the group that it needs isn't."""
    try:
        call(**request)
    except client.exceptions.ResourceAlreadyExistsException:
        return False
    except client.exceptions.ResourceNotFoundException:
        return None
    except Exception as error:
        failed = failure(error, f"logs:{action}", destination)
        if action == "CreateLogGroup" and isinstance(failed, BlockedByCustomerError):
            gone = BlockedByCustomerError("log-group-missing", f"{failed.detail}; or {NEXT_STEP}")
            gone.call = replace(failed.call, next_step=NEXT_STEP)
            raise gone from error
        raise failed from error
    return True
