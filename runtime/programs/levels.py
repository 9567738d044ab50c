"""The level that lines say themselves, as the ready-made programs read it."""

from typing import Final

from runtime.objects.batches import Batch
from runtime.programs import application
from runtime.programs.sandbox import Sandbox
from runtime.programs.shapes import LEVEL_OF_A_LINE

NAMES: Final = {b"0": "debug", b"1": "info", b"2": "warning", b"3": "error", b"4": "fatal"}
_PROGRAM: Final = f"{LEVEL_OF_A_LINE}. = level"


def levels_of(batch: Batch, sandbox: Sandbox, seconds: float) -> list[str]:
    """Return each line's level, empty where it says none. Raises as ``Sandbox.run``."""
    answer = sandbox.run(_PROGRAM, application.inputs(batch, None), len(batch), seconds)
    return [NAMES.get(each, "") for each in answer.text.split(b"\n")]
