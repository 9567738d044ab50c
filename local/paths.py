"""Where things lie in the checkout. Everything that is written lies under `build/`."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build"

UP_HOME = BUILD / "local"
"""The embedded cloud that `up` leaves running."""

DEMO_HOME = BUILD / "demo"
"""The demo's own cloud, so that it never meets the one that `up` left running."""

FAULTS_HOME = BUILD / "faults"
"""The fault report's own cloud, and the report."""

VERIFY_HOME = BUILD / "verify-aws"
"""What is deployed into real accounts: its record, its logs, its report."""

IMPORTED = "imported.json"
"""In the embedded cloud's assembly: the modules of ``runtime/`` that the stacks import, as paths in the checkout."""

TOOLS = BUILD / "tools"
"""What is installed once: the emulator's environment, Node where there is none, the `cdk` CLI."""
