"""What is done to a call. Each fault gets the exchange and does with it what an unreliable world would."""

import json
import re
import signal
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import psutil

from local.faults.exchange import Answer, ClientGoneError, Exchange
from local.faults.memory import starve
from runtime.deliveries.role_chain import RENEW_BEFORE_SECONDS


class Fault(Protocol):
    """One thing that goes wrong with one call."""

    def apply(self, exchange: Exchange) -> None:
        """Do it. May raise ``ClientGoneError``."""


@dataclass(frozen=True, slots=True)
class Pass:
    """Leave it alone: what the customer did is the fault, or the caller's own clock."""

    def apply(self, exchange: Exchange) -> None:
        """Relay."""
        exchange.reply(exchange.forward())


@dataclass(frozen=True, slots=True)
class Refuse:
    """Answer with an error of the service; nothing takes effect."""

    status: int
    code: str
    message: str = "injected"

    def apply(self, exchange: Exchange) -> None:
        """Answer in the service's own protocol."""
        exchange.reply(self._answer(exchange.call.service))

    def _answer(self, service: str) -> Answer:
        if service == "s3":
            body = f"<Error><Code>{self.code}</Code><Message>{self.message}</Message></Error>"
            return Answer(self.status, {"Content-Type": "application/xml"}, body.encode())
        if service == "sts":
            error = f"<Error><Type>Sender</Type><Code>{self.code}</Code><Message>{self.message}</Message></Error>"
            body = f"<ErrorResponse>{error}<RequestId>injected</RequestId></ErrorResponse>"
            return Answer(self.status, {"Content-Type": "text/xml"}, body.encode())
        document = {"__type": self.code, "message": self.message}
        return Answer(self.status, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(document).encode())


@dataclass(frozen=True, slots=True)
class Reset:
    """Reset the connection before anything is done."""

    def apply(self, exchange: Exchange) -> None:
        """Cut it off."""
        exchange.reset()


@dataclass(frozen=True, slots=True)
class CutAnswer:
    """The call takes effect; the connection is reset in the middle of its answer."""

    def apply(self, exchange: Exchange) -> None:
        """Forward, answer half."""
        exchange.cut(exchange.forward())


@dataclass(frozen=True, slots=True)
class LoseAnswer:
    """The call takes effect; its answer never comes."""

    def apply(self, exchange: Exchange) -> None:
        """Forward, answer nothing."""
        exchange.forward()
        exchange.reset()


@dataclass(frozen=True, slots=True)
class Slow:
    """The answer takes its time, and comes."""

    seconds: float

    def apply(self, exchange: Exchange) -> None:
        """Wait, then relay."""
        exchange.wait(self.seconds)
        exchange.reply(exchange.forward())


@dataclass(frozen=True, slots=True)
class Hang:
    """Nothing comes, nothing is done, and the connection stays open."""

    seconds: float = 90.0

    def apply(self, exchange: Exchange) -> None:
        """Wait for the client to give up."""
        exchange.wait(self.seconds)
        exchange.reset()


@dataclass(frozen=True, slots=True)
class ShortSession:
    """A session that the processor renews a second later, so that there are calls of STS for other faults to meet."""

    def apply(self, exchange: Exchange) -> None:
        """Forward, and answer with an early expiry."""
        answer = exchange.forward()
        expires_at = datetime.now(UTC) + timedelta(seconds=RENEW_BEFORE_SECONDS + 1)
        stamp = f"<Expiration>{expires_at:%Y-%m-%dT%H:%M:%SZ}</Expiration>".encode()
        exchange.reply(replace(answer, body=re.sub(rb"<Expiration>.*?</Expiration>", stamp, answer.body)))


@dataclass(frozen=True, slots=True)
class Strike:
    """Send a signal to the calling process: before its call, after it took effect, or some time after the answer.

    ``SIGKILL`` is a crash. ``SIGSTOP`` is work that never ends: the host's own timeout has to end it.
    """

    signal_number: signal.Signals
    moment: float
    """0-1: below a third before, below two thirds after the effect, else up to 50 ms after the answer."""

    def apply(self, exchange: Exchange) -> None:
        """Strike, and relay as far as it comes."""
        caller = exchange.caller()
        if self.moment < 1 / 3:
            self._strike(caller)
            raise ClientGoneError
        answer = exchange.forward()
        if self.moment < 2 / 3:
            self._strike(caller)
            raise ClientGoneError
        exchange.reply(answer)
        time.sleep((self.moment - 2 / 3) * 0.15)
        exchange.answered = False  # whatever the process did with it, it can't tell any more
        self._strike(caller)

    def _strike(self, caller: psutil.Process | None) -> None:
        if caller is not None:
            caller.send_signal(self.signal_number)


@dataclass(frozen=True, slots=True)
class Starve:
    """Take the calling process's memory away, then answer: what it allocates next ends it."""

    def apply(self, exchange: Exchange) -> None:
        """Starve it, and relay."""
        caller = exchange.caller()
        answer = exchange.forward()
        if caller is not None:
            starve(caller)
        exchange.reply(answer)
        exchange.answered = False
