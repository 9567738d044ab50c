"""Versions of the whole system as plain templates and zips, deployed by CloudFormation alone: today's, an earlier one.

The earlier one is kept in ``earlier_version.tar.xz``: its templates, its own sources, and the pins of its dependencies,
which are installed again. It is renewed at a release, in that version's checkout: ``make up``, then
``python -m tests.e2e.versions build/local/cdk.out``.
"""

import io
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local.deployment.onboarding import STACK
from local.paths import ROOT
from local.verification.removal import stack_status
from local.waiting import wait_until
from stacks.bundling import steps
from stacks.bundling.packages import PROCESSOR
from stacks.bundling.runtime_asset import FunctionArchitecture
from tests.e2e.cloud import CENTRAL, Cloud

ARCHIVE = Path(__file__).with_name("earlier_version.tar.xz")
OWN = ("runtime", "vector_config")
"""A function's folders that are ours, beside its ``*.dist-info``; all else is dependencies."""
REQUIREMENTS = ("runtime/processor/requirements.txt", "runtime/api/requirements.txt")
PINS = "requirements.txt"
"""The functions' pins in the archive, all in one: they agree on what they share."""
PARTS = ("CentralRole", "Storage", "Collection", "Outside", "Processing", "Api", "Monitoring")
"""The central stacks' names, each after those that it needs; an earlier version may lack some."""
ENDED = ("_COMPLETE", "_FAILED")


@dataclass(frozen=True)
class Version:
    """Templates by stack, and functions' zips by the key that the templates name."""

    templates: dict[str, str]
    functions: dict[str, bytes]

    @classmethod
    def of(cls, folder: Path, dependencies: Path | None = None) -> "Version":
        """Read an assembly.

        :param dependencies: a folder of packages for the functions, where theirs have none.
        """
        templates = {
            path.name.removesuffix(".template.json"): path.read_text() for path in folder.glob("*.template.json")
        }
        packages = {path.relative_to(dependencies): path for path in files_of(dependencies)} if dependencies else {}
        functions = {}
        for asset in functions_of(folder):
            if not any(asset.name.removeprefix("asset.") in template for template in templates.values()):
                continue  # of a synthesis before
            content = {path.relative_to(asset): path for path in files_of(asset)}
            functions[f"{asset.name.removeprefix('asset.')}.zip"] = _zip(packages | content)
        return cls(templates, functions)


def earlier() -> Version:
    """Return the earlier version, with its dependencies as it had pinned them."""
    with tempfile.TemporaryDirectory() as folder, tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder, filter="data")
        packages = Path(folder) / "packages"
        steps.install_wheels(Path(folder) / PINS, packages, FunctionArchitecture.of_this_machine().wheel_platform)
        steps.cut_packages(packages)
        steps.cut_sdk(packages, PROCESSOR.services)
        return Version.of(Path(folder), packages)


def keep(assembly: Path) -> None:
    """Write this checkout's assembly as the earlier version."""
    compile_ = [
        "-m",
        "uv",
        "pip",
        "compile",
        "--quiet",
        "--no-header",
        "--no-annotate",
        "--no-emit-index-url",
        "--generate-hashes",
    ]
    command = [sys.executable, *compile_, "--python-version", steps.PYTHON_VERSION, *REQUIREMENTS]
    pins = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout
    with tarfile.open(ARCHIVE, "w:xz", preset=9) as archive:
        _add(archive, PINS, pins)
        for path in sorted(assembly.glob("*.template.json")):
            _add(archive, path.name, path.read_bytes())
        for asset in functions_of(assembly):
            for path in files_of(asset):
                if is_own(path, asset) and path.suffix != ".pyc":
                    _add(archive, str(path.relative_to(assembly)), path.read_bytes())


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def functions_of(assembly: Path) -> list[Path]:
    """Return the folders of an assembly's functions."""
    return [path for path in sorted(assembly.glob("asset.*")) if (path / "runtime").is_dir()]


def files_of(folder: Path) -> Iterator[Path]:
    """Return all files below a folder, in order."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file())


def is_own(path: Path, asset: Path) -> bool:
    """Return whether a function's file is of this project."""
    top = path.relative_to(asset).parts[0]
    return top in OWN or top.startswith("logrouter-")


