"""Mermaid, which draws the documentation's diagrams in a reader's browser: ``python -m local.toolchain.mermaid SITE``.

Taken from npm's registry when the site is built, and held to the release's digest: a reader's browser asks nobody else.
"""

import base64
import hashlib
import os
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

from local.paths import ROOT
from local.processes import run
from local.toolchain.node import npm_command, path_with_node

VERSION = "11.16.0"
INTEGRITY = "sha512-Zvm3kbstgdpvIJPPItlL7fppIZ3kibvc1oZIGxdvk9t6UFz6flv+Jw7FtRGKwfcI8OckmH04LqG6LlS6X4B1pA=="
"""As npm's registry states it for the release's archive; to be changed with the version."""
_SCRIPT = "package/dist/mermaid.min.js"
PLACE = "assets/javascripts/mermaid.min.js"
"""In the site: ``extra_javascript`` of ``mkdocs.yml``. Where the page has it, the theme loads no other."""


class AnotherArchiveError(RuntimeError):
    """The registry's archive isn't the pinned one."""


def add_mermaid(site: Path) -> None:
    """Put the script into a built site.

    :raises AnotherArchiveError: nothing was put there. :raises CommandFailedError: npm can't fetch the archive.
    """
    with TemporaryDirectory() as folder:
        fetch = (*npm_command(), "pack", f"mermaid@{VERSION}", "--pack-destination", folder, "--ignore-scripts")
        run(fetch, log=Path(folder) / "npm.log", env={**os.environ, "PATH": path_with_node()}, cwd=ROOT)
        archive = Path(folder) / f"mermaid-{VERSION}.tgz"
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if f"sha512-{digest}" != INTEGRITY:
            raise AnotherArchiveError(f"mermaid {VERSION} from the registry has the digest sha512-{digest}")
        with tarfile.open(archive) as files:
            script = files.extractfile(_SCRIPT)
            assert script is not None
            place = site / PLACE
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(script.read())


if __name__ == "__main__":
    add_mermaid(Path(sys.argv[1]))
