"""Names of classes: one public name means one thing."""

import ast
import subprocess
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("runtime", "cli", "constructs_lib", "stacks")


def public_classes(text):
    """Return the names of a module's public classes."""
    return [node.name for node in ast.parse(text).body if isinstance(node, ast.ClassDef) and node.name[0] != "_"]


def test_no_public_class_name_is_used_twice():
    """A reader who searches for a class would find another one of the same name."""
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *FOLDERS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    modules = defaultdict(list)
    for name in tracked:
        if name.endswith(".py") and (ROOT / name).exists():
            for class_ in public_classes((ROOT / name).read_text(encoding="utf-8")):
                modules[class_].append(name)
    assert len(modules) > 200
    assert {name: found for name, found in modules.items() if len(found) > 1} == {}