def _zip(content: dict[Path, Path]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, path in content.items():
            archive.writestr(str(name), path.read_bytes())
    return buffer.getvalue()


def central_stacks(version: Version) -> list[str]:
    """Return the names of a version's central stacks, in the order in which they can be deployed."""
    return sorted(version.templates.keys() - {STACK}, key=lambda name: PARTS.index(part_of(name)))


def part_of(stack: str) -> str:
    """Return the part that a stack is, whatever its Region."""
    return stack.removeprefix("LogRouter").partition("-")[0]


@contextmanager
def suppress_unchanged() -> Iterator[None]:
    """Go on where a stack is the same in both versions."""
    try:
        yield
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise


@dataclass(frozen=True)
class Installation:
    """The system in accounts of its own, deployed over whatever version is there."""

    cloud: Cloud
    central: str
    customer: str

    def deploy(self, version: Version) -> dict[str, str]:
        """Deploy the central stacks of a version, one after the other; return all their outputs."""
        s3, bucket = self._assets(self.central)
        ssm = self.cloud.client("ssm", self.central)  # of the CDK's bootstrap, this is all that templates ask for
        ssm.put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String", Overwrite=True)
        for key, body in version.functions.items():
            s3.put_object(Bucket=bucket, Key=key, Body=body)
        outputs: dict[str, str] = {}
        for name in central_stacks(version):
            outputs |= self.deploy_stack(self.central, version, name, {})
        return outputs

    def go_back(self, now: Version, earlier: Version) -> dict[str, str]:
        """Deploy an earlier version over a later one; return its outputs.

        What imports from a stack that the earlier version doesn't have goes back first, then that stack is removed.
        """
        gone = [name for name in central_stacks(now) if name not in central_stacks(earlier)]
        first = min((PARTS.index(part_of(name)) for name in gone), default=len(PARTS))
        for name in central_stacks(earlier):
            if PARTS.index(part_of(name)) > first:
                self.deploy_stack(self.central, earlier, name, {})
        self._remove(gone)
        return self.deploy(earlier)

    def _remove(self, stacks: list[str]) -> None:
        cloudformation = self.cloud.client("cloudformation", self.central)
        for name in reversed(stacks):  # those that import first
            cloudformation.delete_stack(StackName=name)
            wait_until(
                lambda name=name: stack_status(cloudformation, name) in {None, "DELETE_COMPLETE"},
                what=f"{name} to be gone",
                timeout_seconds=60,
            )

    def deploy_customer(self, version: Version, parameters: dict[str, str]) -> dict[str, str]:
        """Deploy the onboarding template of a version."""
        return self.deploy_stack(self.customer, version, STACK, parameters)

    def _assets(self, account: str) -> tuple[Any, str]:
        """Return a client and the bucket of what is deployed into an account: the CDK's bootstrap names it so."""
        s3, bucket = self.cloud.client("s3", account), f"cdk-hnb659fds-assets-{account}-us-east-1"
        s3.create_bucket(Bucket=bucket)
        return s3, bucket

    def deploy_stack(self, account: str, version: Version, name: str, parameters: dict[str, str]) -> dict[str, str]:
        """Create a stack, or update it; return its outputs."""
        cloudformation = self.cloud.client("cloudformation", account)
        s3, bucket = self._assets(account)
        s3.put_object(Bucket=bucket, Key=name, Body=version.templates[name].replace(CENTRAL, self.central).encode())
        there = {each["StackName"] for each in cloudformation.describe_stacks()["Stacks"]}
        act = cloudformation.update_stack if name in there else cloudformation.create_stack
        with suppress_unchanged():
            act(
                StackName=name,
                TemplateURL=f"https://s3.us-east-1.amazonaws.com/{bucket}/{name}",
                Capabilities=["CAPABILITY_NAMED_IAM"],
                Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            )

        def ended() -> Any:
            (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
            return stack if stack["StackStatus"].endswith(ENDED) else None

        stack = wait_until(ended, what=f"stack {name}", timeout_seconds=60)
        assert stack["StackStatus"] in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}, stack
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
