"""What is done to a call. Each fault gets the exchange and does with it what an unreliable world would.

A fault counts when its caller meets it: `Exchange.meet` stands right before the caller can see it, and a caller that
has gone before meets nothing. ``column`` says where a fault belongs in the table of calls and faults.
"""

import json
import re
import signal
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import psutil

from runtime.deliveries.role_chain import RENEW_BEFORE_SECONDS
from tests.faults.exchange import Answer, ClientGoneError, Exchange
from tests.faults.memory import starve

THROTTLED: Final = "throttled"
FAILED: Final = "5xx"
REFUSED: Final = "refused"
CONFLICT: Final = "conflict"
RESET: Final = "reset"
CUT: Final = "answer cut"
LOST: Final = "answer lost"
SLOW: Final = "slow"
HANGING: Final = "hanging"
HALF_OPEN: Final = "half open"
EMPTY: Final = "empty 2xx"
BRACES: Final = "{} 2xx"
END_IN_HEAD: Final = "FIN in head"
END_BEFORE_BODY: Final = "FIN before body"
KILLED: Final = "killed"

THROTTLING_CODES = frozenset(
    {"ThrottlingException", "Throttling", "SlowDown", "RequestThrottled", "ProvisionedThroughputExceededException"}
)
CONFLICT_CODES = frozenset({"TransactionCanceledException", "TransactionConflictException"})


class Fault(Protocol):
    """One thing that goes wrong with one call."""

    @property
    def column(self) -> str:
        """Its name in the table; empty: it is none of a call's own."""

    def apply(self, exchange: Exchange) -> None:
        """Do it. May raise ``ClientGoneError``."""


@dataclass(frozen=True, slots=True)
class Pass:
    """Leave it alone: what the customer did is the fault, or the caller's own clock."""

    column: str = ""

    def apply(self, exchange: Exchange) -> None:
        """Relay."""
        answer = exchange.forward()
        exchange.reply(answer)
        exchange.note()


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer with an error of the service; nothing takes effect."""

    status: int
    code: str
    message: str = "injected"

    @property
    def column(self) -> str:
        """By its code and status."""
        if self.code in THROTTLING_CODES:
            return THROTTLED
        if self.code in CONFLICT_CODES:
            return CONFLICT
        return FAILED if self.status >= 500 else REFUSED

    def apply(self, exchange: Exchange) -> None:
        """Answer in the service's own protocol."""
        exchange.meet()
        exchange.reply(self._answer(exchange.call.service))

    def _answer(self, service: str) -> Answer:
        if service == "s3":
            body = f"<Error><Code>{self.code}</Code><Message>{self.message}</Message></Error>"
            return Answer(self.status, {"Content-Type": "application/xml"}, body.encode())
        if service == "sts":
            error = f"<Error><Type>Sender</Type><Code>{self.code}</Code><Message>{self.message}</Message></Error>"
            body = f"<ErrorResponse>{error}<RequestId>injected</RequestId></ErrorResponse>"
            return Answer(self.status, {"Content-Type": "text/xml"}, body.encode())
        document: dict[str, object] = {"__type": self.code, "message": self.message}
        if self.column == CONFLICT:
            document["CancellationReasons"] = [{"Code": "TransactionConflict"}]
        return Answer(self.status, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(document).encode())


@dataclass(frozen=True, slots=True)
class Reset:
    """Reset the connection before anything is done."""

    column: str = RESET

    def apply(self, exchange: Exchange) -> None:
        """Cut it off."""
        exchange.meet()
        exchange.reset()


@dataclass(frozen=True, slots=True)
class CutAnswer:
    """The call takes effect; the connection is reset in the middle of its answer."""

    column: str = CUT

    def apply(self, exchange: Exchange) -> None:
        """Forward, answer half."""
        answer = exchange.forward()
        exchange.meet()
        exchange.connection.reply_in_part(answer, 0.5)
        exchange.reset()


@dataclass(frozen=True, slots=True)
class LoseAnswer:
    """The call takes effect; its answer never comes."""

    column: str = LOST

    def apply(self, exchange: Exchange) -> None:
        """Forward, answer nothing."""
        exchange.forward()
        exchange.meet()
        exchange.reset()


@dataclass(frozen=True, slots=True)
class Unproven:
    """A 2xx that no service gave, without a request id, as something in between makes them; nothing takes effect."""

    body: bytes = b""

    @property
    def column(self) -> str:
        """By its body."""
        return BRACES if self.body else EMPTY

    def apply(self, exchange: Exchange) -> None:
        """Answer."""
        exchange.meet()
        exchange.reply(Answer(200, {"Content-Type": "application/octet-stream"}, self.body))


