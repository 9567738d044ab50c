"""Where the sources of what runs are, and what they are called: a checkout's, or those of the installed package."""

import tomllib
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).resolve().parents[2]
"""The checkout's root, or the folder that the package is installed in."""
DISTRIBUTION: Final = "logrouter"


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """A distribution's name and version, and its ``entry_points.txt``: through it delivery methods are found."""

    name: str
    version: str
    entry_points: str

    @classmethod
    def of(cls, project: Path) -> "Distribution":
        """Return what the checkout's ``pyproject.toml`` says; without one, what is installed."""
        if not _is_checkout(project):
            installed = metadata.distribution(DISTRIBUTION)
            groups: dict[str, dict[str, str]] = {}
            for point in installed.entry_points:
                if point.group != "console_scripts":  # a function has no command line
                    groups.setdefault(point.group, {})[point.name] = point.value
            return cls(name=DISTRIBUTION, version=installed.version, entry_points=_written(groups))
        described = tomllib.loads((project / "pyproject.toml").read_text())["project"]
        points = _written(described.get("entry-points", {}))
        return cls(name=described["name"], version=described["version"], entry_points=points)


def build_directory(project: Path) -> Path:
    """Return where to put what is built: the checkout's ``build``, or that of the working directory of the app."""
    return (project if _is_checkout(project) else Path.cwd()) / "build"


def _is_checkout(project: Path) -> bool:
    return (project / "pyproject.toml").is_file()


def _written(groups: dict[str, dict[str, str]]) -> str:
    lines: list[str] = []
    for group, points in sorted(groups.items()):
        lines += [f"[{group}]", *(f"{name} = {value}" for name, value in sorted(points.items())), ""]
    return "\n".join(lines)
