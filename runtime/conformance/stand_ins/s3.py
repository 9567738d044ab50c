"""S3's ``CopyObject`` inside the process."""

from collections.abc import Mapping
from typing import ClassVar, cast

from runtime.conformance.stand_in import StandIn, StandInClients, TakenEvent
from runtime.deliveries.s3.config import S3Config
from runtime.deliveries.s3.delivery import S3Delivery


class S3StandIn(StandIn):
    """A bucket in the customer's account; a copy of the same name replaces the one before."""

    method = S3Delivery
    sends_ids: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__()
        self.copies: dict[str, str] = {}

    def config(self, number: int) -> S3Config:
        """Return a config for one bucket of many."""
        return S3Config(tenant_id="acme-corp", type=f"s3:n{number}", bucket_name=f"acme-logs-{number}")

    def taken(self) -> list[TakenEvent]:
        """Return the copied objects' keys."""
        return [TakenEvent(key) for key in self.copies.values()]

    def clients(self) -> "_Clients":
        """Return the client that copies."""
        return _Clients(self)


class _Clients(StandInClients):
    stand_in: S3StandIn

    def copy_object(self, **request: object) -> Mapping[str, object]:
        self.stand_in.reached()
        self.stand_in.copies[f"{request['Bucket']}/{request['Key']}"] = cast("dict[str, str]", request["CopySource"])[
            "Key"
        ]
        return {}

    def put_object(self, **_: object) -> Mapping[str, object]:
        self.stand_in.reached()
        return {}
