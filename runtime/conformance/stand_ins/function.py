"""A customer's function inside the process."""

from collections.abc import Mapping
from typing import Self

import msgspec

from runtime.aws.credentials import Credentials
from runtime.aws.response import Response
from runtime.conformance.stand_in import ROLE_ARN, StandIn, StandInClients, TakenEvent
from runtime.deliveries.function.config import FunctionConfig
from runtime.deliveries.function.delivery import FunctionDelivery


class FunctionStandIn(StandIn):
    """A function that takes every event."""

    method = FunctionDelivery

    def __init__(self) -> None:
        super().__init__()
        self.events: list[TakenEvent] = []

    def config(self, number: int) -> FunctionConfig:
        """Return a config for one function of many."""
        return FunctionConfig(
            tenant_id="acme-corp",
            type=f"function:n{number}",
            log_distribution_role_arn=ROLE_ARN,
            function_arn=f"arn:aws:lambda:us-east-1:222222222222:function:receive-{number}",
        )

    def taken(self) -> list[TakenEvent]:
        """Return the events in the order of the invocations."""
        return self.events

    def clients(self) -> "_Clients":
        """Return the client that invokes."""
        return _Clients(self)


class _Clients(StandInClients):
    stand_in: FunctionStandIn

    def direct_call(self, service: str, action: str, region: str | None = None) -> Self:  # noqa: ARG002 - as the real ones
        return self

    def __call__(self, credentials: Credentials, headers: Mapping[str, str], body: bytes, *, key: str) -> Response:  # noqa: ARG002 - as the real ones
        self.stand_in.reached()
        for event in msgspec.json.decode(body)["events"]:
            self.stand_in.events.append(TakenEvent(event["message"], bytes.fromhex(event["id"])))
        answer = [b'{"failed":[]}']
        return Response(200, {}, lambda _: answer.pop() if answer else b"", lambda: None)
