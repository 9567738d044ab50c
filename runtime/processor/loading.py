"""What makes loading the processor cheaper: a tenth of a start's CPU."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager

_NO_PLUGINS = ("PYDANTIC_DISABLE_PLUGINS", "__all__")
"""Pydantic reads the entry points of every distribution for plugins of its own; there are none."""


@contextmanager
def loading() -> Iterator[None]:
    """Load modules inside: nothing of them is garbage, so it isn't looked for, then or later."""
    os.environ.setdefault(*_NO_PLUGINS)
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
