"""Which call meets which fault: seeded, by kind; a kind's rules concern its own tenants' calls alone."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from random import Random

from tests.faults.call import Call
from tests.faults.exchange import ClientGoneError, Exchange
from tests.faults.injected import Fault
from tests.faults.ledger import Ledger

OFTEN = 0.7
"""Most calls fail: a delivery's own retries meet several faults, and now and then all of them fail."""

type MakeFault = Callable[[Random], Fault]


class Counts(StrEnum):
    """Which calls that meet a rule count as injections."""

    ALL = "all"
    REFUSED = "refused"
    """Those that the embedded cloud itself refuses: a customer has deleted what they need."""

    NONE = "none"
    """It only lets another fault be met."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Calls (``service:Action``; ``service:*`` is any of that service) that meet a fault, each with some chance.

    :param host: concerns the host's own calls, too, which name no tenant (receiving and deleting messages).
    :param counts: what of it is a fault met. :param of: the only host whose calls it concerns; empty: any.
    """

    calls: frozenset[str]
    make: MakeFault
    chance: float = OFTEN
    host: bool = False
    counts: "Counts" = Counts.ALL
    of: str = ""

    def concerns(self, call: Call) -> bool:
        """Whether it may meet that call."""
        if self.of not in ("", call.host):
            return False
        return call.name in self.calls or f"{call.service}:*" in self.calls

    @property
    def columns(self) -> frozenset[str]:
        """Return the columns of the table of calls and faults that it may fill."""
        drawn = {self.make(Random(number)).column for number in range(DRAWS)}
        return frozenset(drawn - {""}) if self.counts is Counts.ALL else frozenset()


DRAWS = 64
"""Faults that are drawn to see which a rule makes: of four that are equally likely, each is among them."""


def rule(
    calls: str,
    fault: Fault | MakeFault,
    chance: float = OFTEN,
    *,
    host: bool = False,
    counts: Counts = Counts.ALL,
    of: str = "",
) -> Rule:
    """Write a rule shortly: calls separated by blanks; a fault that is always the same as it is."""
    make: MakeFault = fault if callable(fault) else lambda _: fault
    return Rule(frozenset(calls.split()), make, chance, host=host, counts=counts, of=of)


@dataclass(slots=True)
class Plan:
    """Decides for every relayed call. The n-th call that concerns a kind always draws the same lot of a seed.

    :param call_seconds: what every call takes besides: the embedded cloud answers in two milliseconds, AWS doesn't.
    """

    seed: int
    ledger: Ledger
    rules: dict[str, tuple[Rule, ...]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    call_seconds: float = 0.0
    _drawn: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def activate(self, kind: str, rules: tuple[Rule, ...]) -> None:
        """Let a kind's faults happen from now on."""
        self.rules[kind] = rules

    def deactivate(self, *kinds: str) -> None:
        """Let them happen no more."""
        for kind in kinds:
            self.rules.pop(kind, None)

    def relay(self, exchange: Exchange) -> None:
        """Do with an exchange what the plan says (the proxy's ``Relay``)."""
        begun = time.monotonic()
        self.ledger.begun(exchange.call)
        found = self._fault_for(exchange.call)
        try:
            exchange.wait(self.call_seconds)
            if found is None:
                exchange.reply(exchange.forward())
            else:
                kind, fault, counts = found
                inject = partial(self.ledger.inject, kind, exchange.call.name, fault.column)
                if counts is Counts.ALL:
                    exchange.noted = inject
                with suppress(ClientGoneError):
                    fault.apply(exchange)
                if counts is Counts.REFUSED and exchange.answered and not exchange.took_effect:
                    inject()
                if not exchange.answered:
                    raise ClientGoneError
        finally:
            self.ledger.relayed(exchange, time.monotonic() - begun)

    def _fault_for(self, call: Call) -> tuple[str, Fault, Counts] | None:
        for kind, rules in list(self.rules.items()):
            mine = self.kinds.get(call.tenant) == kind
            for one in rules:
                if not (mine or (one.host and not call.tenant)) or not one.concerns(call):
                    continue
                with self._lock:
                    number = self._drawn[kind]
                    self._drawn[kind] += 1
                lot = Random(f"{self.seed}/{kind}/{number}")
                if lot.random() < one.chance:
                    return kind, one.make(lot), one.counts
        return None
