"""One module a gap, each with an ``apply``; applied inside the emulator's own process, in the order of their names."""

from importlib import import_module
from pkgutil import iter_modules

PATCHES = tuple(import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
