"""The emulator's own virtual environment: it pins its own SDK, which isn't the project's."""

import hashlib
import os
import sys
from pathlib import Path

from local.locking import locked
from local.paths import ROOT, TOOLS
from local.processes import run

REQUIREMENTS = ROOT / "local" / "requirements.txt"
PACKAGES = TOOLS / "emulator"


def emulator_python() -> Path:
    """Give the interpreter of the emulator's environment, made anew whenever its requirements change."""
    ensure_environment(PACKAGES, REQUIREMENTS)
    return PACKAGES / "bin" / "python"


def ensure_environment(place: Path, requirements: Path) -> None:
    """Make the environment unless it is there; processes that want it at once wait for each other."""
    with locked(place):
        if not is_current(place, requirements):
            _make_environment(place, requirements)


def _make_environment(place: Path, requirements: Path) -> None:
    """Install the pinned requirements with uv, which takes a second where pip takes twenty."""
    uv = (sys.executable, "-m", "uv")
    make = (*uv, "venv", "--quiet", "--clear", "--python", sys.executable, place)
    into = ("--quiet", "--python", place / "bin" / "python")
    install = (*uv, "pip", "install", *into, "--require-hashes", "-r", requirements)
    for command in (make, install):
        run(command, log=place.with_suffix(".log"), env=os.environ, cwd=ROOT)
    _mark(place).write_text(_digest(requirements))


def is_current(place: Path, requirements: Path) -> bool:
    """Say whether the environment was made, to its end, from these very requirements."""
    mark = _mark(place)
    return mark.exists() and mark.read_text() == _digest(requirements)


def _mark(place: Path) -> Path:
    return place / "requirements.sha256"


def _digest(requirements: Path) -> str:
    return hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()
