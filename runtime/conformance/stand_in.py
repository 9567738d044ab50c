"""What a method's author puts in the place of the destination, and what the kit does to it."""

import zlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self, cast

import msgspec

from runtime import scheduling
from runtime.aws.credentials import Credentials
from runtime.deliveries.method import DeliveryMethod, DeliveryServices
from runtime.deliveries.set_aside import GZIP
from runtime.deliveries.settings import DeliverySettings
from runtime.delivery_config.model import DeliveryConfig

if TYPE_CHECKING:
    from runtime.aws.clients import AwsClients
    from runtime.deliveries.sessions import Sessions

CENTRAL_BUCKET = "central-logs"
CREDENTIALS = Credentials("AKIDEXAMPLE", "secret-access-key", "session-token", float("inf"))
ROLE_ARN = "arn:aws:iam::222222222222:role/LogDistributionRole"


class FastTime(scheduling.OperatingSystem):
    """Time in which a pause takes none: the clock moves on instead."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def sleep(self, seconds: float) -> None:
        """Let that much time pass at once."""
        self._ahead += max(0.0, seconds)

    def now(self) -> float:
        """Return epoch seconds."""
        return super().now() + self._ahead

    def monotonic(self) -> float:
        """Return seconds."""
        return super().monotonic() + self._ahead


@dataclass(frozen=True, slots=True)
class TakenEvent:
    """One event that the destination has taken. :param id: as it was sent; ``None`` where the method sends none."""

    text: str
    id: bytes | None = None


@dataclass(slots=True)
class Fault:
    """What happens to calls: from number ``first`` on, so many times. ``seconds``: how long each call takes."""

    error: Exception | None = None
    first: int = 0
    times: int = 1
    seconds: float = 0.0


class StandIn(ABC):
    """A destination inside the process. A subclass takes what the method sends, and says what has arrived.

    ``method``: the class. ``secrets``: values that may be seen nowhere. ``sends_ids``: each event's id arrives, too.
    A subclass calls ``reached`` whenever something would leave the process, before it takes note of anything.
    """

    method: ClassVar[type]
    secrets: ClassVar[tuple[str, ...]] = (CREDENTIALS.secret_key, CREDENTIALS.token)
    sends_ids: ClassVar[bool] = True

    def __init__(self) -> None:
        self.calls = 0
        self.fault = Fault()
        self.set_aside: list[str] = []

    @abstractmethod
    def config(self, number: int) -> DeliveryConfig:
        """Return a valid delivery config of tenant ``acme-corp``; for each number another type and destination."""

    @abstractmethod
    def taken(self) -> list[TakenEvent]:
        """Return everything that has arrived, in the order in which the destination has it, doubles included.

        A method that reads no events has one for each object: its text is the object's key.
        """

    def left_in_client(self) -> int:
        """Return how many events a client library still holds for sending."""
        return 0

    def make(self) -> DeliveryMethod:
        """Construct the method with this in the place of the destination."""
        return cast("DeliveryMethod", self.method(self.services()))

    def services(self) -> DeliveryServices:
        """Return what the processor would give the method."""
        settings = DeliverySettings(central_bucket=CENTRAL_BUCKET, aws_region="us-east-1")
        return DeliveryServices(cast("AwsClients", self.clients()), cast("Sessions", StandInSessions(self)), settings)

    def clients(self) -> object:
        """Return what stands in for AWS' clients: of them set-aside needs S3's ``put_object``."""
        return StandInClients(self)

    def reached(self) -> None:
        """Note a call. Raises what the kit has planned for it."""
        fault, number = self.fault, self.calls
        self.calls += 1
        if fault.seconds:
            scheduling.sleep(fault.seconds)
        if fault.error is not None and fault.first <= number < fault.first + fault.times:
            raise fault.error


class StandInClients:
    """AWS' clients as far as set-aside needs them; a method that calls AWS subclasses it."""

    def __init__(self, stand_in: StandIn) -> None:
        self.stand_in = stand_in

    def client(self, service: str, region: str | None = None) -> Self:  # noqa: ARG002 - as the real ones
        """Return itself: it has the operations of every service that it knows."""
        return self

    def put_object(self, **request: object) -> Mapping[str, object]:
        """Keep what is set aside."""
        self.stand_in.reached()
        for line in zlib.decompress(cast("bytes", request["Body"]), wbits=GZIP).splitlines():
            self.stand_in.set_aside.append(msgspec.json.decode(line)["message"])
        return {}


class StandInSessions:
    """Sessions that are always there, unless the call fails."""

    partition = "aws"
    central_account_id = "111111111111"

    def __init__(self, stand_in: StandIn) -> None:
        self._stand_in = stand_in

    def central(self, tenant_id: str, policy: Mapping[str, object]) -> Credentials:  # noqa: ARG002 - as the real ones
        """Return a session."""
        self._stand_in.reached()
        return CREDENTIALS

    def customer(
        self,
        tenant_id: str,  # noqa: ARG002 - as above
        role_arn: str,  # noqa: ARG002 - as above
        external_id: str | None = None,  # noqa: ARG002 - as above
        regions: tuple[str, ...] = (),  # noqa: ARG002 - as above
    ) -> Credentials:
        """Return a session."""
        self._stand_in.reached()
        return CREDENTIALS

    def invalidate(self, credentials: Credentials) -> None:
        """Nothing is kept."""
