"""Cloud assemblies that were synthesized before: the same sources and context give the same one."""

import hashlib
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from local.locking import locked
from local.paths import BUILD, ROOT

CACHE: Final = BUILD / "assemblies"
KEPT: Final = 4
SOURCES: Final = ("stacks", "constructs_lib", "runtime", "vector_config", "cli", "local", "packages")
MANIFESTS: Final = ("pyproject.toml", "cdk.json", "package-lock.json", "requirements.txt", ".python-version")


def make_assembly(app: Path, context: Mapping[str, str], output: Path, synthesize: Callable[[Path], None]) -> None:
    """Put the assembly into ``output``: a copy of the earlier one, or else what ``synthesize`` writes there."""
    earlier = CACHE / _digest(app, context)
    with locked(CACHE):
        if not earlier.exists():
            synthesize(output)
            shutil.copytree(output, CACHE / "new", dirs_exist_ok=True)
            (CACHE / "new").rename(earlier)
            for old in sorted(CACHE.iterdir(), key=lambda path: path.stat().st_mtime)[:-KEPT]:
                shutil.rmtree(old)
        else:
            shutil.copytree(earlier, output, dirs_exist_ok=True)


def _digest(app: Path, context: Mapping[str, str]) -> str:
    digest = hashlib.sha256(f"{sys.version} {app} {sorted(context.items())}".encode())
    for file in _files():
        digest.update(f"{file.relative_to(ROOT)} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def _files() -> Iterable[Path]:
    inside = (path for folder in SOURCES for path in (ROOT / folder).rglob("*") if path.is_file())
    manifests = (path for name in MANIFESTS for path in ROOT.glob(name))
    return sorted(path for path in (*inside, *manifests) if "__pycache__" not in path.parts)
