"""One heartbeat a loop in one file, whose time is that of the loop that has been silent for the longest."""

import logging
import os
from pathlib import Path

from runtime import scheduling
from runtime.logs import without_message

logger = logging.getLogger("logrouter.heartbeat")


class Heartbeats:
    """The loops of a host. A probe reads the file's time: a loop that is stuck makes it old. Shared by all threads."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._beats: dict[str, float] = {}
        self._lock = scheduling.lock()

    def beat(self, loop: str) -> None:
        """Note that a loop is alive. A file that can't be written stops no loop; the probe will see it."""
        if self._file is None:
            return
        with self._lock:
            self._beats[loop] = scheduling.now()
            oldest = min(self._beats.values())
            try:
                self._file.touch()
                os.utime(self._file, (oldest, oldest))
            except OSError as error:
                logger.warning("the heartbeat file can't be touched", extra=without_message(error))
