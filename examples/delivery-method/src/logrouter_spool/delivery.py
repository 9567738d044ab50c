"""The method: opens a sender for a delivery; the sender writes one request and says what became of its events."""

import errno
import os
from pathlib import Path
from typing import ClassVar, cast

from logrouter_spool.config import SpoolConfig
from runtime.deliveries.event_method import EventMethod
from runtime.deliveries.event_request import DELIVERED, EventRequest, Sender, Verdicts
from runtime.deliveries.method import Delivery
from runtime.delivery_config.model import DeliveryConfig
from runtime.errors import BlockedByCustomerError, DeliveryError, RetryableError

_BLOCKED = {errno.EACCES: "directory-denied", errno.EROFS: "directory-denied", errno.ENOENT: "directory-missing"}
"""What only the owner of the directory can fix. Everything else may pass: a full disk, an I/O error."""


class SpoolDelivery(EventMethod):
    """Appends events to ``{directory}/{tenant}-{date of the object}.ndjson``."""

    seam: ClassVar[int] = 2
    config_model: ClassVar[type[DeliveryConfig]] = SpoolConfig

    def open(self, delivery: Delivery) -> Sender:
        """Return what writes the delivery's requests. Nothing is touched yet."""
        config = cast("SpoolConfig", delivery.config)
        name = f"{config.tenant_id}-{delivery.object.key.filename[:8]}.ndjson"
        return _SpoolSender(self, Path(config.directory, name))

    def append(self, file: Path, lines: bytes) -> None:
        """Write and flush to the disk: who returns from here has a proof."""
        with file.open("ab") as opened:
            opened.write(lines)
            opened.flush()
            os.fsync(opened.fileno())


class _SpoolSender:
    """Writes one delivery's requests."""

    def __init__(self, method: SpoolDelivery, file: Path) -> None:
        self._method = method
        self._file = file

    def send(self, request: EventRequest) -> Verdicts:
        """Append the request's events, each with its id: a reader recognises a repetition by it."""
        batch = request.batch
        lines = b"".join(
            b'{"id":"%b","timestamp":%d,"message":%b}\n' % (id_.hex().encode(), timestamp, literal)
            for id_, timestamp, literal in zip(request.ids, batch.timestamps, batch.literals, strict=True)
        )
        try:
            self._method.append(self._file, lines)
        except OSError as error:
            raise _failure(error, self._file) from error
        return DELIVERED

    def close(self) -> None:
        """Nothing is held between two requests."""


def _failure(error: OSError, file: Path) -> DeliveryError:
    """Map an error to what happens next. The text names the file, never an event."""
    reason = _BLOCKED.get(error.errno or 0)
    if reason:
        return BlockedByCustomerError(reason, f"writing {file}: {errno.errorcode[error.errno or 0]}")
    return RetryableError("write-failed", f"writing {file}: {type(error).__name__}")
