"""The steps that fill a directory with what the function runs: wheels, sources, metadata, byte code.

Each step depends on its inputs alone: the same pins and sources give the same bytes on any machine.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from stacks.bundling import byte_code
from stacks.bundling.distribution import Distribution

PYTHON_VERSION: Final = "3.13"
PLUG_INS: Final = "runtime/plug-ins.txt"
SOURCES: Final = ("runtime", "vector_config")
_NOT_SOURCES: Final = (
    "__pycache__",
    "kubernetes",
    "Dockerfile",
    "*.md",
    "requirements*.txt",
    "plug-ins.txt",
    "*.pyc",
    "manifests",
)
_NOT_DATA: Final = ("examples-1.json", "waiters-2.json", "completions-1.json")
_NOT_NEEDED: Final = ("tests", "test", "__pycache__", "include", "bin", "share")
_UNUSED_PARTS: Final = ("dateutil/zoneinfo/dateutil-zoneinfo.tar.gz",)
"""Parts of packages that the processor never imports, and that nothing it imports does."""
_TYPE_HINTS: Final = ("*.pyi", "py.typed", "*.c", "*.pyx", "*.pxd", "*.h")


class BundleError(RuntimeError):
    """A step of the build failed; the message has the tool's own words."""


def install_wheels(requirements: Path, target: Path, platform: str) -> None:
    """Install the pinned wheels for another platform; nothing is compiled or run, no dependency is added."""
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:"]
    command += ["--python-platform", platform, "--python-version", PYTHON_VERSION, "--link-mode", "copy"]
    command += ["--target", str(target), "--require-hashes", "--requirement", str(requirements)]
    _run(command, "installing the function's wheels")


def install_plug_ins(listed: Path, target: Path, platform: str) -> None:
    """Install the delivery methods of others, with their metadata: they are found by their entry points."""
    lines = listed.read_text().splitlines() if listed.is_file() else []
    if any(line.strip() and not line.lstrip().startswith("#") for line in lines):
        install_wheels(listed, target, platform)


def cut_packages(target: Path) -> None:
    """Remove what a function never reads: tests, type hints, scripts, packages' metadata."""
    unused = [*target.glob("*.dist-info"), *(target / part for part in _UNUSED_PARTS)]
    for part in unused:
        shutil.rmtree(part) if part.is_dir() else part.unlink(missing_ok=True)
    for name in _NOT_NEEDED:
        for folder in sorted(target.rglob(name), reverse=True):
            if folder.is_dir():
                shutil.rmtree(folder)
    for pattern in _TYPE_HINTS:
        for file in target.rglob(pattern):
            file.unlink()
    for lock in target.glob(".lock"):
        lock.unlink()


def cut_sdk(target: Path, services: tuple[str, ...]) -> None:
    """Keep of the SDK's data the described services, without examples and waiters, and its general files."""
    data = target / "botocore" / "data"
    if not data.is_dir():
        return
    for entry in data.iterdir():
        if entry.is_dir() and entry.name not in services:
            shutil.rmtree(entry)
    for name in _NOT_DATA:
        for file in [*data.rglob(name), *data.rglob(f"{name}.gz")]:
            file.unlink()


def copy_sources(project: Path, target: Path, without: tuple[str, ...]) -> None:
    """Copy what runs, without images, manifests and prose, and without the folders that this function never imports."""
    for name in SOURCES:
        if (project / name).is_dir():
            shutil.copytree(project / name, target / name, ignore=shutil.ignore_patterns(*_NOT_SOURCES, *without))


def write_metadata(project: Path, target: Path) -> None:
    """Write the project's own dist-info: through its entry points the delivery methods are found."""
    described = Distribution.of(project)
    info = target / f"{re.sub(r'[-_.]+', '_', described.name)}-{described.version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {described.name}\nVersion: {described.version}\n")
    (info / "entry_points.txt").write_text(described.entry_points)


def compile_sources(target: Path) -> None:
    """Byte-compile everything, ours beside its sources, dependencies in their place (``byte_code``).

    In a process of its own, with a fixed hash seed: the order of a constant set in byte code follows from it.
    """
    command = [sys.executable, str(Path(byte_code.__file__)), str(target), *SOURCES]
    _run(command, "byte-compiling the function", environment={"PYTHONHASHSEED": "0"})


def _run(command: list[str], what: str, environment: dict[str, str] | None = None) -> None:
    """Run a step with words and paths of this checkout alone."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)  # noqa: S603 - see above
    if done.returncode != 0:
        raise BundleError(f"{what} failed:\n{done.stderr.strip()}")
