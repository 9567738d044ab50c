"""A change of the functions' code alone, brought into the running cloud without a synthesis.

The stacks import some modules of ``runtime/`` (metrics, the config's model). While none of those has changed, and
nothing of the infrastructure, the templates are those that are deployed: each function whose zip is another one gets
its new code.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr
from dataclasses import asdict, dataclass
from io import StringIO
from pathlib import Path
from typing import Final, Self

from local.accounts import EmbeddedAccounts
from local.emulator import CENTRAL_ACCOUNT
from local.paths import ROOT
from stacks.assemblies import digest_of, source_files
from stacks.bundling.packages import API, OUTSIDE, PROCESSOR
from stacks.bundling.runtime_asset import FunctionArchitecture, RuntimeAsset, asset_hash, build_runtime_asset, zipped

RECORD: Final = "deployed.json"
PACKAGES: Final = (PROCESSOR, OUTSIDE, API)


@dataclass(frozen=True, slots=True)
class DeployedSources:
    """What the running cloud was deployed from.

    :param infrastructure: digest of all that the templates were made of.
    :param imported: modules of ``runtime/`` among that.
    :param synthesized: the asset of each package in the templates. :param running: in the functions.
    """

    infrastructure: str
    imported: list[str]
    synthesized: dict[str, str]
    running: dict[str, str]

    def save(self, home: Path) -> None:
        """Write it beside ``environment.json``."""
        (home / RECORD).write_text(json.dumps(asdict(self), indent=2) + "\n")

    @classmethod
    def load(cls, home: Path) -> Self | None:
        """Read it; ``None`` where nothing is deployed, or by a version that wrote none."""
        file = home / RECORD
        return cls(**json.loads(file.read_text())) if file.is_file() else None


def infrastructure_digest(imported: Iterable[str], app_sources: Iterable[Path]) -> str:
    """Return the digest of what templates are made of: of ``runtime/``, only the modules that are imported."""
    modules = {ROOT / name for name in imported}
    runtime = ROOT / "runtime"
    code = {file for file in source_files() if file.suffix == ".py" and file.is_relative_to(runtime)}
    return digest_of([*{*source_files()} - code, *modules, *app_sources])


def build_assets() -> dict[str, RuntimeAsset]:
    """Return each package's asset as the sources are now, by the package's name."""
    here = FunctionArchitecture.of_this_machine()
    with ThreadPoolExecutor() as pool, redirect_stderr(StringIO()):  # it tells the sizes: not in between the steps
        built = list(pool.map(lambda package: build_runtime_asset(here, package=package), PACKAGES))
    return {package.name: asset for package, asset in zip(PACKAGES, built, strict=True)}


@dataclass(frozen=True, slots=True)
class CodeUpdate:
    """Updates functions of the central account. ``assembly``: what they were deployed from."""

    accounts: EmbeddedAccounts
    assembly: Path

    def run(self, synthesized: Mapping[str, str], assets: Mapping[str, RuntimeAsset]) -> list[str]:
        """Update each function of these packages; return the functions' logical ids.

        :param synthesized: the packages' assets in the templates. :param assets: the new ones.
        """
        s3, functions = self.accounts.client("s3", CENTRAL_ACCOUNT), self.accounts.client("lambda", CENTRAL_ACCOUNT)
        updated: list[str] = []
        for package, asset in assets.items():
            found = list(self._functions(f"{asset_hash(synthesized[package])}.zip"))
            key, bucket = f"{asset_hash(asset.directory.name)}.zip", found[0][2] if found else ""
            if found:
                s3.put_object(Bucket=bucket, Key=key, Body=zipped(asset.directory).read_bytes())
            for logical_id, name, _ in found:
                functions.update_function_code(FunctionName=name, S3Bucket=bucket, S3Key=key)
                updated.append(logical_id)
        return updated

    def _functions(self, key: str) -> Iterator[tuple[str, str, str]]:
        """Yield the logical id and the name of each function with this code, and its bucket."""
        cloudformation = self.accounts.client("cloudformation", CENTRAL_ACCOUNT)
        for file in sorted(self.assembly.glob("*.template.json")):
            stack = file.name.removesuffix(".template.json")
            for logical_id, resource in json.loads(file.read_text()).get("Resources", {}).items():
                code = resource.get("Properties", {}).get("Code", {})
                if resource["Type"] == "AWS::Lambda::Function" and code.get("S3Key") == key:
                    detail = cloudformation.describe_stack_resource(StackName=stack, LogicalResourceId=logical_id)
                    name = detail["StackResourceDetail"]["PhysicalResourceId"]
                    yield logical_id, name, code["S3Bucket"]
