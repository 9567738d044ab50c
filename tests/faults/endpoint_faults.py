"""What a customer's endpoint does to a request that no service of AWS would."""

import gzip
import json
from dataclasses import dataclass, replace
from typing import Final

from tests.faults.exchange import Answer, Exchange
from tests.faults.injected import HALF_OPEN, THROTTLED

REFUSED_ITEM: Final = {"create": {"status": 429, "error": {"type": "es_rejected_execution_exception"}}}


@dataclass(frozen=True, slots=True)
class LimitRate:
    """Answer 429 and say when to come again; nothing takes effect."""

    seconds: int = 1
    column: str = THROTTLED

    def apply(self, exchange: Exchange) -> None:
        """Answer."""
        exchange.meet()
        exchange.reply(Answer(429, {"Retry-After": str(self.seconds)}))


@dataclass(frozen=True, slots=True)
class Drip:
    """Nothing takes effect; a good head comes, then a byte of its body now and then, without an end."""

    every_seconds: float = 0.3
    bytes_in_all: int = 300
    column: str = HALF_OPEN

    def apply(self, exchange: Exchange) -> None:
        """Drip until the client gives up."""
        exchange.meet()
        exchange.connection.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % self.bytes_in_all)
        for _ in range(self.bytes_in_all - 1):
            exchange.wait(self.every_seconds)
            exchange.connection.write(b" ")
        exchange.reset()


@dataclass(frozen=True, slots=True)
class RefuseItems:
    """Let every other document of a bulk request be created, and refuse the others for now."""

    column: str = THROTTLED

    def apply(self, exchange: Exchange) -> None:
        """Forward a part, and answer for all."""
        lines = gzip.decompress(exchange.request.body).splitlines(keepends=True)
        pairs = [b"".join(lines[at : at + 2]) for at in range(0, len(lines), 2)]
        body = gzip.compress(b"".join(pairs[::2]))
        headers = {name: value for name, value in exchange.request.headers.items() if name.lower() != "content-length"}
        exchange.request = replace(exchange.request, headers=headers, body=body)
        answer = exchange.forward()
        exchange.meet()
        if not answer.succeeded:
            exchange.reply(answer)
            return
        created = iter(json.loads(answer.body)["items"])
        items = [REFUSED_ITEM if number % 2 else next(created) for number in range(len(pairs))]
        document = {"errors": True, "items": items}
        exchange.reply(replace(answer, body=json.dumps(document).encode()))
