"""A function's code as an asset: built once for each content and architecture, measured, and kept."""

import hashlib
import platform
import shutil
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import TYPE_CHECKING, Final

from constructs_lib.limits import require
from stacks.bundling import byte_code, distribution, packages, steps
from stacks.bundling.distribution import PROJECT, Distribution, build_directory
from stacks.bundling.packages import PROCESSOR, FunctionPackage

if TYPE_CHECKING:
    from aws_cdk import aws_lambda as lambda_


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
    def of_lambda(self) -> "lambda_.Architecture":
        """The architecture as the CDK has it."""
        from aws_cdk import aws_lambda as lambda_  # noqa: PLC0415 - without a synthesis nothing needs the CDK

        return {"arm64": lambda_.Architecture.ARM_64, "x86_64": lambda_.Architecture.X86_64}[self.value]


@dataclass(frozen=True, kw_only=True)
class RuntimeAsset:
    """A directory with what the function runs, ready to be zipped.

    :param directory: ``build/assets/<package>-<architecture>-<content hash>``.
    :param zip_bytes: what it weighs as a zip.
    """

    directory: Path
    zip_bytes: int

    def code(self) -> "lambda_.Code":
        """Return it as a function takes it. Its hash is that of its name, which says all that it is made of."""
        from aws_cdk import aws_lambda as lambda_  # noqa: PLC0415 - as above

        return lambda_.Code.from_asset(str(self.directory), asset_hash=self.directory.name)


def asset_hash(name: str) -> str:
    """Return the hash by which templates name an asset, of its directory's name."""
    return hashlib.sha256(name.encode()).hexdigest()


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
    _build(directory, lambda bundle: _fill(bundle, project, architecture, package))
    size = zipped(directory, _libraries(project, architecture, package)).stat().st_size
    budget = package.zip_budget_bytes
    print(  # noqa: T201 - the CDK command line shows what the app prints
        f"{package.name} ({architecture.value}): zip of {size:,} bytes, budget {budget:,}", file=sys.stderr
    )
    require(holds=size <= budget, constraint=f"the {package.name}'s zip must be at most {budget:,} bytes, not {size:,}")
    return RuntimeAsset(directory=directory, zip_bytes=size)


def zipped(directory: Path, libraries: Path | None = None) -> Path:
    """Return an asset's directory as a zip (deflated, as the CDK does it); kept beside it, as it takes a second.

    :param libraries: a directory whose files are among the asset's: its zip is copied and the other files are added.
    """
    kept = directory.with_name(f"{directory.name}.zip")
    if not kept.is_file():
        with NamedTemporaryFile(dir=directory.parent, delete=False) as unfinished:
            if libraries is not None:
                unfinished.write(zipped(libraries).read_bytes())
            with zipfile.ZipFile(unfinished, "a", zipfile.ZIP_DEFLATED) as archive:
                there = {*archive.namelist()}
                for file in _files(directory):
                    if str(file.relative_to(directory)) not in there:
                        archive.write(file, file.relative_to(directory))
            Path(unfinished.name).rename(kept)
    return kept


def _build(directory: Path, fill: Callable[[Path], None]) -> Path:
    """Build next to the target and move it there: an interrupted or concurrent build is never visible."""
    if directory.is_dir():
        return directory
    directory.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="unfinished-", dir=directory.parent) as temporary:
        bundle = Path(temporary) / "bundle"
        bundle.mkdir()
        fill(bundle)
        with suppress(OSError):  # Another process was faster: the same content.
            bundle.rename(directory)
    if not directory.is_dir():
        raise steps.BundleError(f"{directory} can't be made")
    return directory


def _fill(bundle: Path, project: Path, architecture: FunctionArchitecture, package: FunctionPackage) -> None:
    libraries = _libraries(project, architecture, package)
    shutil.copytree(libraries, bundle, dirs_exist_ok=True)
    steps.copy_sources(project, bundle, package.without)
    steps.write_metadata(project, bundle)
    steps.compile_sources(bundle)


def _libraries(project: Path, architecture: FunctionArchitecture, package: FunctionPackage) -> Path:
    """Return a directory with what doesn't change with our sources: most of the work, done once for the same pins."""
    digest = hashlib.sha256()
    for file in (*_STEPS, project / package.requirements, project / steps.PLUG_INS):
        digest.update(file.read_bytes() if file.is_file() else b"")
    name = f"libraries-{package.name}-{architecture.value}-{digest.hexdigest()[:16]}"

    def fill(bundle: Path) -> None:
        steps.install_wheels(project / package.requirements, bundle, architecture.wheel_platform)
        steps.cut_packages(bundle)
        steps.cut_sdk(bundle, package.services)
        steps.install_plug_ins(project / steps.PLUG_INS, bundle, architecture.wheel_platform)
        steps.compile_sources(bundle)

    return _build(build_directory(project) / "assets" / name, fill)


_STEPS: Final = [
    Path(module) for module in (__file__, distribution.__file__, packages.__file__, steps.__file__, byte_code.__file__)
]


def _content_hash(project: Path, architecture: FunctionArchitecture, package: FunctionPackage) -> str:
    """Hash everything that the asset is made of: sources, pins, the project's metadata, and these steps."""
    digest = hashlib.sha256(f"{architecture.value} {package.name} {Distribution.of(project)}".encode())
    own = _STEPS
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
