"""The cloud assembly of every stack at every stage, as `cdk deploy` would use it on AWS."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from local.emulator import CENTRAL_ACCOUNT, REGION
from local.paths import BUILD, ROOT
from local.processes import run
from local.toolchain.cdk import cdk_command, synthesis_environment

STAGES = ("development", "production")
ASSEMBLIES = ROOT / "cdk.out"


def synthesize_every_stage(report: Callable[[str], None]) -> None:
    """Synthesize each stage into ``cdk.out/<stage>``. A finding that nobody acknowledged ends it.

    :raises CommandFailedError: with the finding.
    """
    home = BUILD / "synth"
    for folder in ("home", "tmp"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    cdk = cdk_command(home)
    path = os.pathsep.join([str(Path(sys.executable).parent), synthesis_environment(home)["PATH"]])
    for stage in STAGES:
        report(f"synthesizing {stage} into {ASSEMBLIES / stage}")
        chosen = {"stage": stage, "part": "both", "regions": REGION, "central_account": CENTRAL_ACCOUNT}
        context = [word for name, value in chosen.items() for word in ("-c", f"{name}={value}")]
        command: list[str | Path] = [cdk, "synth", "--quiet", *context, "--output", ASSEMBLIES / stage]
        run(command, log=home / f"{stage}.log", env={**synthesis_environment(home), "PATH": path}, cwd=ROOT)