@dataclass(frozen=True, slots=True)
class EndInHead:
    """The connection is closed (FIN) in the middle of the answer's first line; nothing takes effect."""

    column: str = END_IN_HEAD

    def apply(self, exchange: Exchange) -> None:
        """Answer a part of a head."""
        exchange.meet()
        exchange.connection.write(b"HTTP/1.1 200 O")
        exchange.close()


@dataclass(frozen=True, slots=True)
class EndBeforeBody:
    """A good head is followed by the connection's end (FIN); nothing takes effect."""

    column: str = END_BEFORE_BODY

    def apply(self, exchange: Exchange) -> None:
        """Answer a head."""
        exchange.meet()
        head = b"HTTP/1.1 200 OK\r\nx-amzn-RequestId: injected\r\nContent-Length: 100\r\n\r\n"
        exchange.connection.write(head)
        exchange.close()


INCOMPLETE: Final[tuple[Fault, ...]] = (Unproven(), Unproven(b"{}"), EndInHead(), EndBeforeBody())
"""Absence that may be read as success (contract §5)."""


@dataclass(frozen=True, slots=True)
class Slow:
    """The answer takes its time, and comes."""

    seconds: float
    column: str = SLOW

    def apply(self, exchange: Exchange) -> None:
        """Wait, then relay."""
        exchange.meet()
        exchange.wait(self.seconds)
        exchange.reply(exchange.forward())


@dataclass(frozen=True, slots=True)
class Hang:
    """Nothing comes, nothing is done, and the connection stays open."""

    seconds: float = 90.0
    column: str = HANGING

    def apply(self, exchange: Exchange) -> None:
        """Wait for the client to give up."""
        exchange.meet()
        exchange.wait(self.seconds)
        exchange.reset()


@dataclass(frozen=True, slots=True)
class Stall:
    """The call takes effect; half of its answer comes, then nothing, and the connection stays open."""

    seconds: float = 90.0
    column: str = HALF_OPEN

    def apply(self, exchange: Exchange) -> None:
        """Answer half, and wait for the client to give up."""
        answer = exchange.forward()
        exchange.meet()
        exchange.connection.reply_in_part(answer, 0.5)
        exchange.wait(self.seconds)
        exchange.reset()


@dataclass(frozen=True, slots=True)
class ShortSession:
    """A session that the processor renews a second later, so that there are calls of STS for other faults to meet."""

    column: str = ""

    def apply(self, exchange: Exchange) -> None:
        """Forward, and answer with an early expiry."""
        answer = exchange.forward()
        expires_at = datetime.now(UTC) + timedelta(seconds=RENEW_BEFORE_SECONDS + 1)
        stamp = f"<Expiration>{expires_at:%Y-%m-%dT%H:%M:%SZ}</Expiration>".encode()
        exchange.reply(replace(answer, body=re.sub(rb"<Expiration>.*?</Expiration>", stamp, answer.body)))


@dataclass(frozen=True, slots=True)
class Strike:
    """Send a signal to the calling process: before its call, after it took effect, or some time after the answer.

    ``SIGKILL`` is a crash. ``SIGSTOP`` is work that never ends: the host's own timeout has to end it. ``SIGTERM`` tells
    it to stop, and takes nothing from it.
    """

    signal_number: signal.Signals
    moment: float
    """0-1: below a third before, below two thirds after the effect, else up to 50 ms after the answer."""

    @property
    def column(self) -> str:
        """A crash, or nothing of a call's own."""
        return KILLED if self.signal_number is signal.SIGKILL else ""

    def apply(self, exchange: Exchange) -> None:
        """Strike, and relay as far as it comes."""
        caller = exchange.caller()
        harmless = self.signal_number is signal.SIGTERM
        if self.moment < 1 / 3 and not harmless:
            self._strike(exchange, caller)
            raise ClientGoneError
        answer = exchange.forward()
        if self.moment < 2 / 3 and not harmless:
            self._strike(exchange, caller)
            raise ClientGoneError
        exchange.reply(answer)
        if not harmless:
            time.sleep((self.moment - 2 / 3) * 0.15)
            exchange.answered = False  # whatever the process did with it, it can't tell any more
        self._strike(exchange, caller)

    def _strike(self, exchange: Exchange, caller: psutil.Process | None) -> None:
        if caller is not None:
            caller.send_signal(self.signal_number)
            exchange.note()
            exchange.crashed = self.signal_number is not signal.SIGTERM


@dataclass(frozen=True, slots=True)
class Starve:
    """Take the calling process's memory away, then answer: what it allocates next ends it."""

    column: str = ""

    def apply(self, exchange: Exchange) -> None:
        """Starve it, and relay."""
        caller = exchange.caller()
        answer = exchange.forward()
        if caller is not None:
            starve(caller)
            exchange.note()
            exchange.crashed = True
        exchange.reply(answer)
        exchange.answered = False
