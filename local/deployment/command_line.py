"""The `cdk` command line, with one account's keys."""

import json
import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from local.paths import ROOT
from local.processes import run
from local.toolchain.cdk import synthesis_environment
from stacks.assemblies import make_assembly

type Outputs = dict[str, dict[str, str]]

ASSEMBLY = "cdk.out"


@dataclass(frozen=True, slots=True)
class CommandLine:
    """Runs ``cdk`` with its files, logs and outputs in a folder.

    :param app: the program that makes the stacks; ``context`` is passed to it. :param app_sources: what it imports.
    :param keys: gives the variables that sign for an account, and say where it is.
    """

    cdk: Path
    home: Path
    region: str
    app: Path
    keys: Callable[[str], Mapping[str, str]]
    context: Mapping[str, str]
    app_sources: tuple[Path, ...] = ()

    @property
    def assembly(self) -> Path:
        """What was synthesized: made once, deployed from by every account."""
        return self.home / ASSEMBLY

    def synthesize(self) -> None:
        """Synthesize the app, unless its sources and context were synthesized before; cdk-nag's findings end it."""
        make_assembly(self.app, self.context, self.assembly, self._synthesize, more_sources=self.app_sources)

    def _synthesize(self, output: Path) -> None:
        environment = {**synthesis_environment(self.home), "PYTHONPATH": str(ROOT)}
        app = shlex.join([sys.executable, str(self.app)])
        context = [word for name, value in self.context.items() for word in ("-c", f"{name}={value}")]
        command: tuple[str | Path, ...] = (self.cdk, "synth", "--quiet", "--app", app, "--output", output)
        run((*command, *context), log=self._log("synth"), env=environment, cwd=ROOT)

    def bootstrap(self, account: str, *more: str) -> None:
        """Prepare an account for the CDK."""
        command: list[str | Path] = [self.cdk, "bootstrap", f"aws://{account}/{self.region}", *more]
        run(command, log=self._log(f"bootstrap-{account}"), env=self._environment(account), cwd=self.home)

    def deploy(self, account: str, *stacks: str, parameters: Mapping[str, str]) -> Outputs:
        """Deploy stacks of the assembly with an account's keys, and return their outputs by stack."""
        outputs = self.home / f"outputs-{account}.json"
        given = [word for name, value in parameters.items() for word in ("--parameters", f"{name}={value}")]
        files = ("--app", self.assembly, "--outputs-file", outputs)
        options = ("--require-approval", "never", "--concurrency", "4")
        command: list[str | Path] = [self.cdk, "deploy", *stacks, *files, *options, *given]
        run(command, log=self._log(f"deploy-{account}"), env=self._environment(account), cwd=self.home)
        found: Outputs = json.loads(outputs.read_text())
        return found

    def _environment(self, account: str) -> dict[str, str]:
        return {**synthesis_environment(self.home), **self.keys(account), "AWS_REGION": self.region}

    def _log(self, name: str) -> Path:
        return self.home / "logs" / f"{name}.log"
