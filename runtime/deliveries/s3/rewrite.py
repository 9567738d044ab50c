"""The object of an S3 delivery with a program: read, transformed, and written as one object instead of a copy.

Loaded with the first of them. There is no checkpoint: an attempt makes the whole object, under the name of the copy.
"""

import zlib
from dataclasses import dataclass, field
from typing import Final

from runtime.backoff import Retry
from runtime.deliveries.documents import EventDocuments
from runtime.deliveries.method import BatchSource, Delivery, DeliveryProgress, DeliveryServices
from runtime.deliveries.programs import FAILED, apply_program
from runtime.deliveries.set_aside import GZIP, SetAside, SetAsideEvent
from runtime.errors import RefusedError
from runtime.objects.batches import Batch

MAX_BODY_BYTES: Final = 128 * 1024 * 1024
"""Ours, compressed: it is held in memory. The agent closes an object long before."""


@dataclass(slots=True)
class RewrittenObject:
    """The body, and what was counted on the way: to be added to the delivery's progress when it is written."""

    services: DeliveryServices
    retry: Retry
    delivery: Delivery
    counted: DeliveryProgress = field(default_factory=DeliveryProgress)

    def body(self, source: BatchSource) -> bytes:
        """Return the gzip NDJSON; empty where the program has dropped everything.

        :raises runtime.errors.DeliveryError: the object can't be read, the program can't run, or makes too much.
        """
        documents = EventDocuments(self.delivery.object.key, time="timestamp")
        compressor, parts, size = zlib.compressobj(wbits=GZIP), list[bytes](), 0
        for batch in source.batches(0):
            self.delivery.budget.check()
            made = self._made_of(batch)
            lines = [documents.write(*each) for each in zip(made.timestamps, made.literals, strict=True)]
            parts.append(compressor.compress(b"\n".join([*lines, b""]) if lines else b""))
            size += len(parts[-1])
            if size > MAX_BODY_BYTES:
                raise RefusedError("program-output-too-large", f"over {MAX_BODY_BYTES:,} bytes, compressed")
        parts.append(compressor.flush())
        return b"".join(parts) if self.counted.events else b""

    def note(self, size: int) -> None:
        """Add what was counted to the delivery's progress: the object is written. :param size: of its body."""
        progress, counted = self.delivery.progress, self.counted
        progress.events, progress.bytes = counted.events, size
        progress.oldest_event_ms = counted.oldest_event_ms
        progress.set_aside, progress.program_counts = counted.set_aside, counted.program_counts

    def _made_of(self, batch: Batch) -> Batch:
        """Run the program over one batch; set aside what it fails with, where the tenant wants that."""
        kills, budget = self.services.killed_programs, self.delivery.budget
        output = self.retry.run(lambda: apply_program(self.delivery, batch, kills), budget)
        failed = [SetAsideEvent(FAILED, batch.timestamps[at], batch.literals[at]) for at in output.failed]
        if failed:
            kept = SetAside(self.services.clients, self.services.settings.central_bucket)
            self.retry.run(lambda: kept.write(self.delivery, batch.index, failed), budget)
            self.counted.set_aside[FAILED] += len(failed)
        counted, made = self.counted, output.batch
        counted.events += len(made)
        counted.program_counts.update(output.counts)
        if len(made):
            counted.oldest_event_ms = min(made.timestamps[0], counted.oldest_event_ms or made.timestamps[0])
        return made
