"""Creating what PutLogEvents said is missing."""

from typing import Any

from runtime.deliveries.cloudwatch.destination import LogDestination
from runtime.deliveries.cloudwatch.error_mapping import failure


def create_log_stream(client: Any, destination: LogDestination) -> None:
    """Create the log stream, and the log group if that is missing, too. Whoever else creates them is welcome.

    :raises runtime.errors.DeliveryError: blocked by the customer where their role may not create it.
    """
    if not _create(client, destination, "CreateLogStream"):
        _create(client, destination, "CreateLogGroup")
        _create(client, destination, "CreateLogStream")


def _create(client: Any, destination: LogDestination, action: str) -> bool:
    """Create one of the two; false where the group that it needs isn't there."""
    group, stream = destination.log_group_name, destination.log_stream_name
    try:
        if action == "CreateLogGroup":
            client.create_log_group(logGroupName=group)
        else:
            client.create_log_stream(logGroupName=group, logStreamName=stream)
    except client.exceptions.ResourceAlreadyExistsException:
        pass
    except client.exceptions.ResourceNotFoundException:
        return False
    except Exception as error:
        raise failure(error, f"logs:{action}", destination) from error
    return True
