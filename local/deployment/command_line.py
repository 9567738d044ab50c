"""The `cdk` command line, pointed at the emulator with one account's keys."""

import json
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.accounts import SECRET
from local.paths import ROOT
from local.processes import run
from local.toolchain.cdk import synthesis_environment

APP = ROOT / "local" / "embedded_app.py"

type Outputs = dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True)
class CommandLine:
    """Runs ``cdk`` with its files, logs and outputs in a cloud's home."""

    cdk: Path
    home: Path
    endpoint_url: str
    region: str

    @property
    def assembly(self) -> Path:
        """What was synthesized: made once, deployed from by every account."""
        return self.home / "cdk.out"

    def synthesize(self, *, config_cache_seconds: int) -> None:
        """Synthesize the app; cdk-nag's findings end it."""
        environment = {**synthesis_environment(self.home), "PYTHONPATH": str(ROOT)}
        app = shlex.join([sys.executable, str(APP)])
        context = ("-c", f"config_cache={config_cache_seconds}")
        command: tuple[str | Path, ...] = (self.cdk, "synth", "--quiet", "--app", app, "--output", self.assembly)
        run((*command, *context), log=self._log("synth"), env=environment, cwd=ROOT)

    def bootstrap(self, account: str, *more: str) -> None:
        """Prepare an account for the CDK."""
        command: list[str | Path] = [self.cdk, "bootstrap", f"aws://{account}/{self.region}", *more]
        run(command, log=self._log(f"bootstrap-{account}"), env=self._environment(account), cwd=self.home)

    def deploy(self, account: str, *stacks: str, parameters: Mapping[str, str]) -> Outputs:
        """Deploy stacks of the assembly with an account's keys, and give their outputs by stack."""
        outputs = self.home / f"outputs-{account}.json"
        given = [word for name, value in parameters.items() for word in ("--parameters", f"{name}={value}")]
        files = ("--app", self.assembly, "--outputs-file", outputs)
        options = ("--require-approval", "never", "--concurrency", "4")
        command: list[str | Path] = [self.cdk, "deploy", *stacks, *files, *options, *given]
        run(command, log=self._log(f"deploy-{account}"), env=self._environment(account), cwd=self.home)
        found: Outputs = json.loads(outputs.read_text())
        return found

    def _environment(self, account: str) -> dict[str, str]:
        return {
            **synthesis_environment(self.home),
            "AWS_ACCESS_KEY_ID": account,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": self.region,
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ENDPOINT_URL_S3": self.endpoint_url,
        }

    def _log(self, name: str) -> Path:
        return self.home / "logs" / f"{name}.log"
