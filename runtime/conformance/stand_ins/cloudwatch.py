"""CloudWatch Logs' ``PutLogEvents`` inside the process."""

from typing import ClassVar, Self

import msgspec

from runtime.aws.credentials import Credentials
from runtime.conformance.stand_in import ROLE_ARN, StandIn, StandInClients, TakenEvent
from runtime.deliveries.cloudwatch.config import CloudWatchConfig
from runtime.deliveries.cloudwatch.delivery import CloudWatchDelivery


class CloudWatchStandIn(StandIn):
    """A log group in the customer's account; it orders a stream's events by their time, as CloudWatch does."""

    method = CloudWatchDelivery
    sends_ids: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__()
        self.events: list[tuple[int, str]] = []

    def config(self, number: int) -> CloudWatchConfig:
        """Return a config for one log group of many."""
        return CloudWatchConfig(
            tenant_id="acme-corp",
            type=f"cloudwatch:n{number}",
            log_distribution_role_arn=ROLE_ARN,
            log_group_name=f"/acme/{number}",
        )

    def taken(self) -> list[TakenEvent]:
        """Return the events by their time."""
        return [TakenEvent(text) for _, text in sorted(self.events, key=lambda event: event[0])]

    def clients(self) -> "_Clients":
        """Return the clients that the native engine uses."""
        return _Clients(self)


class _Clients(StandInClients):
    stand_in: CloudWatchStandIn

    def direct_call(self, service: str, action: str, region: str | None = None) -> Self:  # noqa: ARG002 - as the real ones
        return self

    def members(self, credentials: Credentials, body: bytes) -> dict[str, object]:  # noqa: ARG002 - as the real ones
        self.stand_in.reached()
        events = msgspec.json.decode(body)["logEvents"]
        self.stand_in.events += [(event["timestamp"], event["message"]) for event in events]
        return {}

    def create_log_stream(self, logGroupName: str, logStreamName: str) -> dict[str, object]:  # noqa: N803 - boto3's names
        """Create it: nothing is wrong with the group."""
        del logGroupName, logStreamName
        self.stand_in.reached()
        return {}
