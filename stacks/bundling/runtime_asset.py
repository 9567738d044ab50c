"""A function's code as an asset: built once for each content and architecture, measured, and kept."""

import hashlib
import platform
import sys
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from aws_cdk import aws_lambda as lambda_

from constructs_lib.limits import require
from stacks.bundling import byte_code, distribution, packages, steps
from stacks.bundling.distribution import PROJECT, Distribution, build_directory
from stacks.bundling.packages import PROCESSOR, FunctionPackage


class FunctionArchitecture(StrEnum):
    """The processor that a function runs on, in Lambda's words."""

    ARM_64 = "arm64"
    X86_64 = "x86_64"

    @classmethod
    def of_this_machine(cls) -> "FunctionArchitecture":
        """Return this machine's architecture."""
        return cls.ARM_64 if platform.machine() in {"arm64", "aarch64"} else cls.X86_64

    @property
    def wheel_platform(self) -> str:
        """The platform of wheels that Lambda's Amazon Linux 2023 (glibc 2.34) can load, as uv names it."""
        return {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}[self.value]

    @property
    def of_lambda(self) -> lambda_.Architecture:
        """The architecture as the CDK has it."""
        return {"arm64": lambda_.Architecture.ARM_64, "x86_64": lambda_.Architecture.X86_64}[self.value]


@dataclass(frozen=True, kw_only=True)
class RuntimeAsset:
    """A directory with what the function runs, ready to be zipped.

    :param directory: ``build/assets/<package>-<architecture>-<content hash>``.
    :param zip_bytes: what it weighs as a zip.
    """

    directory: Path
    zip_bytes: int

    def code(self) -> lambda_.Code:
        """Return it as a function takes it."""
        return lambda_.Code.from_asset(str(self.directory))


def build_runtime_asset(
    architecture: FunctionArchitecture, project: Path = PROJECT, package: FunctionPackage = PROCESSOR
) -> RuntimeAsset:
    """Build the asset unless its content was built before.

    Raises ``BundleError`` where wheels are missing, ``PropertyError`` where the zip is over its budget.
    """
    require(
        holds=sys.version_info[:2] == tuple(int(n) for n in steps.PYTHON_VERSION.split(".")),
        constraint=f"the byte code is made for Python {steps.PYTHON_VERSION}: synthesize with it",
    )
    name = f"{package.name}-{architecture.value}-{_content_hash(project, architecture, package)}"
    directory = build_directory(project) / "assets" / name
    if not directory.is_dir():
        _build(project, directory, architecture, package)
    size = zipped_size(directory)
    budget = package.zip_budget_bytes
    print(  # noqa: T201 - the CDK command line shows what the app prints
        f"{package.name} ({architecture.value}): zip of {size:,} bytes, budget {budget:,}", file=sys.stderr
    )
    require(holds=size <= budget, constraint=f"the {package.name}'s zip must be at most {budget:,} bytes, not {size:,}")
    return RuntimeAsset(directory=directory, zip_bytes=size)


@cache
def zipped_size(directory: Path) -> int:
    """Return the size in bytes of an asset's directory as a zip (deflated, as the CDK does it)."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in _files(directory):
            archive.write(file, file.relative_to(directory))
    return buffer.tell()


def _build(project: Path, directory: Path, architecture: FunctionArchitecture, package: FunctionPackage) -> None:
    """Build next to the target and move it there: an interrupted or concurrent build is never visible."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="unfinished-", dir=directory.parent) as temporary:
        bundle = Path(temporary) / "bundle"
        bundle.mkdir()
        _fill(bundle, project, architecture, package)
        with suppress(OSError):  # Another process was faster: the same content.
            bundle.rename(directory)
    if not directory.is_dir():
        raise steps.BundleError(f"{directory} can't be made")


def _fill(bundle: Path, project: Path, architecture: FunctionArchitecture, package: FunctionPackage) -> None:
    steps.install_wheels(project / package.requirements, bundle, architecture.wheel_platform)
    steps.cut_packages(bundle)
    steps.cut_sdk(bundle, package.services)
    steps.install_plug_ins(project / steps.PLUG_INS, bundle, architecture.wheel_platform)
    steps.copy_sources(project, bundle, package.without)
    steps.write_metadata(project, bundle)
    steps.compile_sources(bundle)


def _content_hash(project: Path, architecture: FunctionArchitecture, package: FunctionPackage) -> str:
    """Hash everything that the asset is made of: sources, pins, the project's metadata, and these steps."""
    digest = hashlib.sha256(f"{architecture.value} {package.name} {Distribution.of(project)}".encode())
    modules = (__file__, distribution.__file__, packages.__file__, steps.__file__, byte_code.__file__)
    own = [Path(module) for module in modules]
    inputs = [*own]
    for source in steps.SOURCES:
        inputs += [
            file
            for file in _files(project / source)
            if not {"__pycache__", *package.without} & {*file.relative_to(project).parts}
        ]
    for file in inputs:
        digest.update(f"\0{file.name if file in own else file.relative_to(project)}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _files(directory: Path) -> Iterator[Path]:
    return (file for file in sorted(directory.rglob("*")) if file.is_file())
