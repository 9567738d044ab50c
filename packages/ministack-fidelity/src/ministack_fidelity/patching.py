"""Replacing a function of the emulator: checked first, so that a new version can't silently drop a patch."""

import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

type Function = Callable[..., Any]

REVIEW = "review the patch before moving to this version of the emulator"


class PatchTargetMissingError(RuntimeError):
    """The emulator no longer has what a patch replaces, or it takes other parameters."""


@dataclass(frozen=True, slots=True)
class Target:
    """One function of the emulator, by module and name, with the parameters it is expected to take."""

    module: str
    name: str
    parameters: tuple[str, ...]

    def resolve(self) -> Function:
        """Return the function as it is now. Raises ``PatchTargetMissingError`` if it isn't what was expected."""
        function: Function | None = getattr(importlib.import_module(self.module), self.name, None)
        if not callable(function):
            raise PatchTargetMissingError(self._message("is gone"))
        found = tuple(inspect.signature(function).parameters)
        if found != self.parameters:
            raise PatchTargetMissingError(self._message(f"takes {found} where {self.parameters} was expected"))
        return function

    def _message(self, problem: str) -> str:
        return f"{self.module}.{self.name} {problem}: {REVIEW}"


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the emulator, by module and name: a dict, or what has these methods."""

    module: str
    name: str
    methods: tuple[str, ...] = ("get", "setdefault", "items")

    def resolve(self) -> Any:
        """Return the table. Raises ``PatchTargetMissingError`` if it is gone."""
        table = getattr(importlib.import_module(self.module), self.name, None)
        if not all(hasattr(table, method) for method in self.methods):
            raise PatchTargetMissingError(f"{self.module}.{self.name} is no table: {REVIEW}")
        return table


def wrap(target: Target, make: Callable[[Function], Function]) -> None:
    """Replace the target by ``make(original)``, in its module and in the module's tables of handlers."""
    original = target.resolve()
    replacement = make(original)
    replacement.__wrapped__ = original  # type: ignore[attr-defined]  # a second patch sees the same parameters
    module = importlib.import_module(target.module)
    setattr(module, target.name, replacement)
    for table in (getattr(module, "_HANDLERS", {}), *getattr(module, "_RESOURCE_HANDLERS", {}).values()):
        for action in [action for action, handler in table.items() if handler is original]:
            table[action] = replacement


def one_at_a_time(original: Function, lock: Any) -> Function:
    """Return the function behind a lock, which others may share."""

    def step(*arguments: Any, **named: Any) -> Any:
        with lock:
            return original(*arguments, **named)

    return step


def emulator(module: str) -> Any:
    """Import one of the emulator's modules; untyped, because it isn't installed where types are checked."""
    return importlib.import_module(f"ministack.{module}")
