"""What CloudWatch Logs' own error codes mean for a delivery; the general ones are in ``runtime/errors.py``."""

from runtime.deliveries.cloudwatch.destination import LogDestination
from runtime.errors import BlockedByCustomerError, DeliveryError, Hop, RefusedError, RetryableError, Rule, classify

_CODES: dict[str, Rule] = {
    "InvalidParameterException": (RefusedError, "request-refused"),  # a bug of ours or a new rule: kept, not dropped
    "SerializationException": (RefusedError, "request-refused"),
    "InvalidSequenceTokenException": (RetryableError, "sequence-token"),  # of the time before 2023; emulators know it
    "OperationAbortedException": (RetryableError, "conflict"),
    "LimitExceededException": (BlockedByCustomerError, "customer-limit"),
    "InvalidOperationException": (BlockedByCustomerError, "log-group-refused"),
    "ResourceNotFoundException": (RetryableError, "log-group-missing"),
}


def failure(error: Exception, action: str, destination: LogDestination) -> DeliveryError:
    """Classify the error of a call to the customer's log group."""
    resource = f"log group {destination.log_group_name} in {destination.region}"
    return classify(error, hop=Hop.DESTINATION, action=action, resource=resource, codes=_CODES)
