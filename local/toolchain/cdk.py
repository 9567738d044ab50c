"""The `cdk` command line: installed into node_modules/ as package.json pins it, run without the user's AWS set-up."""

import hashlib
import os
from pathlib import Path

from local.paths import ROOT, TOOLS
from local.processes import run
from local.toolchain.node import npm_command, path_with_node
from stacks.locking import locked

MANIFESTS = (ROOT / "package.json", ROOT / "package-lock.json")
MODULES = ROOT / "node_modules"
CDK = MODULES / ".bin" / "cdk"


def cdk_command(logs: Path) -> Path:
    """Return the path of ``cdk``, installed again whenever the manifests change. ``logs`` is a folder."""
    mark = MODULES / ".manifests.sha256"
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in MANIFESTS)).hexdigest()
    with locked(TOOLS / "cdk"):
        if not (mark.exists() and mark.read_text() == digest and CDK.exists()):
            install = (*npm_command(), "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
            run(install, log=logs / "npm.log", env={**os.environ, "PATH": path_with_node()}, cwd=ROOT)
            mark.write_text(digest)
    return CDK


def synthesis_environment(home: Path) -> dict[str, str]:
    """Return the environment to synthesize and deploy in: nothing of the user's accounts, nothing outside ``home``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))}
    return {
        **kept,
        "PATH": path_with_node(),
        "HOME": str(home / "home"),  # the CLI's own cache and notices
        "TMPDIR": str(home / "tmp"),
        "UV_CACHE_DIR": _uv_cache(),  # the packages' cache stays where it is
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE": "1",
    }


def _uv_cache() -> str:
    named = os.environ.get("UV_CACHE_DIR")
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return named or str(Path(base) / "uv")
