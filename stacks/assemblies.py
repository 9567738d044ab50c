"""Cloud assemblies that were synthesized before: the same sources and context give the same one.

Nothing here loads the CDK: a synthesis that isn't needed costs a second.
"""

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from stacks.bundling.distribution import PROJECT
from stacks.locking import locked

CACHE: Final = PROJECT / "build" / "assemblies"
KEPT: Final = 6
"""Some 35 MB each: a stage or two, the embedded cloud's, the customer's template."""
SOURCES: Final = ("stacks", "constructs_lib", "runtime", "vector_config")
MANIFESTS: Final = (
    "pyproject.toml",
    "cdk.json",
    "package-lock.json",
    "requirements.txt",
    ".python-version",
    "logrouter.toml",
)
REPORT: Final = "validation-report.json"


def make_assembly(
    app: Path,
    context: Mapping[str, str],
    output: Path,
    synthesize: Callable[[Path], None],
    *,
    more_sources: Iterable[Path] = (),
) -> bool:
    """Put the assembly into ``output``: a copy of the earlier one, or else what ``synthesize`` writes there.

    One with a finding is written and not kept, so that it is reported each time.

    :param app: the program; ``more_sources``: files that it imports beside the stacks.
    :returns: whether it is an earlier one.
    """
    earlier = CACHE / _digest(app, context, more_sources)
    with locked(CACHE):
        if earlier.exists():
            shutil.copytree(earlier, output, dirs_exist_ok=True)
            os.utime(earlier)
            return True
        synthesize(output)
        if _has_findings(output):
            return False
        shutil.rmtree(CACHE / "new", ignore_errors=True)
        shutil.copytree(output, CACHE / "new")
        (CACHE / "new").rename(earlier)
        for old in sorted(CACHE.iterdir(), key=lambda path: path.stat().st_mtime)[:-KEPT]:
            shutil.rmtree(old)
    return False


def command_line_context(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what the CDK's command line tells an app by its variables, without where the assembly goes."""
    given = {name: value for name, value in environment.items() if name.startswith("CDK_") and name != "CDK_OUTDIR"}
    overflow = environment.get("CONTEXT_OVERFLOW_LOCATION_ENV")  # a file, where the context is too long for a variable
    return given | ({"overflow": Path(overflow).read_text()} if overflow else {})


def _has_findings(output: Path) -> bool:
    """Return whether a rule was broken: under the command line, that doesn't end the synthesis itself."""
    report = output / REPORT
    reports = json.loads(report.read_text())["pluginReports"] if report.is_file() else ()
    return any(each["conclusion"] != "success" for each in reports)


def _digest(app: Path, context: Mapping[str, str], more_sources: Iterable[Path]) -> str:
    about = f"{sys.version} {app} {sorted(context.items())}"
    return hashlib.sha256(f"{about} {digest_of([*source_files(), app, *more_sources])}".encode()).hexdigest()


def digest_of(files: Iterable[Path]) -> str:
    """Return the digest of these files' names and content; one that isn't there counts for nothing."""
    digest = hashlib.sha256()
    for file in sorted(set(files)):
        if file.is_file():
            digest.update(f"{file} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def source_files() -> Iterable[Path]:
    """Yield the files of the checkout that any assembly is made of."""
    inside = (path for folder in SOURCES for path in (PROJECT / folder).rglob("*") if path.is_file())
    manifests = (PROJECT / name for name in MANIFESTS)
    yield from (path for path in (*inside, *manifests) if "__pycache__" not in path.parts)
