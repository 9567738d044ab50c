"""Python environments of their own, for what pins packages that the project pins otherwise."""

import hashlib
import os
import sys
from pathlib import Path

from local.paths import ROOT
from local.processes import run
from stacks.locking import locked


def ensure_environment(folder: Path, requirements: Path, *, sources: Path | None = None) -> Path:
    """Return the environment's interpreter; it is made again whenever its requirements have changed.

    Processes that want it at the same moment wait for each other.

    :param sources: a folder of this repository from which it can import, too, as from an editable installation.
    """
    python, mark = folder / "bin" / "python", folder / "requirements.sha256"
    digest = hashlib.sha256(requirements.read_bytes() + f"{sys.version} {sources}".encode()).hexdigest()
    with locked(folder):
        if not mark.exists() or mark.read_text() != digest:
            uv = (sys.executable, "-m", "uv")
            make = (*uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder)
            install = (*uv, "pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", requirements)
            for command in (make, install):
                run(command, log=folder.with_suffix(".log"), env=os.environ, cwd=ROOT)
            if sources:
                (packages,) = folder.glob("lib/python*/site-packages")
                (packages / "sources.pth").write_text(f"{sources}\n")
            mark.write_text(digest)
    return python
