"""What a cloud assembly would make: its stacks in the order of their dependencies, and their resources by type."""

import json
from collections import Counter
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any


def stacks_in_order(assembly: Path) -> list[str]:
    """Return the stacks' names; each after those that it needs."""
    artifacts = _stacks(assembly)
    needed = {name: set(each.get("dependencies", ())) & artifacts.keys() for name, each in artifacts.items()}
    return list(TopologicalSorter(needed).static_order())


def resources(assembly: Path, stack: str) -> Counter[str]:
    """Count a stack's resources by type."""
    template = json.loads((assembly / _stacks(assembly)[stack]["properties"]["templateFile"]).read_text())
    return Counter(str(each["Type"]) for each in template["Resources"].values())


def _stacks(assembly: Path) -> dict[str, Any]:
    artifacts = json.loads((assembly / "manifest.json").read_text())["artifacts"]
    return {name: each for name, each in artifacts.items() if each["type"] == "aws:cloudformation:stack"}
