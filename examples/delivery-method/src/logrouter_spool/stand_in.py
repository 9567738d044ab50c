"""The method's destination inside the process, for the conformance kit."""

import json
from pathlib import Path

from logrouter_spool.config import SpoolConfig
from logrouter_spool.delivery import SpoolDelivery
from runtime.conformance.stand_in import StandIn, TakenEvent


class SpoolStandIn(StandIn):
    """Files in memory. The kit makes ``reached`` fail: before anything is written, as the disk would."""

    method = SpoolDelivery

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, bytes] = {}

    def config(self, number: int) -> SpoolConfig:
        """Return a config for one directory of many."""
        return SpoolConfig(tenant_id="acme-corp", type=f"spool:n{number}", directory=f"/var/spool/{number}")

    def taken(self) -> list[TakenEvent]:
        """Return every line of every file."""
        lines = [json.loads(line) for content in self.files.values() for line in content.splitlines()]
        return [TakenEvent(line["message"], bytes.fromhex(line["id"])) for line in lines]

    def make(self) -> SpoolDelivery:
        """Construct the method with these files in the place of the disk."""
        stand_in = self

        class InMemory(SpoolDelivery):
            def append(self, file: Path, lines: bytes) -> None:
                stand_in.reached()
                stand_in.files[str(file)] = stand_in.files.get(str(file), b"") + lines

        return InMemory(self.services())
